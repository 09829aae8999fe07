"""How well pictures of one moment are found (`--group similar`), on bursts made of photographs, and how fast.

    python benchmarks/groups.py --data ../shared/data

Each picture is seen in ten ways: as it is, cut (two), shifted (two), darker, brighter, blurred, shrunk and written
anew, mirrored, and held by hand (turned a little, shifted, noise). No picture has a date: it is looks alone that
decide.

To settle on: pictures of val (captions, quality, and ten sets of places and things), with 1,000 of captions' train
that are alone, in three tones: as they are, in black and white, and in sepia. The weights of
`imgrank/grouping/same_moment.py` were fitted on them, and are printed; of `THRESHOLDS` the lowest is named of which
`RIGHT` of the pairs are right in each tone. To report on: the same sets' test split, with 1,500 others of captions'
train, which an earlier rule had been looked at with; and, fresh, pictures of their train split, in the three tones,
with 1,500 more. Intervals are of moments drawn anew with replacement. Other shots of one event are in captions as
their authors took them, and count as apart. Pictures of `quality` were taken in rows by their authors: pairs that show
one moment count as such (`RETAKES`), and one such pair of captions. Of val they were looked for by eye; of the others,
what was put together was looked at.
"""

from __future__ import annotations

import csv
import io
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
from figures import Figure, argument_parser, peak_megabytes, report
from PIL import Image, ImageFilter, ImageOps
from scipy.optimize import minimize

from imgrank.grouping import Copies, GroupBy, group
from imgrank.grouping.aligning import alignment
from imgrank.grouping.copies import copy_of
from imgrank.grouping.same_moment import DEFAULT_THRESHOLD, CopiesAndTimes
from imgrank.grouping.similar import candidates, similar

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
    # of test
    ("ss01 (396)", "ss01 (400)"),
    ("ss01 (601)", "ss01 (603)"),
    ("ss01 (883)", "ss01 (889)"),
    ("ss01 (883)", "ss01 (892)"),
    ("ss01 (1276)", "ss01 (1281)"),
    ("ss01 (1337)", "ss01 (1343)"),
    ("ss01 (1826)", "ss01 (1838)"),
    ("ss01 (1883)", "ss01 (1886)"),
    ("ss01 (1904)", "ss01 (1906)"),
    ("ss01 (694)", "ss01 (695)"),
    # of train
    ("3323988406_e3c8fce690", "3540241710_a4f49cde52"),
    ("ss01 (107)", "ss01 (114)"),
    ("ss01 (409)", "ss01 (414)"),
    ("ss01 (662)", "ss01 (1010)"),
    ("ss01 (684)", "ss01 (688)"),
    ("ss01 (829)", "ss01 (830)"),
    ("ss01 (1263)", "ss01 (1266)"),
    ("ss01 (1309)", "ss01 (1311)"),
    ("ss01 (1414)", "ss01 (1420)"),
    ("ss01 (1545)", "ss01 (1547)"),
    ("ss01 (1561)", "ss01 (1563)"),
    ("ss01 (1644)", "ss01 (1653)"),
    ("ss01 (1644)", "ss01 (1655)"),
    ("ss01 (1764)", "ss01 (1782)"),
)
THRESHOLDS = (0.5, 0.8, 0.9, 0.95, 0.99)
RIGHT = 0.99  # of the pairs that are put together, of those to settle on; above the aim, for others do worse
ALONE_TO_SETTLE, ALONE = 1000, 1500
FRESH_FROM = ALONE_TO_SETTLE + ALONE  # of captions' train
TONES = {"in colour": 1.0, "black and white": 0.3, "sepia": 0.3}  # how much each counts in the fit
FALSE = 3.0  # how many true pairs a false one weighs in the fit
DRAWN = 1000  # times that moments are drawn anew
LAID = 1.0  # of the third sign: what two pictures reach that could be laid upon each other


@dataclass(frozen=True)
class Shots:
    """Pictures by name, what moment each shows, how it was made, and their small copies."""

    names: list[str]
    moments: np.ndarray
    ways: np.ndarray
    copies: Copies

    def some(self, rows: np.ndarray) -> Shots:
        return Shots([self.names[n] for n in rows], self.moments[rows], self.ways[rows], self.copies.only(rows))

    def toned(self, tone: str) -> Shots:
        """These in a tone: brightness as it is, and colours of none, or of sepia, which tints middle tones most."""
        grey, colour = self.copies.grey, self.copies.colour
        if tone == "black and white":
            colour = np.zeros_like(colour)
        elif tone == "sepia":
            small = grey.reshape(len(grey), 16, 2, 16, 2).mean(axis=(2, 4))
            tint = np.sin(np.pi * small / 255)
            colour = np.rint(np.stack([-18 * tint, 10 * tint], axis=1)).astype(np.int8)
        return replace(self, copies=replace(self.copies, colour=colour))


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


def of_split(data: Path, folder: str, file: str, split: str, sets: Sequence[str] | None = None) -> list[Path]:
    with open(data / folder / file, encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["split"] == split and (not sets or row["set"] in sets)]
    return [data / folder / path for path in dict.fromkeys(row["image"] for row in rows)]


def sources(data: Path, split: str, most: int, captions_from: int = 0) -> dict[str, list[tuple[str, Path]]]:
    """At most so many files of each kind, each with the name of its moment."""
    same = {name: pair[0] for pair in RETAKES for name in pair}
    kinds = {
        "captions": of_split(data, "captions", "captions.csv", split)[captions_from:],
        "quality": of_split(data, "quality", "labels.csv", split),
        "places and things": of_split(data, "world", "world.csv", split, PLACES),
    }
    rng = random.Random(0)
    return {
        kind: [
            (f"{kind} {path.parent.name} {same.get(path.stem, path.stem)}", path)
            for path in rng.sample(paths, min(len(paths), most))
        ]
        for kind, paths in kinds.items()
    }


def alone(data: Path, start: int, end: int) -> list[tuple[str, Path]]:
    paths = of_split(data, "captions", "captions.csv", "train")[start:end]
    return [(f"alone {path.stem}", path) for path in paths]


def together(made: Shots, single: Shots) -> Shots:
    copies = [np.concatenate([getattr(s.copies, name) for s in (made, single)]) for name in ("grey", "colour", "known")]
    moments, how = (np.concatenate([getattr(s, name) for s in (made, single)]) for name in ("moments", "ways"))
    return Shots(made.names + single.names, moments, how, Copies(*copies))


# The fit


def fit(seen: Shots) -> np.ndarray:
    """Weights of colours, hash and alignment, and the bias, by logistic regression on the pairs that are looked at."""
    signs, same, weights = [], [], []
    for tone, share in TONES.items():
        album = CopiesAndTimes(seen.toned(tone).copies)
        found = candidates(album)
        own = seen.moments[found.first] == seen.moments[found.second]
        signs.append(_signs(album, found.first, found.second))
        same.append(own)
        weights.append(np.where(own, share, share * FALSE))
    x, shown, weight = (np.concatenate(each) for each in (signs, same, weights))
    aligned = x[:, 2] > LAID  # nothing else is ever decided by weights
    x, shown, weight = x[aligned], shown[aligned], weight[aligned]

    def loss(b: np.ndarray) -> float:
        odds = x @ b[:3] + b[3]
        return float((weight * (np.logaddexp(0, odds) - shown * odds)).mean() + 1e-4 * (b[:3] ** 2).sum())

    return minimize(loss, np.zeros(4)).x


def _signs(album: CopiesAndTimes, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    colours, upright, turned = album.signatures.of_pairs(first, second)
    grey, mirrored = album.copies.grey, turned > upright
    found = np.maximum(alignment(grey, first, second, mirrored), alignment(grey, second, first, mirrored))
    return np.stack([colours, np.maximum(upright, turned), -np.log(1.01 - found.clip(0, 1))], axis=1)


# What groups are worth


@dataclass(frozen=True)
class Tallied:
    """Pairs by moment (M,): that there are, and that stand in one group; and pairs of two moments in one group (X, 3),
    as two moments and how many."""

    there: np.ndarray
    found: np.ndarray
    false: np.ndarray

    def rates(self, drawn: np.ndarray) -> tuple[float, float]:
        """Precision and recall of pairs, each moment being there `drawn` (M,) times."""
        found = float(self.found @ drawn)
        false = float((drawn[self.false[:, 0]] * drawn[self.false[:, 1]] * self.false[:, 2]).sum())
        return found / max(found + false, 1.0), found / max(float(self.there @ drawn), 1.0)

    def told(self) -> list[tuple[float, float, float]]:
        """Precision and recall, each with the bounds of 95 of 100 draws."""
        rng, count = np.random.default_rng(0), len(self.there)
        whole = self.rates(np.ones(count))
        draws = [self.rates(np.bincount(rng.integers(0, count, count), minlength=count)) for _ in range(DRAWN)]
        low, high = np.quantile(draws, [0.025, 0.975], axis=0)
        return list(zip(whole, low.tolist(), high.tolist(), strict=True))


def tallied(numbers: np.ndarray, moments: np.ndarray) -> Tallied:
    _, moment = np.unique(moments, return_inverse=True)
    cells, sizes = np.unique(np.stack([numbers, moment]), axis=1, return_counts=True)
    there, found = np.bincount(moment), np.zeros(moment.max() + 1, int)
    np.add.at(found, cells[1], sizes * (sizes - 1) // 2)
    false = [
        (cells[1, a], cells[1, b], sizes[a] * sizes[b])
        for number in np.unique(cells[0])
        for a, b in combinations(np.flatnonzero(cells[0] == number).tolist(), 2)
    ]
    return Tallied(there * (there - 1) // 2, found, np.array(false, int).reshape(-1, 3))


def counts(numbers: np.ndarray, moments: np.ndarray) -> tuple[float, float]:
    """Precision and recall of pairs."""
    pairs = tallied(numbers, moments)
    return pairs.rates(np.ones(len(pairs.there)))


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


@dataclass(frozen=True)
class Half:
    """Pictures in every way, and others that are alone."""

    made: Shots
    single: Shots

    @property
    def both(self) -> Shots:
        return together(self.made, self.single)


def half(data: Path, split: str, most: int, single: tuple[int, int], captions_from: int = 0) -> Half:
    listed = sources(data, split, most, captions_from)
    made = shots([one for each in listed.values() for one in each], every_way=True)
    return Half(made, shots(alone(data, *single), every_way=False))


def measure(data: Path, small: bool) -> list[Figure]:
    most, few, many = (20, 100, 100) if small else (300, ALONE_TO_SETTLE, ALONE)
    settled = half(data, "val", most, (0, few)).both
    print("Weights: colours {:.4f}, hash {:.4f}, alignment {:.4f}, bias {:.4f}".format(*fit(settled)), flush=True)
    other = half(data, "test", most, (ALONE_TO_SETTLE, ALONE_TO_SETTLE + many))
    fresh = half(data, "train", most, (FRESH_FROM, FRESH_FROM + many), captions_from=FRESH_FROM + ALONE)
    _compare_thresholds({tone: settled.toned(tone) for tone in TONES}, {"test": other.both, "fresh": fresh.both})
    figures = [*_by_kind("test", other.both), *_by_kind("fresh", fresh.both)]
    for tone in TONES:
        seen = fresh.both.toned(tone)
        numbers = grouped(seen, DEFAULT_THRESHOLD)
        figures += _rates(f"fresh, all {tone}", numbers, seen.moments)
        if tone == "in colour":
            _name_strangers(numbers, seen)
            figures += _by_way(fresh, numbers)
    for count, aim in ((1_000, None),) if small else ((10_000, 5.0), (100_000, None)):
        figures.append(
            Figure(f"{count:,} pictures, copies stored", round(seconds_of(other.made, count), 2), "s", aim, less=True)
        )
        figures.append(Figure("  memory at most", round(peak_megabytes()), "MB"))
    return figures


def _compare_thresholds(to_settle: dict[str, Shots], others: dict[str, Shots]) -> None:
    print("\nthreshold | precision/recall to settle on: " + ", ".join(to_settle) + " | of " + ", ".join(others))
    right = [THRESHOLDS[-1]]
    for threshold in THRESHOLDS:
        own, rest = (
            [counts(grouped(each, threshold), each.moments) for each in these.values()] for these in (to_settle, others)
        )
        right += [threshold] * (min(precision for precision, _ in own) >= RIGHT)
        print(f"{threshold:g} | " + " | ".join("{:.4f}/{:.4f}".format(*rates) for rates in own + rest), flush=True)
    print(f"The lowest of which {RIGHT:.1%} of the pairs to settle on are right is {min(right):g}.\n")


def _by_kind(name: str, seen: Shots) -> Iterator[Figure]:
    numbers = grouped(seen, DEFAULT_THRESHOLD)
    for kind in ("captions", "quality", "places and things"):
        rows = np.array([moment.startswith((kind, "alone")) for moment in seen.moments])
        yield from _rates(f"{name}, {kind}", numbers[rows], seen.moments[rows])
    yield from _rates(name, numbers, seen.moments)


def _rates(name: str, numbers: np.ndarray, moments: np.ndarray) -> Iterator[Figure]:
    told = zip(("precision", "recall"), (0.98, 0.95), tallied(numbers, moments).told(), strict=True)
    for what, aim, (rate, low, high) in told:
        yield Figure(f"{what} of pairs, {name}", round(rate, 4), "", aim, note=f"{low:.4f} to {high:.4f}")


def _by_way(seen: Half, numbers: np.ndarray) -> Iterator[Figure]:
    count = len(seen.made.names)
    own = numbers[count:]
    yield Figure(f"of {len(own):,} shots of captions, pairs put together", _pairs(own), "", note="events")
    for way, rate in recall_by_way(seen.made, numbers[:count]).items():
        yield Figure(f"stands with the picture as it is: {way}", round(rate, 3), "")


def _name_strangers(numbers: np.ndarray, seen: Shots) -> None:
    """The moments that were put together, to be looked at: which are true retakes?"""
    for number in np.unique(numbers):
        moments = sorted(set(seen.moments[numbers == number]))
        if len(moments) > 1:
            print("put together:", "; ".join(moments), flush=True)


def _pairs(numbers: np.ndarray) -> int:
    _, sizes = np.unique(numbers, return_counts=True)
    return int((sizes * (sizes - 1) // 2).sum())


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    given = parser.parse_args()
    report(measure(given.data, given.small), given)


if __name__ == "__main__":
    main()
