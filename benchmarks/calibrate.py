"""Writes imgrank/scoring/calibrations.json: what must be measured anew where the weights of a backbone change.

    python benchmarks/calibrate.py --data ../shared/data

Asking: weights of the signs that a sentence asks for a trained query, by logistic regression on `sentences.csv`; the
threshold is where 1.5 % of its strangers would be captured by fits that had not seen them. `--asking` fits these alone.

Confidence: the chance that a folder shows a sentence at all, by logistic regression on folders of one half of the val
pictures, of the captions and of seven sets of things and places (the tower knows train pictures too well). Its
threshold keeps 90 % of what is shown. Printed on folders of the other half. Shown are captions and classes of a
picture in the folder; absent are classes of which it has none, and names of ImageNet that no caption there mentions.
A half has some 490 pictures: for larger folders, faces, cars and pictures of the other sets are put beside them, half
of those to each half. How near a single picture must be to fit a sentence is chosen on one half, too; `--fits` prints
what that gives on the other. Numbers for backbones that were never measured are made of `mini`'s cosines alone, held
against sentences of other things (`imgrank/scoring/unrelated.py`).

    python benchmarks/calibrate.py --data ../shared/data --measure-only
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from who_answers import OF_USERS, Asking, of_a_user, read_sentences

from imgrank import Ranker
from imgrank.adapter.header import AdapterHeader
from imgrank.adapter.registry import find_adapter
from imgrank.backbone.towers import ensure_importable
from imgrank.scoring.calibration import ConfidenceWeights, shown_signs, signs_beside_others
from imgrank.scoring.choosing import NEAR_FROM
from imgrank.scoring.parsing import read
from imgrank.scoring.phrasings import phrasings_of
from imgrank.scoring.question import Evidence
from imgrank.scoring.signs import nearness, signs_of
from imgrank.scoring.similarity import KIND_SHARE, aim_at, evidence, likeness
from imgrank.scoring.unrelated import Unrelated
from imgrank.tokens import PackedTokens, joined

ensure_importable()
from open_clip.zero_shot_metadata import IMAGENET_CLASSNAMES  # noqa: E402 (torchvision must be importable first)

FILE = Path(__file__).parents[1] / "imgrank" / "scoring" / "calibrations.json"
CAPTURED = 0.015
FOLDS = 5
FOLDERS, LARGE = 250, 60  # folders of 20 to 2,000 pictures, and of 700 to 2,000
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
NAMES = 300  # of ImageNet
SHOWN = 0.98  # share of pictures of a class that a scale about it keeps
KEPT = 0.9  # share of shown sentences that stay confident


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

    def words(self) -> list[set[str]]:
        return [set(re.findall("[a-z]{3,}", " ".join(said).lower())) for said in self.said]


@dataclass(frozen=True)
class Cases:
    """M sentences over folders: what the pictures' cosines amount to, whether it is shown (M,), and of what kind."""

    evidence: list[Evidence]
    shown: np.ndarray
    kinds: list[str]
    coverages: list[float]

    def __add__(self, other: Cases) -> Cases:
        return Cases(
            self.evidence + other.evidence,
            np.concatenate([self.shown, other.shown]),
            self.kinds + other.kinds,
            self.coverages + other.coverages,
        )


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


def background(ranker: Ranker, data: Path) -> Gallery:
    """Pictures of val that only make folders larger; what is said of them keeps sentences from counting as absent."""
    said = {}
    for name, words in (("age", "a face person man woman child girl boy"), ("car_year", "a car truck van wagon")):
        with open(data / name / "labels.csv", encoding="utf-8", newline="") as file:
            said |= {str(data / name / row["image"]): words for row in csv.DictReader(file) if row["split"] == "val"}
    with open(data / "world" / "world.csv", encoding="utf-8", newline="") as file:
        rows = (row for row in csv.DictReader(file) if row["split"] == "val" and row["set"] not in SETS)
        said |= {str(data / "world" / row["image"]): row["sentence"] for row in rows}
    encoded = ranker.encode(list(said))
    return Gallery([[said[file.path]] for file in encoded.files], [False] * len(encoded.files), encoded.packed)


def cases(
    ranker: Ranker, pictures: Gallery, folders: int, seed: int, plain: bool = False, beside: Gallery | None = None
) -> Cases:
    """Folders of 20 to 2,000 pictures, of photographs, of the sets or of both; three sentences of each kind.

    With pictures to put `beside`, folders of 700 to 2,000. `plain` as of a backbone that was never measured: cosines
    alone, and unrelated sentences beside them.
    """
    rng, words, others = random.Random(seed), pictures.words(), Unrelated.of(ranker.sentence)
    more = [] if beside is None else beside.words()
    of_sets = [said for said, alone in zip(pictures.said, pictures.captioned, strict=True) if not alone]
    classes = sorted({one for said in of_sets for one in said})
    names = [f"a {name}" for name in rng.sample(IMAGENET_CLASSNAMES, NAMES)]
    evidence, shown, kinds, coverages = [], [], [], []

    def add(folder: PackedTokens, sentence: str, kind: str) -> None:
        aim = aim_at(sentence, ranker.sentence)
        near = likeness(folder, replace(aim, kinds=None) if plain else aim)
        said = Evidence.of(near, np.ones(len(folder), bool))
        if plain:
            beside = others.beside(folder, near)
            said = replace(said, unrelated=beside.to_others, ahead=beside.ahead)
        evidence.append(said)
        coverages.append(aim.coverage)
        shown.append(kind in ("caption", "class"))
        kinds.append(kind)

    for _ in range(folders):
        of = "both" if beside else rng.choice(["captions", "sets", "both"])
        pool = [n for n, alone in enumerate(pictures.captioned) if of == "both" or alone == (of == "captions")]
        count = round(700 * (2000 / 700) ** rng.random()) if beside else round(20 * 100 ** rng.random())
        folder = rng.sample(pool, min(count, len(pool) * (9 if beside else 7) // 10))
        extra = rng.sample(range(len(more)), min(len(more), count - len(folder))) if beside else []
        there = {one for n in folder for one in pictures.said[n]}
        mentioned = set().union(*(words[n] for n in folder), *(more[n] for n in extra))
        packed = pictures.packed[np.array(folder)]
        if beside and extra:
            packed = joined([packed, beside.packed[np.array(extra)]])
        for n in rng.sample(folder, 3):
            add(packed, rng.choice(pictures.said[n]), "caption" if pictures.captioned[n] else "class")
        absent = [one for one in classes if one not in there and _words(one).isdisjoint(mentioned)]
        for sentence in rng.sample(absent, min(3, len(absent))):
            add(packed, sentence, "absent class")
        for name in rng.sample([one for one in names if _words(one).isdisjoint(mentioned)], 3):
            add(packed, name, "absent name")
    return Cases(evidence, np.array(shown), kinds, coverages)


def _words(sentence: str) -> set[str]:
    return set(re.findall("[a-z]{3,}", sentence.lower())) - {
        "photo",
        "drawing",
        "painting",
        "sketch",
        "cartoon",
        "view",
    }


def confidence(known: Cases, unseen: Cases, with_cosines: bool) -> dict[str, Any]:
    """Weights, bias and threshold from `known`, and what they do on `unseen`."""
    told = zip(known.evidence, known.coverages, strict=True)
    signs = np.array([shown_signs(one, covered) if with_cosines else signs_beside_others(one) for one, covered in told])
    weights = fitted(signs, known.shown.astype(float))
    odds = signs @ weights[:-1] + weights[-1]
    threshold = float(np.quantile(1 / (1 + np.exp(-odds[known.shown])), 1 - KEPT))
    made = ConfidenceWeights(tuple(weights[:-1]), float(weights[-1]), threshold, with_cosines)
    told = zip(unseen.evidence, unseen.coverages, strict=True)
    sure = np.array([made.confidence(one, covered) >= threshold for one, covered in told])
    counts = np.array([one.count for one in unseen.evidence])
    who = "mini" if with_cosines else "mini as a backbone that was never measured"
    print(f"\nconfident on val: {who}, threshold {threshold:.3f}")
    print("| pictures | shown: captions | shown: classes | absent classes | absent names |\n|---|--:|--:|--:|--:|")
    for low, high in ((20, 60), (60, 200), (200, 700), (700, 2001), (20, 2001)):
        within = (counts >= low) & (counts < high)
        rates = (
            _rate(sure, within, unseen.kinds, kind) for kind in ("caption", "class", "absent class", "absent name")
        )
        print(f"| {low} to {high - 1} | {' | '.join(rates)} |")
    for name, flags in (("shown", unseen.shown), ("absent", ~unseen.shown)):
        print(f"together {sure[flags].mean():.1%} of {flags.sum()} {name}")
    numbers = {"weights": [round(float(w), 4) for w in weights[:-1]], "bias": round(float(weights[-1]), 4)}
    return numbers | {"threshold": round(threshold, 3)}


def _rate(sure: np.ndarray, within: np.ndarray, kinds: list[str], kind: str) -> str:
    flags = sure[within & np.array([one == kind for one in kinds])]
    return f"{flags.mean():.0%} of {len(flags)}" if len(flags) else "-"


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
    parser.add_argument("--measure-only", action="store_true", help="print the tables of confidence, write nothing")
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
    told = kept["default"]["asking"] if args.measure_only or args.confidence else asking(ranker)
    one, other = gallery(ranker, args.data, "val").halves()
    beside = background(ranker, args.data).halves()

    def folders(plain: bool) -> tuple[Cases, Cases]:
        known, unseen = (
            cases(ranker, half, FOLDERS, seed, plain) + cases(ranker, half, LARGE, seed + 2, plain, more)
            for seed, half, more in ((0, one, beside[0]), (1, other, beside[1]))
        )
        return known, unseen

    default = {"asking": told, "confidence": confidence(*folders(plain=True), with_cosines=False)}
    own = {"asking": told, "confidence": confidence(*folders(plain=False), with_cosines=True)}
    own["confidence"]["shown_from"] = shown_from(ranker, one)
    own["confidence"]["fits_from"] = fits_from(ranker, one, other)
    if args.measure_only:
        return
    _write({"default": default, ranker.backbone.fingerprint: own})


def _write(known: dict[str, Any]) -> None:
    FILE.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
