"""Every picture that the task half learns from, decoded once: pixels, values, tags and phrases.

Plain pictures of all sets first; then captioned training photographs in styles that words name; then sharp ones made
worse by known amounts. Decoding runs on all cores, into one array of (items, 224, 224, 3) bytes.
"""

from __future__ import annotations

import csv
import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from augment import SIDE, crop, degrade, squash, styled
from data import DEGRADATIONS, HEADS, Sample, random_level, read_samples, sharp_paths
from phrases import STYLES, Described, in_style, of_captions, of_face, of_set, of_world
from PIL import Image

NOTHING = Described(frozenset(), ())
WORSE = 10  # levels of each degradation, for each sharp training picture; half of them elsewhere
LIT = ("exposure", "contrast")  # degradations that need no sharp picture
CHUNK = 64


@dataclass(frozen=True)
class Item:
    """One picture as it is, in a style, or degraded by `level`."""

    path: Path
    source: str
    split: str
    values: dict[str, float]
    described: Described
    style: str = ""
    kind: str = ""
    level: float = 0.0
    number: int = 0


def read_items(data: Path) -> list[Item]:
    """The same items in the same order on every machine."""
    plain = [Item(s.path, s.source, s.split, s.values, _described(s)) for s in read_samples(data)]
    with open(data / "world" / "world.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            told = of_world(row["set"], row["sentence"])
            plain.append(Item(data / "world" / row["image"], row["set"], row["split"], {}, told))
    return [*plain, *_in_styles(plain), *_made_worse(plain, set(sharp_paths(data)))]


def _described(sample: Sample) -> Described:
    if sample.source == "captions":
        return of_captions(sample.path, sample.captions)
    if sample.source == "age":
        return of_face(sample.path)
    return NOTHING if sample.source == "quality" else of_set(sample.source)


def _in_styles(plain: list[Item]) -> list[Item]:
    rng = random.Random(0)
    captioned = [item for item in plain if item.source == "captions" and item.split == "train"]
    made = []
    for number in range(2):
        for item in captioned:
            style = rng.choice(list(STYLES))
            told = in_style(item.described, style, random.Random(f"{item.path.name}/{number}/{style}"))
            made.append(replace(item, values={}, described=told, style=style, number=number))
    return made


def _made_worse(plain: list[Item], sharp: set[Path]) -> list[Item]:
    rng = random.Random(1)
    made = []
    for item in plain:
        if item.source != "captions":
            continue
        known, train = item.path in sharp, item.split == "train"
        for kind in DEGRADATIONS:
            count = (WORSE if train else WORSE // 2) if known else int(train and kind in LIT)
            for number in range(count):
                worse = replace(item, source="degraded", described=NOTHING, kind=kind, number=number)
                level = random_level(rng)
                made.append(replace(worse, values={kind: level}, level=level))
    return made


def pixels_of(item: Item) -> np.ndarray:
    """(224, 224, 3) uint8."""
    image = Image.open(item.path).convert("RGB")
    rng = random.Random(f"{item.path.name}/{item.number}/{item.style}{item.kind}")
    if item.kind:
        return np.asarray(degrade(image, item.kind, item.level, rng))
    if item.style:
        return np.asarray(squash(styled(crop(image, rng, 0.6) if rng.random() < 0.5 else image, item.style, rng)))
    return np.asarray(squash(image))


def decode_all(items: list[Item], target: Path) -> np.ndarray:
    """(items, 224, 224, 3) uint8, kept at `target`."""
    np.lib.format.open_memmap(target, "w+", np.uint8, (len(items), SIDE, SIDE, 3)).flush()
    starts = range(0, len(items), CHUNK)
    with ProcessPoolExecutor() as pool:
        list(pool.map(_decode, ((target, at, items[at : at + CHUNK]) for at in starts), chunksize=4))
    return np.load(target, mmap_mode="r")


def _decode(job: tuple[Path, int, list[Item]]) -> None:
    target, at, items = job
    pixels = np.load(target, mmap_mode="r+")
    for place, item in enumerate(items, at):
        pixels[place] = pixels_of(item)


def values_of(items: list[Item]) -> np.ndarray:
    """(items, heads), NaN where nobody knows."""
    values = np.full((len(items), len(HEADS)), np.nan, np.float32)
    for row, item in enumerate(items):
        for task, value in item.values.items():
            values[row, HEADS.index(task)] = value
    return values
