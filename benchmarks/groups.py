"""How well pictures of one moment are found (`--group similar`), on bursts made of val pictures, and how fast.

    python benchmarks/groups.py --data ../shared/data

Each picture is seen in eleven ways: as it is, cut (two), shifted (two), darker, brighter, blurred, shrunk and written
anew, mirrored, and held by hand (turned a little, shifted, noise). The pictures are those of val: captions, quality,
and ten sets of places and things; beside them stand 1,500 pictures of captions' train that are alone. Weights of
`imgrank/grouping/same_moment.py` are fitted on one half of the pictures and printed; precision and recall of pairs are
those of groups on the other half, at several thresholds. No picture has a date: it is looks alone that decide.
Pictures of `quality` were taken in rows by their authors: pairs of them that show one moment, looked at by eye, count
as such (`RETAKES`). Of `captions`, other shots of one event are there as their authors took them, and count as apart.
"""

from __future__ import annotations

import csv
import io
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from figures import Figure, argument_parser, report
from PIL import Image, ImageFilter, ImageOps
from scipy.optimize import minimize

from imgrank.grouping import Copies, GroupBy, group
from imgrank.grouping.aligning import alignment
from imgrank.grouping.copies import copy_of
from imgrank.grouping.same_moment import DEFAULT_THRESHOLD, CopiesAndTimes
from imgrank.grouping.similar import similar

PLACES = (
    "scenes15",
    "sports",
    "houses",
    "messy_room",
    "grocery",
    "clothing",
    "aerial",
    "day_night",
    "trash",
    "texture",
)
RETAKES = (
    ("ss01 (1466)", "ss01 (1467)"),
    ("ss01 (183)", "ss01 (184)"),
    ("ss01 (1573)", "ss01 (1579)"),
    ("ss01 (1624)", "ss01 (1626)"),
    ("ss01 (1739)", "ss01 (1745)"),
    ("ss01 (297)", "ss01 (302)"),
    ("ss01 (534)", "ss01 (535)"),
)
THRESHOLDS = (0.2, 0.5, 0.8, 0.9, 0.95, 0.99)
ALONE = 1500
LAID = 1.0  # of the third sign: what two pictures reach that could be laid upon each other
FOREIGN = 60_000  # pairs of other moments for the fit: alike in colours and hash, in brightness, and any, a third each


@dataclass(frozen=True)
class Shots:
    """Pictures by name, what moment each shows, how it was made, and their small copies."""

    names: list[str]
    moments: np.ndarray
    ways: np.ndarray
    copies: Copies

    def some(self, rows: np.ndarray) -> Shots:
        copies = Copies(self.copies.grey[rows], self.copies.colour[rows], self.copies.known[rows])
        return Shots([self.names[n] for n in rows], self.moments[rows], self.ways[rows], copies)


def ways(image: Image.Image, rng: np.random.Generator) -> Iterator[tuple[str, Image.Image]]:
    """A picture as it may stand in a folder several times."""
    yield "as it is", image
    for name, low, high in (("cut to 88-95 %", 0.88, 0.95), ("cut to 80-88 %", 0.80, 0.88)):
        side = rng.uniform(low, high)
        left, top = rng.uniform(0, 1 - side, 2)
        yield name, _part(image, left, top, left + side, top + side)
    by = rng.uniform(0.05, 0.08)
    yield "shifted", _part(image, 0, 0, 1 - by, 1 - by)
    yield "shifted", _part(image, by, by, 1, 1)
    yield "darker", _exposed(image, -rng.uniform(0.5, 1))
    yield "brighter", _exposed(image, rng.uniform(0.4, 0.8))
    yield "blurred", image.filter(ImageFilter.GaussianBlur(rng.uniform(1, 2.5) * min(image.size) / 224))
    yield "shrunk, written anew", _written_anew(image, rng)
    yield "mirrored", ImageOps.mirror(image)
    yield "held by hand", _held(image, rng)


def _part(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    width, height = image.size
    return image.crop((round(left * width), round(top * height), round(right * width), round(bottom * height)))


def _exposed(image: Image.Image, stops: float) -> Image.Image:
    light = (np.asarray(image, np.float32) / 255) ** 2.2 * 2**stops
    return Image.fromarray((light.clip(0, 1) ** (1 / 2.2) * 255).astype(np.uint8))


def _written_anew(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    share, out = rng.uniform(0.4, 0.7), io.BytesIO()
    size = max(8, round(image.width * share)), max(8, round(image.height * share))
    image.resize(size, Image.Resampling.BICUBIC).save(out, "JPEG", quality=int(rng.uniform(35, 70)))
    return Image.open(out)


def _held(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    turned = image.rotate(rng.uniform(-2, 2), Image.Resampling.BICUBIC)
    left, top = rng.uniform(0.03, 0.05, 2)
    part = _part(turned, left, top, left + 0.92, top + 0.92)
    noisy = np.asarray(part, np.float32) * rng.uniform(0.88, 1.12) + rng.normal(0, 3, (part.height, part.width, 1))
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def shots(sources: Sequence[tuple[str, Path]], every_way: bool) -> Shots:
    """Pictures of the files, in every way or as they are; the moment of each is the name beside its file."""
    rng = np.random.default_rng(0)
    names, moments, made, rows = [], [], [], []
    for moment, path in sources:
        with Image.open(path) as opened:
            image = opened.convert("RGB")
        for n, (way, seen) in enumerate(ways(image, rng) if every_way else [("as it is", image)]):
            names.append(f"{moment} {path.stem} {n}.jpg")
            moments.append(moment)
            made.append(way)
            small = seen.convert("RGB").resize((128, 128), Image.Resampling.BILINEAR, reducing_gap=2.0)
            rows.append(copy_of(np.asarray(small)))
    copies = Copies.of_rows(np.stack(rows), np.arange(len(rows)))
    return Shots(names, np.array(moments), np.array(made), copies)


def val(data: Path, folder: str, file: str, sets: Sequence[str] | None = None) -> list[Path]:
    with open(data / folder / file, encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["split"] == "val" and (not sets or row["set"] in sets)]
    return [data / folder / path for path in dict.fromkeys(row["image"] for row in rows)]


def sources(data: Path, small: bool) -> dict[str, list[tuple[str, Path]]]:
    """Files by kind, each with the name of its moment."""
    same = {name: pair[0] for pair in RETAKES for name in pair}
    kinds = {
        "captions": val(data, "captions", "captions.csv"),
        "quality": val(data, "quality", "labels.csv"),
        "places and things": val(data, "world", "world.csv", PLACES),
    }
    rng = random.Random(0)
    chosen = {kind: rng.sample(paths, 20 if small else min(len(paths), 300)) for kind, paths in kinds.items()}
    return {
        kind: [(f"{kind} {path.parent.name} {same.get(path.stem, path.stem)}", path) for path in paths]
        for kind, paths in chosen.items()
    }


def alone(data: Path, count: int) -> list[tuple[str, Path]]:
    with open(data / "captions" / "captions.csv", encoding="utf-8", newline="") as stream:
        names = dict.fromkeys(row["image"] for row in csv.DictReader(stream) if row["split"] == "train")
    return [(f"alone {name}", data / "captions" / name) for name in list(names)[:count]]


# The fit


def fit(seen: Shots) -> np.ndarray:
    """Weights of colours, hash and alignment, and the bias, by logistic regression on pairs."""
    rng, album = np.random.default_rng(0), CopiesAndTimes(seen.copies)
    of_moment = defaultdict(list)
    for n, moment in enumerate(seen.moments):
        of_moment[moment].append(n)
    pairs = [(a, b) for each in of_moment.values() for n, a in enumerate(each) for b in each[n + 1 :]]
    own = np.array(pairs)[rng.permutation(len(pairs))[:6000]]
    plain = np.flatnonzero(seen.ways == "as it is")
    grey = album.copies.grey[plain].reshape(len(plain), -1).astype(np.float32)
    grey -= grey.mean(axis=1, keepdims=True)
    grey /= np.linalg.norm(grey, axis=1, keepdims=True)
    others = np.triu(seen.moments[plain][:, None] != seen.moments[plain], 1)
    found = [
        np.argsort(-(alike + 3) * others, axis=None)[: FOREIGN // 3]
        for alike in (album.signatures.nearness(plain, plain), grey @ grey.T, rng.random(others.shape))
    ]
    far = np.unique(np.concatenate(found))
    foreign = np.stack([plain[far // len(plain)], plain[far % len(plain)]], axis=1)
    x = np.concatenate([_signs(album, own), _signs(album, foreign)])
    shown = np.concatenate([np.ones(len(own)), np.zeros(len(foreign))])
    aligned = x[:, 2] > LAID  # nothing else is ever decided by weights
    x, shown = x[aligned], shown[aligned]
    weights = np.where(shown == 1, 1.0, 3.0)

    def loss(b: np.ndarray) -> float:
        odds = x @ b[:3] + b[3]
        return float((weights * (np.logaddexp(0, odds) - shown * odds)).mean() + 1e-4 * (b[:3] ** 2).sum())

    return minimize(loss, np.zeros(4)).x


def _signs(album: CopiesAndTimes, pairs: np.ndarray) -> np.ndarray:
    first, second = pairs[:, 0], pairs[:, 1]
    colours, upright, turned = album.signatures.of_pairs(first, second)
    grey, mirrored = album.copies.grey, turned > upright
    found = np.maximum(alignment(grey, first, second, mirrored), alignment(grey, second, first, mirrored))
    return np.stack([colours, np.maximum(upright, turned), -np.log(1.01 - found.clip(0, 1))], axis=1)


# What groups are worth


def counts(numbers: np.ndarray, moments: np.ndarray) -> tuple[float, float]:
    """Precision and recall of pairs."""

    def pairs(names: np.ndarray) -> int:
        _, sizes = np.unique(names, return_counts=True)
        return int((sizes * (sizes - 1) // 2).sum())

    both = pairs(np.array([f"{number} {moment}" for number, moment in zip(numbers, moments, strict=True)]))
    return both / max(pairs(numbers), 1), both / max(pairs(moments), 1)


def grouped(seen: Shots, threshold: float) -> np.ndarray:
    return np.array(group(GroupBy.similar, seen.names, copies=seen.copies, threshold=threshold))


def recall_by_way(seen: Shots, numbers: np.ndarray) -> dict[str, float]:
    """How often a way stands in one group with the picture as it is."""
    plain = {
        moment: n for n, (moment, way) in enumerate(zip(seen.moments, seen.ways, strict=True)) if way == "as it is"
    }
    hits = defaultdict(list)
    for n, way in enumerate(seen.ways):
        if way != "as it is":
            hits[way].append(numbers[n] == numbers[plain[seen.moments[n]]])
    return {way: float(np.mean(each)) for way, each in hits.items()}


def seconds_of(seen: Shots, count: int) -> float:
    """To group so many: other pictures are made of these by noise, so that groups stay as they are."""
    rng = np.random.default_rng(0)
    rows = np.resize(np.arange(len(seen.names)), count)
    grey = seen.copies.grey[rows].astype(np.int16)
    turns = np.arange(count) // len(seen.names)
    grey = np.stack([np.roll(one, 7 * int(turn), axis=0) for one, turn in zip(grey, turns, strict=True)])
    grey = (grey + rng.integers(-2, 3, grey.shape)).clip(0, 255).astype(np.uint8)
    colour = ((seen.copies.colour[rows] + 9 * turns[:, None, None, None] + 60) % 120 - 60).astype(np.int8)
    album = CopiesAndTimes(Copies(grey, colour, np.ones(count, bool)))
    started = time.perf_counter()
    similar(album, DEFAULT_THRESHOLD)
    return time.perf_counter() - started


def measure(data: Path, small: bool) -> list[Figure]:
    kinds = sources(data, small)
    halves = [[one for listed in kinds.values() for one in listed[start::2]] for start in (0, 1)]
    moved = {moment for moment, _ in halves[0]}
    halves[1] = [one for one in halves[1] if one[0] not in moved]
    chosen = shots(halves[0], every_way=True)
    print("Weights, of one half: colours {:.4f}, hash {:.4f}, alignment {:.4f}, bias {:.4f}".format(*fit(chosen)))
    made, single = shots(halves[1], every_way=True), shots(alone(data, 100 if small else ALONE), every_way=False)
    names, moments = made.names + single.names, np.concatenate([made.moments, single.moments])
    copies = Copies(
        *(np.concatenate([getattr(s.copies, f) for s in (made, single)]) for f in ("grey", "colour", "known"))
    )
    seen = Shots(names, moments, np.concatenate([made.ways, single.ways]), copies)
    print("\nthreshold | choosing half: precision, recall of pairs | other half: precision, recall")
    for threshold in THRESHOLDS:
        rates = (*counts(grouped(chosen, threshold), chosen.moments), *counts(grouped(seen, threshold), seen.moments))
        print(f"{threshold:g} | " + " | ".join(f"{rate:.3f}" for rate in rates), flush=True)
    numbers = grouped(seen, DEFAULT_THRESHOLD)
    figures = []
    for kind in (*kinds, "all"):
        rows = np.array([kind == "all" or moment.startswith((kind, "alone")) for moment in seen.moments])
        precision, recall = counts(numbers[rows], seen.moments[rows])
        figures += [
            Figure(f"precision of pairs, {kind}", round(precision, 4), "", 0.98),
            Figure(f"recall of pairs, {kind}", round(recall, 4), "", 0.95),
        ]
    ways_found = recall_by_way(made, numbers[: len(made.names)])
    figures += [
        Figure(f"stands with the picture as it is: {way}", round(rate, 3), "") for way, rate in ways_found.items()
    ]
    for count, aim in ((1_000, None),) if small else ((10_000, 5.0), (100_000, None)):
        figures.append(
            Figure(f"{count:,} pictures, copies stored", round(seconds_of(made, count), 2), "s", aim, less=True)
        )
    return figures


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    given = parser.parse_args()
    report(measure(given.data, given.small), given)


if __name__ == "__main__":
    main()
