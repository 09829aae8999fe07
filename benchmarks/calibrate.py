"""Writes imgrank/scoring/calibrations.json: what must be measured anew where the weights of a backbone change.

    python benchmarks/calibrate.py --data ../shared/data

Asking: weights of the signs that a sentence asks for a trained query, by logistic regression on the half of
`sentences.csv` that is for choosing; the threshold is where 1.2 % of its strangers would be captured by fits that had
not seen them.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from who_answers import OF_USERS, Asking, of_a_user, read_sentences

from imgrank import Ranker
from imgrank.adapter.header import AdapterHeader
from imgrank.adapter.registry import find_adapter
from imgrank.scoring.choosing import NEAR_FROM
from imgrank.scoring.phrasings import phrasings_of
from imgrank.scoring.reading import read
from imgrank.scoring.signs import nearness, signs_of

FILE = Path(__file__).parents[1] / "imgrank" / "scoring" / "calibrations.json"
CAPTURED = 0.012
FOLDS = 5
PENALTY = 0.5


@dataclass(frozen=True)
class Pairs:
    """Sentences and queries: signs (M, 14), whether the one asks for the other (M,), and which sentence (M,) it is."""

    signs: np.ndarray
    asks: np.ndarray
    sentence: np.ndarray


def pairs(ranker: Ranker, shipped: AdapterHeader, asked: list[Asking]) -> Pairs:
    """Every sentence with every query that may be asked for it."""
    users = {near: of_a_user(ranker, shipped, near) for near in OF_USERS}
    signs, asks, sentence = [], [], []
    for number, one in enumerate(asked):
        reading = read(one.sentence)
        for query in users.get(one.near, shipped).queries:
            if nearness(one.sentence, query.embeddings, ranker.sentence) < NEAR_FROM:
                continue
            found = signs_of(one.sentence, reading, phrasings_of(query.phrasings), query.embeddings, ranker.sentence)
            if found is not None:
                signs.append(found.numbers())
                asks.append(query.name == one.answer)
                sentence.append(number)
    return Pairs(np.array(signs), np.array(asks, float), np.array(sentence))


def fitted(signs: np.ndarray, asks: np.ndarray) -> np.ndarray:
    """Logistic weights, the bias last, of signs as they are; penalised by their own spread."""
    mean, spread = signs.mean(axis=0), signs.std(axis=0) + 1e-9
    rows = np.column_stack([(signs - mean) / spread, np.ones(len(signs))])
    weight = 1 + asks  # there are few askers among the pairs

    def loss(weights: np.ndarray) -> float:
        logits = rows @ weights
        return float((weight * (np.logaddexp(0, logits) - asks * logits)).sum() + PENALTY * (weights[:-1] ** 2).sum())

    scaled = minimize(loss, np.zeros(rows.shape[1])).x
    weights = scaled[:-1] / spread
    return np.append(weights, scaled[-1] - weights @ mean)


def asking(ranker: Ranker) -> dict[str, object]:
    """Weights and bias, chosen on one half of the sentences."""
    asked = read_sentences("choose")
    known = pairs(ranker, find_adapter("mini-adapter"), asked)
    fold = np.random.default_rng(0).integers(0, FOLDS, len(asked))[known.sentence]
    unseen = np.empty(len(known.asks))
    for part in range(FOLDS):
        weights = fitted(known.signs[fold != part], known.asks[fold != part])
        unseen[fold == part] = known.signs[fold == part] @ weights[:-1] + weights[-1]
    best = np.full(len(asked), -np.inf)
    np.maximum.at(best, known.sentence, unseen)
    strangers = best[[not one.answer for one in asked]]
    threshold = float(np.quantile(strangers, 1 - CAPTURED))
    weights = fitted(known.signs, known.asks)
    found = np.mean(best[[bool(one.answer) for one in asked]] >= threshold)
    print(f"asking: by fits that had not seen them {found:.1%} of askers are above the threshold {threshold:.2f}")
    return {"weights": [round(float(w), 4) for w in weights[:-1]], "bias": round(float(weights[-1]) - threshold, 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.parse_args()
    ranker = Ranker()
    made = {"asking": asking(ranker)}
    FILE.write_text(json.dumps({"default": made, ranker.backbone.fingerprint: made}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
