"""Whether a ranker knows what it was trained on: its own kind is kept, pictures of other kinds are put last.

    python benchmarks/strangers.py --data ../shared/data

Rankers of three narrow kinds and of mixed photographs, each on 30, 60 and 300 train pictures, three draws, are asked
over pictures that they were not trained on (val; of `world` val and train, no ranker here is trained on those).
"""

from __future__ import annotations

import argparse
import csv
import random
from pathlib import Path

import numpy as np

from imgrank import Ranker
from imgrank.adapter.answering import shows
from imgrank.labels import ValueTask
from imgrank.learning.fit_subject import fit_subject
from imgrank.learning.task import ValueRows
from imgrank.tokens import PackedTokens

NARROW, MIXED = ("age", "car_year", "blood_cells"), "quality"
SIZES, DRAWS, MOST_ASKED = (30, 60, 300), 3, 150
FILES = {"captions": "captions.csv", "world": "world.csv"}


def read_rows(data: Path, name: str, splits: tuple[str, ...]) -> dict[Path, str]:
    """Pictures of a set in these splits, with their groups."""
    with open(data / name / FILES.get(name, "labels.csv"), encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["split"] in splits]
    return {data / name / row["image"]: row.get("group") or "" for row in rows}


def some(pictures: dict[Path, str], most: int) -> list[Path]:
    """At most so many of them, the same each time."""
    return sorted(random.Random(0).sample(sorted(pictures), min(most, len(pictures))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    args = parser.parse_args()
    with Ranker(adapter="none") as ranker:
        asked = {
            name: ranker.encode(some(read_rows(args.data, name, ("val",)), MOST_ASKED)).packed
            for name in (*NARROW, "captions")
        }
        world = read_rows(args.data, "world", ("train", "val"))
        asked["world"] = ranker.encode(some(world, 2 * MOST_ASKED)).packed
        print("| trained on | pictures | own kind put last | strangers put last |\n|---|--:|--:|--:|")
        for name in (*NARROW, MIXED):
            groups = read_rows(args.data, name, ("train",))
            paths = some(groups, 2 * max(SIZES))
            packed = ranker.encode(paths).packed
            for size in SIZES:
                report(name, size, packed, [groups[path] for path in paths], asked)


def report(name: str, size: int, packed: PackedTokens, groups: list[str], asked: dict[str, PackedTokens]) -> None:
    """One line of the table; strangers to mixed photographs are not told, as there are hardly any."""
    if size > len(packed):
        return
    own = "captions" if name == MIXED else name
    kept, strange = [], []
    for draw in range(DRAWS):
        rows = np.random.default_rng(draw).choice(len(packed), size, replace=False)
        names = tuple(map(str, rows))
        task = ValueTask((name,), names, np.zeros(size), ("train",) * size, tuple(groups[row] for row in rows))
        subject = fit_subject(packed, ValueRows(task, rows, ()), np.arange(size))
        assert subject is not None
        last = {kind: shows(subject, pictures) < 0.5 for kind, pictures in asked.items()}
        kept.append(last.pop(own).mean())
        strange.append(np.concatenate(list(last.values())).mean())
    told = "" if name == MIXED else f"{np.mean(strange):.1%}"
    print(f"| {name} | {size} | {np.mean(kept):.1%} | {told} |", flush=True)


if __name__ == "__main__":
    main()
