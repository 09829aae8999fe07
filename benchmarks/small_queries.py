"""Queries that the shipped tokens were not made for, from captions, file names and pixels; and those they were."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class SmallQuery:
    """A sentence, the kind of its labels, and what they are made of: words, a measure of pixels, or a labelled set."""

    sentence: str
    kind: str
    source: str


QUERIES = (
    SmallQuery("more water", "captions", r"water|ocean|sea|lake|river|pool|waves?|swim\w*|surf\w*|splash\w*"),
    SmallQuery("more grass", "captions", r"grass|grassy|lawn|fields?|meadow"),
    SmallQuery("snowier", "captions", r"snow\w*|ski\w*|ice|icy|sled\w*"),
    SmallQuery("more like a beach", "captions", r"beach|sand|sandy|shore|coast"),
    SmallQuery("a ball", "captions", r"balls?|football|basketball|baseball|soccer|tennis"),
    SmallQuery("younger children", "captions", r"child|children|kids?|baby|toddler|infant"),
    SmallQuery("more women", "captions", r"wom[ae]n|lady|ladies|girls?|female"),
    SmallQuery("more action", "captions", r"jump\w*|leap\w*|rac\w*|flip\w*|midair|flying|catch\w*|kick\w*"),
    SmallQuery("more red", "captions", r"red"),
    SmallQuery("more blue", "captions", r"blue"),
    SmallQuery("more black", "captions", r"black"),
    SmallQuery("bicycles", "captions", r"bik\w+|bicycl\w+|cyclists?|motorcycl\w+"),
    SmallQuery("rockier", "captions", r"rocks?|rocky|cliffs?|mountains?|climb\w*|boulders?"),
    SmallQuery("more urban", "captions", r"streets?|city|sidewalk|buildings?|road|urban|shops?|store"),
    SmallQuery("more trees", "captions", r"trees?|woods|forest|wooded|leaves|branch\w*"),
    SmallQuery("happier", "captions", r"smil\w+|laugh\w+|happ\w+|grin\w*"),
    SmallQuery("more people sitting", "captions", r"sit|sits|sitting|seated|bench|chairs?|couch"),
    SmallQuery("more hats", "captions", r"hats?|caps?|helmets?"),
    SmallQuery("hard to describe", "words", ""),
    SmallQuery("brighter picture", "pixels", "brightness"),
    SmallQuery("higher contrast", "pixels", "contrast"),
    SmallQuery("more colourful", "pixels", "colourfulness"),
    SmallQuery("more detail", "pixels", "detail"),
    SmallQuery("more feminine face", "sex", ""),
    SmallQuery("better looking photograph", "subset", "ss02"),
    SmallQuery("older person", "labels", "age"),
    SmallQuery("newer car", "labels", "car_year"),
    SmallQuery("good photo quality", "labels", "quality"),
    SmallQuery("more red blood cells", "labels", "blood_cells"),
    SmallQuery("more people", "labels", "counts"),
    SmallQuery("more dogs", "labels", "counts"),
)


@dataclass(frozen=True, eq=False)
class Labelled:
    """A query's pictures (names under DATA) with values (N,), groups, and which of them may be learnt from (train)."""

    query: SmallQuery
    names: tuple[str, ...]
    values: np.ndarray
    groups: tuple[str, ...]
    train: np.ndarray


def read_queries(data: Path) -> list[Labelled]:
    """Every query with the values of its pictures outside the test splits."""
    return [_MAKERS[query.kind](data, query) for query in QUERIES]


@cache
def _rows(data: Path, folder: str) -> list[tuple[str, dict[str, str]]]:
    file = data / folder / ("captions.csv" if folder == "captions" else "labels.csv")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return [((Path(folder) / row["image"]).as_posix().replace("counts/../", ""), row) for row in rows]


def _labelled(query: SmallQuery, rows: list[tuple[str, float, dict[str, str]]]) -> Labelled:
    rows = [row for row in rows if row[2]["split"] != "test"]
    return Labelled(
        query,
        tuple(name for name, _, _ in rows),
        np.array([value for _, value, _ in rows], np.float64),
        tuple(row.get("group") or "" for _, _, row in rows),
        np.array([row["split"] == "train" for _, _, row in rows]),
    )


def _from_labels(data: Path, query: SmallQuery) -> Labelled:
    rows = [(n, float(r["value"]), r) for n, r in _rows(data, query.source) if r["query"].startswith(query.sentence)]
    return _labelled(query, rows)


def _from_subset(data: Path, query: SmallQuery) -> Labelled:
    rows = [(n, float(r["value"]), r) for n, r in _rows(data, "quality") if Path(n).name.startswith(query.source)]
    return _labelled(query, rows)


def _from_sex(data: Path, query: SmallQuery) -> Labelled:
    return _labelled(query, [(n, float(Path(n).name.split("_")[1] == "1"), r) for n, r in _rows(data, "age")])


def _per_caption(data: Path, query: SmallQuery, count: Callable[[str], float]) -> Labelled:
    told: dict[str, list[float]] = defaultdict(list)
    first: dict[str, dict[str, str]] = {}
    for name, row in _rows(data, "captions"):
        told[name].append(count(row["caption"].lower()))
        first.setdefault(name, row)
    return _labelled(query, [(name, sum(counts), first[name]) for name, counts in told.items()])


def _from_captions(data: Path, query: SmallQuery) -> Labelled:
    pattern = re.compile(rf"\b({query.source})\b")
    return _per_caption(data, query, lambda caption: float(bool(pattern.search(caption))))


def _from_words(data: Path, query: SmallQuery) -> Labelled:
    return _per_caption(data, query, lambda caption: float(len(caption.split())))


def _from_pixels(data: Path, query: SmallQuery) -> Labelled:
    chosen: dict[str, dict[str, str]] = {}
    for name, row in _rows(data, "captions"):
        if row["split"] != "test" and (row["split"] == "val" or len(chosen) < 6000):
            chosen.setdefault(name, row)
    names = sorted(chosen)[::4]
    return _labelled(query, [(name, _pixels(data / name)[query.source], chosen[name]) for name in names])


@cache
def _pixels(path: Path) -> dict[str, float]:
    shown = np.asarray(Image.open(path).convert("RGB").resize((96, 96)), np.float64)
    red, green, blue = np.moveaxis(shown, -1, 0)
    grey, one, two = shown.mean(axis=-1), red - green, (red + green) / 2 - blue
    return {
        "brightness": float(grey.mean()),
        "contrast": float(grey.std()),
        "colourfulness": float(np.hypot(one.std(), two.std()) + 0.3 * np.hypot(one.mean(), two.mean())),
        "detail": float(np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean()),
    }


_MAKERS: dict[str, Callable[[Path, SmallQuery], Labelled]] = {
    "captions": _from_captions,
    "words": _from_words,
    "pixels": _from_pixels,
    "sex": _from_sex,
    "subset": _from_subset,
    "labels": _from_labels,
}
