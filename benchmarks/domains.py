"""What `mini` knows by domain: captions of photographs, and precision of the world sets by their sentences.

    python benchmarks/domains.py --data ../shared/data --split val
    python benchmarks/domains.py --data ../shared/data --split test

Each sentence of a set is asked over all pictures of that set's split, as `imgrank sort --adapter none` would ask it.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
from kinds import average_precision

from imgrank import Ranker
from imgrank.scoring.similarity import aim_at, likeness

MANY = 100  # sets of more sentences than that say one thing a picture, and are measured by recall


def read_sets(data: Path, split: str) -> dict[str, list[tuple[Path, str]]]:
    """By set: pictures and what is said of each; photographs with several captions stand there as often."""
    sets: dict[str, list[tuple[Path, str]]] = defaultdict(list)
    for folder, file, name, words in (
        ("captions", "captions.csv", "", "caption"),
        ("world", "world.csv", "set", "sentence"),
    ):
        with open(data / folder / file, encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                if row["split"] == split:
                    sets[row[name] if name else folder].append((data / folder / row["image"], row[words]))
    return sets


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--split", default="val", choices=["val", "test"])
    args = parser.parse_args()
    print("| set | pictures | sentences | mean average precision | R@1 | R@10 |\n|---|--:|--:|--:|--:|--:|")
    with Ranker(adapter="none") as ranker:
        for name, rows in sorted(read_sets(args.data, args.split).items()):
            paths = list(dict.fromkeys(path for path, _ in rows))
            packed = ranker.encode(paths).packed
            said: dict[str, set[int]] = defaultdict(set)
            for path, words in rows:
                said[words].add(paths.index(path))
            precision, places = [], []
            for words, true in said.items():
                scores = likeness(packed, aim_at(words, ranker.sentence))
                shown = np.isin(np.arange(len(paths)), list(true))
                precision.append(average_precision(scores, shown))
                places += [int((scores > scores[row]).sum()) for row in true]
            many = len(said) > MANY
            recall = " | ".join(f"{np.mean(np.array(places) < k):.3f}" if many else "" for k in (1, 10))
            print(f"| {name} | {len(paths)} | {len(said)} | {np.mean(precision):.3f} | {recall} |", flush=True)


if __name__ == "__main__":
    main()
