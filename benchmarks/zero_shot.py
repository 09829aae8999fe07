"""What a sentence is made into without a trained ranker, measured on train and val alone.

    python benchmarks/zero_shot.py --data ../shared/data

Scales: SRCC of "more water" and others, in four forms. A label is what a picture's five captions mention, what a
set says, or the sex that a name of a face's file carries. Plain sentences: R@1/5/10 of val captions, with templates and
with neutral prompts taken off; and of those captions alone that compare, as scale and as they are.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from backbone import recall
from scales import SCALES, Scale, read_values
from scipy.stats import spearmanr

from imgrank import Ranker
from imgrank.scoring.comparatives import opposite_of, scale_of
from imgrank.scoring.similarity import TEMPLATES, text_axis

NEUTRAL = ("a photo", "a picture", "an image")
CAPTIONS_EACH = 2


def read_captions(data: Path) -> dict[str, list[str]]:
    captions: dict[str, list[str]] = defaultdict(list)
    with open(data / "captions" / "captions.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] == "val":
                captions[str(data / "captions" / row["image"])].append(row["caption"])
    return captions


@dataclass(frozen=True)
class Words:
    """Sentences as unit vectors."""

    ranker: Ranker

    def plain(self, *sentences: str) -> np.ndarray:
        mean = np.mean([self.ranker.sentence(sentence).embedding for sentence in sentences], axis=0, dtype=np.float64)
        return mean / np.linalg.norm(mean)

    def templates(self, sentence: str) -> np.ndarray:
        return self.plain(*(template.format(sentence) for template in TEMPLATES))

    def against(self, sentence: str, share: float) -> np.ndarray:
        """Away from the sentence with its first comparative turned around: "more water" from "less water"."""
        other = opposite_of(sentence)
        return self.templates(sentence) - share * self.templates(other) if other else self.plain(sentence)

    def shipped(self, sentence: str) -> np.ndarray:
        axis = text_axis(sentence, None, self.ranker.sentence)
        other = 0.0 if axis.other is None else axis.other.vector
        return axis.turn * (axis.end.vector - other)


def forms(words: Words) -> dict[str, Callable[[str], np.ndarray]]:
    """Ways to make a direction (E,) of a sentence, by their names in the table."""
    return {
        "the sentence": words.plain,
        "less its opposite": lambda sentence: words.against(sentence, 1.0),
        "less half of it": lambda sentence: words.against(sentence, 0.5),
        "as shipped": words.shipped,
    }


def embed(ranker: Ranker, paths: Sequence[str]) -> np.ndarray:
    """(N, E) float32 of unit length."""
    embedding = ranker.encode(paths).packed.embedding.astype(np.float32)
    return embedding / np.linalg.norm(embedding, axis=1, keepdims=True)


def scales(ranker: Ranker, data: Path) -> None:
    """SRCC of every scale in every form, and the mean of each kind."""
    values = read_values(data)
    paths = sorted({path for known in values.values() for path in known})
    images, ways = dict(zip(paths, embed(ranker, paths), strict=True)), forms(Words(ranker))
    print("| sentence | measured by |", " | ".join(ways), "|\n|---|---|" + "--:|" * len(ways))
    for kind in dict.fromkeys(scale.kind for scale in SCALES):
        table = []
        for scale in (scale for scale in SCALES if scale.kind == kind):
            table.append([_srcc(scale, values[scale.values], images, way) for way in ways.values()])
            print(f"| {scale.sentence} | {scale.values} | {_cells(table[-1])} |", flush=True)
        print(f"| **{kind}, mean of {len(table)}** | | {_cells(np.mean(table, axis=0))} |", flush=True)


def _srcc(
    scale: Scale, values: dict[str, float], images: dict[str, np.ndarray], way: Callable[[str], np.ndarray]
) -> float:
    scores = np.stack([images[path] for path in values]) @ way(scale.sentence).astype(np.float32)
    return scale.sign * float(spearmanr(scores, list(values.values())).statistic)


def _cells(figures: Sequence[float] | np.ndarray) -> str:
    return " | ".join(f"{figure:.2f}" for figure in figures)


def shares(ranker: Ranker, data: Path) -> None:
    """How much of what both ends are about to add: SRCC within a scale's pictures, and their AUC over photographs."""
    words, values = Words(ranker), read_values(data)
    paths = sorted({path for known in values.values() for path in known})
    images = dict(zip(paths, embed(ranker, paths), strict=True))
    others = np.stack([images[path] for path in values["dogs"]])
    found: dict[float, list[tuple[float, float]]] = defaultdict(list)
    for scale in (scale for scale in SCALES if scale.values in ("age", "women's faces", "car year")):
        if (named := scale_of(scale.sentence)) is None or named.other is None:
            continue
        this, other = words.templates(named.end), words.templates(named.other)
        apart = (other - this) if named.down else (this - other)
        own = np.stack([images[path] for path in values[scale.values]])
        for share in (0.0, 0.05, 0.1, 0.2):
            way = (apart + share * (this + other)).astype(np.float32)
            srcc = scale.sign * float(spearmanr(own @ way, list(values[scale.values].values())).statistic)
            found[share].append((srcc, float((np.searchsorted(np.sort(others @ way), own @ way) / len(others)).mean())))
    for share, pairs in found.items():
        srcc, auc = np.mean(pairs, axis=0)
        print(
            f"share {share}, mean of {len(pairs)} scales of faces and cars: SRCC {srcc:.2f}, AUC {auc:.2f}", flush=True
        )


def captions(ranker: Ranker, data: Path) -> None:
    """R@1/5/10 of val captions: a few of each as plain sentences in several forms, and all that compare as scales."""
    words, told = Words(ranker), read_captions(data)
    images = embed(ranker, list(told))
    few = [(owner, text) for owner, group in enumerate(told.values()) for text in group[:CAPTIONS_EACH]]
    neutral = images @ words.plain(*NEUTRAL)
    for name, way in (("plain", words.plain), ("templates", words.templates)):
        scores = np.stack([way(text) for _, text in few]) @ images.T
        for weight in (0.0, 0.25, 0.5, 1.0):
            found = recall(scores - weight * neutral, np.array([owner for owner, _ in few]))
            print(f"{name}, neutral taken off at {weight}: {found}", flush=True)
    compare = [(owner, text) for owner, group in enumerate(told.values()) for text in group if opposite_of(text)]
    for name, way in forms(words).items():
        scores = np.stack([way(text) for _, text in compare]) @ images.T
        found = recall(scores, np.array([owner for owner, _ in compare]))
        print(f"{len(compare)} captions that compare, {name}: {found}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    args = parser.parse_args()
    ranker = Ranker()
    scales(ranker, args.data)
    shares(ranker, args.data)
    captions(ranker, args.data)


if __name__ == "__main__":
    main()
