"""How much kinds should count beside the cosine: precision of kinds and recall of captions at several shares.

    python benchmarks/kinds.py --data ../shared/data --split val

Pictures are the captioned photographs, the cars, and those of the world sets whose sentence names a thing. A picture
shows a kind where its own words name it, or a kind below it; words leave much unsaid, so that precision here is low.
`KIND_SHARE` in `imgrank/scoring/similarity.py` was chosen on val.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imgrank import Ranker
from imgrank.backbone.kinds import Kind, Kinds, read_kinds
from imgrank.paths import weights_dir
from imgrank.scoring import similarity
from imgrank.scoring.similarity import aim_at
from imgrank.tokens import PackedTokens

KINDS = """
animal mammal dog bird insect fish elephant horse giraffe cat bear monkey snake reptile food fruit vegetable
apple banana orange lemon pear mushroom potato tomato milk clothing shoe dress hat vehicle car truck boat ship
train bicycle airplane building house furniture chair guitar tool weapon clock bottle keyboard oven flower
ball phone computer
"""
THINGS = ("pacs", "grocery", "clothing", "silhouettes", "emoji")
FEWEST = 3  # pictures of a kind, to be asked for
SHARES = (0.0, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0)


@dataclass(frozen=True)
class Described:
    """A picture and what its own words say."""

    path: Path
    words: tuple[str, ...]
    captioned: bool = False


def pictures(data: Path, split: str) -> list[Described]:
    captions: dict[Path, list[str]] = {}
    for row in _rows(data / "captions" / "captions.csv", split):
        captions.setdefault(data / "captions" / row["image"], []).append(row["caption"])
    found = [Described(path, tuple(words), True) for path, words in captions.items()]
    for row in _rows(data / "world" / "world.csv", split):
        words = row["sentence"].replace("pair of ", "").replace("package of ", "")
        if row["set"] == "houses" and "front" in words:
            words = "a house and a building"
        elif row["set"] not in THINGS:
            words = ""
        found.append(Described(data / "world" / row["image"], (words,)))
    cars = {data / "car_year" / row["image"] for row in _rows(data / "car_year" / "labels.csv", split)}
    return found + [Described(path, ("a car",)) for path in sorted(cars)]


def _rows(file: Path, split: str) -> Iterator[dict[str, str]]:
    with open(file, encoding="utf-8", newline="") as lines:
        yield from (row for row in csv.DictReader(lines) if row["split"] == split)


def shows(kind: Kind, picture: Described, kinds: Kinds) -> bool:
    """Whether a picture's words name a kind or one below it."""
    named = (found for words in picture.words for found in kinds.named_in(words))
    return any(found.name == kind.name or set(found.classes) <= set(kind.classes) for found in named)


def average_precision(scores: np.ndarray, true: np.ndarray) -> float:
    hits = true[np.argsort(-scores, kind="stable")]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean())


@dataclass(frozen=True)
class Table:
    """Cosines and evidence of all sentences, from which any share follows: each (sentences, pictures)."""

    cosines: np.ndarray
    evidence: np.ndarray

    @staticmethod
    def of(ranker: Ranker, packed: PackedTokens, sentences: list[str]) -> Table:
        aims = [aim_at(sentence, ranker.sentence) for sentence in sentences]
        cosines = [similarity.likeness(packed, similarity.Aim(aim.vector)) for aim in aims]
        evidence = [
            np.zeros(len(packed)) if aim.kinds is None else similarity.evidence(packed, aim.kinds) for aim in aims
        ]
        return Table(np.stack(cosines), np.stack(evidence))

    def at(self, share: float) -> np.ndarray:
        return self.cosines + share * self.evidence


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--split", default="val", choices=["val", "test"])
    args = parser.parse_args()
    kinds, shown = read_kinds(weights_dir() / "mini.kinds.json"), pictures(args.data, args.split)
    with Ranker(adapter="none") as ranker:
        packed = ranker.encode([picture.path for picture in shown]).packed
        asked = [kind for word in KINDS.split() for kind in kinds.named_in(word)]
        truth = {kind.name: np.array([shows(kind, picture, kinds) for picture in shown]) for kind in asked}
        asked = [kind for kind in asked if truth[kind.name].sum() >= FEWEST]
        by_kind = Table.of(ranker, packed, [f"a {kind.name}" for kind in asked])
        captioned = [place for place, picture in enumerate(shown) if picture.captioned]
        sentences = [(row, words) for row, place in enumerate(captioned) for words in shown[place].words]
        owners = np.array([row for row, _ in sentences])
        by_caption = Table.of(ranker, packed[np.array(captioned)], [words for _, words in sentences])
    print(f"{len(shown)} pictures, {len(asked)} kinds, {len(sentences)} captions of {len(captioned)} photographs\n")
    print("| share of kinds | mean average precision of kinds | captions R@1 | R@5 | R@10 |\n|--:|--:|--:|--:|--:|")
    for share in SHARES:
        scores = by_kind.at(share)
        precision = np.mean([average_precision(row, truth[kind.name]) for row, kind in zip(scores, asked, strict=True)])
        found = by_caption.at(share)
        place = (found > found[np.arange(len(owners)), owners][:, None]).sum(1)
        recall = " | ".join(f"{(place < k).mean():.3f}" for k in (1, 5, 10))
        print(f"| {share:g} | {precision:.3f} | {recall} |")
    scores = by_kind.at(similarity.KIND_SHARE)
    each = [f"{k.name} {average_precision(row, truth[k.name]):.2f}" for row, k in zip(scores, asked, strict=True)]
    print(f"\nAt {similarity.KIND_SHARE:g}: {', '.join(each)}.")


if __name__ == "__main__":
    main()
