"""Numbers that belong to one backbone: how clearly a sentence must ask for a query, and how sure a folder must look.

They are made by `benchmarks/calibrate.py` and stand in `calibrations.json` by fingerprint.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from imgrank.arrays import Floats
from imgrank.scoring.question import Evidence

_FILE = Path(__file__).with_name("calibrations.json")
DEFAULT = "default"
_SOFTNESS = 0.03  # of cosines, around `shown_from`
_LEAST_SPREAD = 0.01  # of cosines: a folder of one picture has none


@dataclass(frozen=True, slots=True)
class AskingWeights:
    """Weights (15,) of `Signs.numbers`, and a bias that puts the threshold at 0."""

    weights: tuple[float, ...]
    bias: float

    def clearness(self, numbers: Floats) -> float:
        """Log odds above the threshold that a sentence asks for a query; below 0 it does not."""
        return float(np.dot(self.weights, numbers)) + self.bias


def asking_weights(fingerprint: str) -> AskingWeights:
    """Those of a backbone, or else those that hold for most."""
    known = _all().get(fingerprint, {}).get("asking") or _all()[DEFAULT]["asking"]
    return AskingWeights(tuple(known["weights"]), float(known["bias"]))


@dataclass(frozen=True, slots=True)
class ConfidenceWeights:
    """Weights of signs, and a bias: the log odds that pictures show a sentence; confident from `threshold` on.

    `fits_from` is the cosine from which on a picture counts as showing what is said; None where it is not known.
    `shown_from` is the cosine that nearly all pictures reach to what is said of them; None where it is not known.
    `is_own` where they were measured on this backbone, so that cosines themselves count, and not only how much nearer
    pictures come than to unrelated sentences.
    """

    weights: tuple[float, ...]
    bias: float
    threshold: float
    is_own: bool
    shown_from: float | None = None
    fits_from: float | None = None

    def confidence(self, evidence: Evidence, coverage: float = 0.0, words: int = 1) -> float:
        """The chance, 0 to 1, that pictures with this evidence show the sentence of so many words, so much of which
        names kinds."""
        signs = shown_signs(evidence, coverage, words) if self.is_own else signs_beside_others(evidence)
        odds = float(np.dot(self.weights, signs)) + self.bias
        return round(float(1 / (1 + np.exp(-np.clip(odds, -30, 30)))), 3)

    def sure_of(self, evidence: Evidence, coverage: float, words: int) -> bool:
        """Whether that chance is enough."""
        return self.confidence(evidence, coverage, words) >= self.threshold

    def chance_lacking(self, evidence: Evidence) -> float:
        """The chance, 0 to 1, that some picture lacks what these likenesses are to: how far the least like one stays
        below what nearly all that show a thing reach, or below what unrelated sentences reach."""
        if not evidence.farthest:
            return 0.0
        if self.shown_from is not None:
            odds = (self.shown_from - evidence.farthest[0]) / _SOFTNESS
            return round(float(1 / (1 + np.exp(-np.clip(odds, -30, 30)))), 3)
        least = replace(evidence, nearest=evidence.farthest[:1], ahead=(-evidence.ahead[0],))
        return round(1 - self.confidence(least), 3)


def signs_beside_others(evidence: Evidence) -> Floats:
    """Signs (4,) that hold for any backbone: by how many standard deviations the nearest, and the nearest few, come
    nearer than to unrelated sentences, the number of pictures, and how far single pictures prefer the sentence."""
    others = np.array(evidence.unrelated)
    nearest = np.array(evidence.nearest)
    pairs = ((nearest[0], others[:, 0]), (nearest.mean(), others.mean(axis=1)))
    leads = [(one - known.mean()) / max(known.std(), 1e-9) for one, known in pairs]
    return np.array([*leads, np.log(evidence.count), np.mean(evidence.ahead)])


def shown_signs(evidence: Evidence, coverage: float, words: int) -> Floats:
    """Signs (19,) of one backbone: how far the nearest, and the nearest few, stand out of the folder, and likeness.

    A greatest likeness grows with the number of pictures, so that the number is among them: with how much of the
    sentence names kinds (`coverage`), which likeness adds, and the more, the more words a sentence has. A single word
    that names no kind is weighed apart: its cosines are all that there is, and grow in their own way.
    """
    nearest = np.array(evidence.nearest)
    spread = evidence.spread + _LEAST_SPREAD
    standing_out = [(nearest[0] - evidence.mean) / spread, (nearest.mean() - evidence.mean) / spread]
    count, length = np.log(evidence.count), np.log(max(words, 1))
    own = [nearest[0], nearest.mean(), evidence.mean, evidence.spread]
    of_kinds = [coverage, coverage * nearest[0], coverage * nearest.mean(), coverage * count]
    signs = [*standing_out, count, *own, *of_kinds, length, length * count]
    is_unknown = float(coverage == 0 and words <= 1)
    return np.array([*signs, is_unknown, *(is_unknown * sign for sign in signs[:5])])


def confidence_weights(fingerprint: str) -> ConfidenceWeights:
    """Those of a backbone, or else those of signs that hold for any."""
    own = _all().get(fingerprint, {}).get("confidence")
    known = own or _all()[DEFAULT]["confidence"]
    return ConfidenceWeights(
        weights=tuple(known["weights"]),
        bias=float(known["bias"]),
        threshold=float(known["threshold"]),
        is_own=own is not None,
        shown_from=known.get("shown_from"),
        fits_from=known.get("fits_from"),
    )


@lru_cache(maxsize=1)
def _all() -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return whole
