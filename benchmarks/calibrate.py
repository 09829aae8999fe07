"""Writes imgrank/scoring/calibrations.json: what must be measured anew where the weights of a backbone change.

    python benchmarks/calibrate.py --data ../shared/data

Asking: weights of the signs that a sentence asks for a trained query, by logistic regression on `sentences.csv`; the
threshold is where 1.5 % of its strangers would be captured by fits that had not seen them. `--asking` fits these alone.

Confidence: the chance that a folder shows a sentence at all, by logistic regression on what `absent.py` asks for
choosing, weighed until about as many absent sentences of each kind are confident in folders of each size. Its
threshold is where, by fits that had not seen the sentence, no kind has more than 13 % of them. `absent.py` prints what
that does on the pictures and sentences for reporting. How near a single picture must be to fit a sentence is chosen on
one half of the val pictures; `--fits` prints what that gives on the other. Numbers for backbones that were never
measured are made of `mini`'s cosines alone, held against sentences of other things (`imgrank/scoring/unrelated.py`).
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from absent import COUNTS, KINDS, Album, Case, cases, size_of
from scipy.optimize import minimize
from scipy.special import expit
from who_answers import OF_USERS, Asking, of_a_user, read_sentences

from imgrank import Ranker
from imgrank.adapter.header import AdapterHeader
from imgrank.adapter.registry import find_adapter
from imgrank.scoring.calibration import shown_signs, signs_beside_others
from imgrank.scoring.choosing import NEAR_FROM
from imgrank.scoring.parsing import read
from imgrank.scoring.phrasings import phrasings_of
from imgrank.scoring.signs import nearness, signs_of
from imgrank.scoring.similarity import KIND_SHARE, aim_at, evidence, length_of, likeness
from imgrank.tokens import PackedTokens

FILE = Path(__file__).parents[1] / "imgrank" / "scoring" / "calibrations.json"
CAPTURED = 0.015
FOLDS = 5
ABSENT = 0.13  # share of absent sentences that may be confident, of each kind
EACH, ROUNDS, EASED = 100.0, 25, 0.02  # how much a group counts, and how it comes to count more
FEWEST = 10  # shown, and absent, of a group that counts
PENALTY = 0.5
OTHER_SHARES = (0.1, 0.0)  # of kinds, tried for the choice of `fits_from`
FEWEST_SHOWN = 3  # pictures of a class, for its share in the choice of `fits_from`


@dataclass(frozen=True)
class Pairs:
    """Sentences and queries: signs (M, 15), whether the one asks for the other (M,), and which sentence (M,) it is."""

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
            if nearness(reading.said, query.embeddings, ranker.sentence) < NEAR_FROM:
                continue
            found = signs_of(one.sentence, reading, phrasings_of(query.phrasings), query.embeddings, ranker.sentence)
            if found is not None:
                signs.append(found.numbers())
                asks.append(query.name == one.answer)
                sentence.append(number)
    return Pairs(np.array(signs), np.array(asks, float), np.array(sentence))


def fitted(signs: np.ndarray, asks: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """Logistic weights, the bias last, of signs as they are; penalised by their own spread."""
    mean, spread = signs.mean(axis=0), signs.std(axis=0) + 1e-9
    rows = np.column_stack([(signs - mean) / spread, np.ones(len(signs))])
    weight = 1 + asks if weight is None else weight  # there are few askers among the pairs

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        logits, kept = rows @ weights, np.append(weights[:-1], 0.0)
        surprise = weight * (np.logaddexp(0, logits) - asks * logits)
        slope = rows.T @ (weight * (expit(logits) - asks)) + 2 * PENALTY * kept
        return float(surprise.sum() + PENALTY * (kept**2).sum()), slope

    scaled = minimize(loss, np.zeros(rows.shape[1]), jac=True).x
    weights = scaled[:-1] / spread
    return np.append(weights, scaled[-1] - weights @ mean)


def asking(ranker: Ranker) -> dict[str, object]:
    """Weights and bias."""
    asked = read_sentences()
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


SETS = ("pacs", "scenes15", "sports", "clothing", "aerial", "trash", "silhouettes")
SHOWN = 0.98  # share of pictures of a class that a scale about it keeps


@dataclass(frozen=True)
class Gallery:
    """Pictures with what is said of each, and their tokens."""

    said: list[list[str]]
    captioned: list[bool]
    packed: PackedTokens

    def halves(self) -> tuple[Gallery, Gallery]:
        """Two galleries with every other picture each, in a mixed order."""
        mixed = np.random.default_rng(0).permutation(len(self.said))
        one, other = (self._some(np.sort(mixed[start::2])) for start in (0, 1))
        return one, other

    def _some(self, rows: np.ndarray) -> Gallery:
        return Gallery([self.said[n] for n in rows], [self.captioned[n] for n in rows], self.packed[rows])


def gallery(ranker: Ranker, data: Path, split: str) -> Gallery:
    """The pictures of a split: captions, at most 1,600, and of the sets."""
    rng = random.Random(0)
    captions: dict[str, list[str]] = defaultdict(list)
    with open(data / "captions" / "captions.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] == split:
                captions[str(data / "captions" / row["image"])].append(row["caption"])
    chosen = {path: captions[path] for path in rng.sample(sorted(captions), min(len(captions), 1600))}
    with open(data / "world" / "world.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == split and row["set"] in SETS]
    for row in rng.sample(rows, min(len(rows), 1600)):
        chosen[str(data / "world" / row["image"])] = [row["sentence"]]
    encoded = ranker.encode(list(chosen))
    paths = [file.path for file in encoded.files]
    return Gallery([chosen[path] for path in paths], [path in captions for path in paths], encoded.packed)


def confidence(known: Sequence[Case], with_cosines: bool) -> dict[str, Any]:
    """Weights, bias and threshold, by what is asked for choosing."""
    told = [(one.evidence, one.coverage, length_of(one.sentence)) for one in known]
    signs = np.array([shown_signs(*one) if with_cosines else signs_beside_others(one[0]) for one in told])
    shown = np.array([one.shown for one in known])
    groups = np.array([KINDS.index(one.kind) * len(COUNTS) + COUNTS.index(size_of(one.count)) for one in known])
    sentences = sorted({one.sentence for one in known})
    of = dict(zip(sentences, np.random.default_rng(0).integers(0, FOLDS, len(sentences)), strict=True))
    fold = np.array([of[one.sentence] for one in known])
    odds = np.empty(len(known))
    for part in range(FOLDS):
        weights = fitted_alike(signs[fold != part], shown[fold != part], groups[fold != part])
        odds[fold == part] = signs[fold == part] @ weights[:-1] + weights[-1]
    of_kind = [odds[np.array([one.kind == kind and not one.shown for one in known])] for kind in KINDS]
    least = max(float(np.quantile(one, 1 - ABSENT)) for one in of_kind)
    weights = fitted_alike(signs, shown, groups)
    numbers = {"weights": [round(float(w), 4) for w in weights[:-1]], "bias": round(float(weights[-1]), 4)}
    return numbers | {"threshold": round(float(1 / (1 + np.exp(-least))), 3)}


def fitted_alike(signs: np.ndarray, shown: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Logistic weights, the bias last, by which about as many of what is absent are above 0 in each group: a kind of
    sentences over folders of one size. What is absent counts the more, the more of it were. A group without both
    teaches nothing: it would pull all of its kind to one side."""
    weight = np.zeros(len(shown))
    both = [group for group in set(groups) if min(np.bincount(shown[groups == group], minlength=2)) >= FEWEST]
    for group in both:
        for kind in (shown, ~shown):
            weight[(groups == group) & kind] = EACH / ((groups == group) & kind).sum()
    for _ in range(ROUNDS):
        weights = fitted(signs, shown.astype(float), weight)
        above = signs @ weights[:-1] + weights[-1] >= 0
        for group in both:
            absent = (groups == group) & ~shown
            weight[absent] *= ((above[absent].mean() + EASED) / (ABSENT + EASED)) ** 0.5
    return weights


def shown_from(ranker: Ranker, pictures: Gallery) -> float:
    """The likeness that 98 % of pictures of the sets reach to the name of their class."""
    own = [
        float(likeness(pictures.packed[n : n + 1], aim_at(said[0], ranker.sentence))[0])
        for n, (said, alone) in enumerate(zip(pictures.said, pictures.captioned, strict=True))
        if not alone
    ]
    return round(float(np.quantile(own, 1 - SHOWN)), 3)


def fits_from(ranker: Ranker, one: Gallery, other: Gallery, share: float = KIND_SHARE) -> float:
    """The likeness from which on pictures count as fitting: best in the mean over classes of the sets, by F1, of one
    half of the pictures; what it gives on both is printed, and what a cut of its own for each class would.

    `share` is how much kinds count, other than they do in likeness.
    """
    cuts = np.arange(0.2, 0.7, 0.01)
    seen, unseen = (_f1(ranker, half, cuts, share) for half in (one, other))
    chosen, best = int(seen[2].mean(axis=0).argmax()), unseen[2].argmax(axis=1)
    own = [np.take_along_axis(rate, best[:, None], axis=1).mean() for rate in unseen]
    print(f"Fits from {cuts[chosen]:.2f}, kinds counting {share:g}.")
    print("The half for choosing:", _told(seen[:, :, chosen].mean(axis=1)))
    print("The other half:", _told(unseen[:, :, chosen].mean(axis=1)))
    print("The other half, with the best cut of each class:", _told(own))
    return round(float(cuts[chosen]), 2)


def _told(rates: Sequence[float] | np.ndarray) -> str:
    return "precision {:.2f}, recall {:.2f}, F1 {:.2f}".format(*rates)


def _f1(ranker: Ranker, pictures: Gallery, cuts: np.ndarray, share: float) -> np.ndarray:
    """(3, M, C): precision, recall and F1 of M classes for each cut."""
    alone = [n for n, captioned in enumerate(pictures.captioned) if not captioned]
    classes, packed = [pictures.said[n][0] for n in alone], pictures.packed[np.array(alone)]
    rows = []
    for name in sorted(set(classes)):
        shown, aim = np.array([each == name for each in classes]), aim_at(name, ranker.sentence)
        if shown.sum() < FEWEST_SHOWN:
            continue
        kinds = 0.0 if aim.kinds is None else evidence(packed, aim.kinds)
        kept = likeness(packed, aim) + (share - KIND_SHARE) * kinds >= cuts[:, None]
        right = (kept & shown).sum(axis=1)
        precision, recall = right / np.maximum(kept.sum(axis=1), 1), right / shown.sum()
        rows.append((precision, recall, 2 * precision * recall / np.maximum(precision + recall, 1e-9)))
    return np.array(rows).swapaxes(0, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--asking", action="store_true", help="only fit who answers, and keep all else")
    parser.add_argument("--confidence", action="store_true", help="only fit confidence, and keep who answers")
    parser.add_argument("--fits", action="store_true", help="print how well --show-fits cuts, write nothing")
    args = parser.parse_args()
    ranker = Ranker()
    if args.fits:
        halves = gallery(ranker, args.data, "val").halves()
        for share in (KIND_SHARE, *OTHER_SHARES):
            fits_from(ranker, *halves, share)
        return
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    if args.asking:
        told = asking(ranker)
        _write({fingerprint: known | {"asking": told} for fingerprint, known in kept.items()})
        return
    told = kept["default"]["asking"] if args.confidence else asking(ranker)
    album = Album(ranker, args.data)
    with_kinds, plain = (cases(album, "choosing", plain) for plain in (False, True))
    one, other = gallery(ranker, args.data, "val").halves()
    default = {"asking": told, "confidence": confidence(plain, with_cosines=False)}
    own = {"asking": told, "confidence": confidence(with_kinds, with_cosines=True)}
    own["confidence"]["shown_from"] = shown_from(ranker, one)
    own["confidence"]["fits_from"] = fits_from(ranker, one, other)
    _write({"default": default, ranker.backbone.fingerprint: own})


def _write(known: dict[str, Any]) -> None:
    FILE.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
