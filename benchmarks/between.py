"""Whether a few pictures of each end name a scale: SRCC of `--between` on val, by how many are given.

    python benchmarks/between.py --data ../shared/data

Ends are drawn ten times among the lowest and highest twentieth of the train pictures. Compared are a picture's
embedding, the mean of its tokens, and both, as shipped. The last five quantities are such that no tower has learnt.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from imgrank import Ranker
from imgrank.arrays import Floats
from imgrank.scoring.similarity import appearance_of

SETS, GIVEN, DRAWS, MOST = ("age", "car_year", "quality", "blood_cells", "world"), (1, 3, 8), 10, 400
Row = tuple[str, float, str]


def read(folder: Path) -> dict[str, list[Row]]:
    """Picture, value and split by query."""
    found: dict[str, list[Row]] = defaultdict(list)
    with open(folder / "labels.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            name = row["query"].split("|")[0]
            found[name].append((str(folder / row["image"]), float(row["value"]), row["split"]))
    return found


def srcc(looks: Floats, values: Floats, train: int, given: int) -> float:
    """The mean over draws: of `train` rows some are the ends, the others are put in order."""
    pool = max(3 * given, train // 20)
    low, high = np.argsort(values[:train])[:pool], np.argsort(-values[:train])[:pool]
    found = []
    for draw in range(DRAWS):
        rng = np.random.default_rng(draw)
        one, other = (looks[rng.choice(some, given, replace=False)].mean(axis=0) for some in (low, high))
        found.append(spearmanr(looks[train:] @ (other - one), values[train:]).statistic)
    return float(np.mean(found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    heads = [f"{what}, {given}" for given in GIVEN for what in ("embedding", "tokens", "both")]
    print(f"| quantity | {' | '.join(heads)} |\n|---|{'--:|' * len(heads)}")
    with Ranker(adapter="none") as ranker:
        for query, rows in (item for name in SETS for item in read(args.data / name).items()):
            train = [row for row in rows if row[2] == "train"]
            chosen = [train[n] for n in rng.permutation(len(train))[:MOST]] + [row for row in rows if row[2] == "val"]
            encoded = ranker.encode([row[0] for row in chosen])
            looks, width = appearance_of(encoded.packed), encoded.packed.embedding.shape[1]
            values = np.array([row[1] for row in chosen])
            parts = (looks[:, :width], looks[:, width:], looks)
            cells = [f"{srcc(part, values, min(len(train), MOST), given):.2f}" for given in GIVEN for part in parts]
            print(f"| {query} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
