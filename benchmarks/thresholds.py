"""The two thresholds of `sort`, measured on val: when a sentence is placed, and when an adapter answers it.

    python benchmarks/thresholds.py --data ../shared/data

Placed: folders of 50 val photographs; sentences that describe one of them, sentences that describe a
photograph of another folder, and nonsense. Answered: paraphrases that no adapter was trained on against
strangers that ask for something else. Both print rates at several thresholds.
"""

from __future__ import annotations

import argparse
import csv
import random
import string
from collections import defaultdict
from pathlib import Path

import numpy as np

from imgrank import Ranker
from imgrank.adapter.registry import choose, find_adapter
from imgrank.scoring.likeness import confidence, text_axis

FOLDER = 50
PARAPHRASES = {
    "older person": (
        "aged people",
        "how aged the face is",
        "senior citizen",
        "old face",
        "person's age",
        "oldest person",
    ),
    "newer car": ("most recent car", "the car's year of make", "brand new automobile", "new model of car"),
    "good photo quality": ("quality of the photograph", "high image quality", "good picture quality", "best photo"),
    "more red blood cells": ("count of red blood cells", "many red blood cells", "most red blood cells"),
    "more platelets": ("count of platelets", "most platelets", "lots of platelets"),
    "more people": ("lots of people", "the most people", "how many persons", "amount of people"),
    "more dogs": ("lots of dogs", "the most dogs", "how many dogs are there", "amount of dogs"),
    "blurry": ("blurrier", "the picture is blurred", "very blurry picture"),
    "noisy": ("noisier", "very grainy", "image with much noise"),
}
STRANGERS = (
    "a cat", "a red car", "bigger house", "more cats", "more trees", "taller building", "happy person",
    "a person running", "sunset over the sea", "a child with a ball", "more snow", "greener grass",
    "ripe tomatoes", "number of birds", "more cars", "a dog catching a frisbee", "expensive watch",
    "cracked road", "a man on a bicycle", "older building", "wrinkled shirt", "more flowers",
    "beautiful landscape", "messy room", "white blood cells", "fast car", "people at the beach", "a rocket",
    "puppy", "crowded street market", "good food", "clear water", "new shoes", "old coin", "number of windows",
    "bald head",
)  # fmt: skip


def read_captions(data: Path) -> dict[str, list[str]]:
    captions: dict[str, list[str]] = defaultdict(list)
    with open(data / "captions" / "captions.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] == "val":
                captions[str(data / "captions" / row["image"])].append(row["caption"])
    return captions


def nonsense(rng: random.Random) -> str:
    words = ("".join(rng.choices(string.ascii_lowercase, k=rng.randint(3, 9))) for _ in range(rng.randint(1, 4)))
    return " ".join(words)


def placed(ranker: Ranker, data: Path, rounds: int = 200) -> None:
    rng = random.Random(0)
    captions = read_captions(data)
    paths = sorted(captions)
    packed = ranker.encode(paths).packed
    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        chosen = rng.sample(range(len(paths)), FOLDER + 1)
        folder = packed[np.array(chosen[:FOLDER])]
        sentences = {
            "shown here": rng.choice(captions[paths[chosen[0]]]),
            "shown elsewhere": rng.choice(captions[paths[chosen[FOLDER]]]),
            "nonsense": nonsense(rng),
        }
        for kind, sentence in sentences.items():
            found[kind].append(confidence(folder, text_axis(sentence, None, ranker.sentence)))
    print("share held to be placed, by threshold on the nearest picture's cosine:")
    for threshold in np.arange(0.10, 0.60, 0.05):
        rates = "  ".join(f"{kind} {np.mean(np.array(v) >= threshold):.2f}" for kind, v in found.items())
        print(f"  {threshold:.2f}: {rates}")


def answered(ranker: Ranker, name: str) -> None:
    header = find_adapter(name)

    def similarity(sentence: str) -> tuple[str, float]:
        choice = choose(ranker.sentence(sentence).embedding, [header], ranker.backbone.fingerprint, threshold=-2)
        assert choice is not None
        return choice.query.name, choice.similarity

    same = [(query, *similarity(sentence)) for query, sentences in PARAPHRASES.items() for sentence in sentences]
    other = sorted(((similarity(sentence)[1], sentence) for sentence in STRANGERS), reverse=True)
    print("paraphrases answered by their own query, and strangers answered by any, by threshold on the cosine:")
    for threshold in np.arange(0.50, 0.95, 0.05):
        right = np.mean([query == chosen and cosine >= threshold for query, chosen, cosine in same])
        wrong = np.mean([cosine >= threshold for cosine, _ in other])
        print(f"  {threshold:.2f}: paraphrases {right:.2f}  strangers {wrong:.2f}")
    print("nearest strangers:", ", ".join(f"{sentence} {cosine:.2f}" for cosine, sentence in other[:8]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--adapter", default="mini-adapter")
    args = parser.parse_args()
    ranker = Ranker()
    placed(ranker, args.data)
    answered(ranker, args.adapter)


if __name__ == "__main__":
    main()
