"""Reads the labelled sets the recipes train on: one frozen record an image, values by task."""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

LABEL_SETS = ("age", "car_year", "quality", "blood_cells", "counts")
TASKS = ("age", "car_year", "quality", "red_cells", "platelets", "people", "dogs")
DEGRADATIONS = ("blur", "noise", "jpeg", "exposure", "contrast")
HEADS = (*TASKS, *DEGRADATIONS)

_TASK_OF_WORD = {
    "older": "age",
    "newer": "car_year",
    "good": "quality",
    "more red": "red_cells",
    "more platelets": "platelets",
    "more people": "people",
    "more dogs": "dogs",
}


@dataclass(frozen=True)
class Sample:
    """One picture of the training data: its set and split, what is known of it, and what must not be parted from it."""

    path: Path
    source: str
    split: str
    captions: tuple[str, ...] = ()
    values: dict[str, float] = field(default_factory=dict)
    group: str = ""


def task_of(query: str) -> str:
    """The short name of a task, from the query its labels.csv carries."""
    for words, task in _TASK_OF_WORD.items():
        if query.startswith(words):
            return task
    raise ValueError(f"no task begins like {query!r}")


def read_samples(data: Path) -> list[Sample]:
    """Every labelled picture under `data`, in a fixed order: captions first, then the other sets."""
    values: dict[Path, dict[str, float]] = defaultdict(dict)
    splits: dict[Path, tuple[str, str]] = {}
    groups: dict[Path, str] = {}
    for name in LABEL_SETS:
        with open(data / name / "labels.csv", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                path = (data / name / row["image"]).resolve()
                values[path][task_of(row["query"])] = float(row["value"])
                groups[path] = row.get("group") or ""
                if name != "counts":
                    splits[path] = (name, row["split"])
    captions: dict[Path, list[str]] = defaultdict(list)
    with open(data / "captions" / "captions.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            path = (data / "captions" / row["image"]).resolve()
            captions[path].append(row["caption"].removesuffix(".").strip())
            splits[path] = ("captions", row["split"])
    return [
        Sample(path, source, split, tuple(captions[path]), dict(values[path]), groups.get(path) or path.name)
        for path, (source, split) in sorted(splits.items(), key=lambda item: (item[1][0] != "captions", item[0]))
    ]


def sharp_paths(data: Path) -> list[Path]:
    """The photographs listed as sharp enough to be degraded by known amounts."""
    lines = (data / "captions" / "sharp.txt").read_text(encoding="utf-8").split()
    return [(data / "captions" / line).resolve() for line in lines]


def random_level(rng: random.Random) -> float:
    """A degradation's strength in [0, 1]; one in eight is untouched."""
    return 0.0 if rng.random() < 0.125 else rng.random()
