"""The scale the scores stand on: how they are written, where a cut may be, and how many lie where."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from imgrank.rounding import decimals_for

_FEWEST_BINS, _MOST_BINS = 24, 48


@dataclass(frozen=True, slots=True)
class ScoreScale:
    """From `low` to `high`, both written with `decimals`: every score lies between them, ends included.

    `counts` are the scores in equal parts of that span. `low == high` where there is nothing to cut.
    """

    low: float
    high: float
    decimals: int
    unit: str | None
    counts: tuple[int, ...]

    def written(self, score: float) -> str:
        """The score with its unit, as people read it."""
        number = self.number(score)
        return f"{number} {self.unit}" if self.unit else number

    def number(self, score: float) -> str:
        """The score alone; never -0."""
        text = f"{score:.{self.decimals}f}"
        return text.removeprefix("-") if float(text) == 0 else text

    @property
    def step(self) -> str:
        """The least a cut can be moved."""
        return f"{Decimal(1).scaleb(-self.decimals):f}"


def scale_of(scores: Sequence[float], unit: str | None) -> ScoreScale:
    """The scale on which these scores can be told apart; that of no score is a point."""
    least, most = min(scores, default=0.0), max(scores, default=0.0)
    decimals = decimals_for(most - least)
    ten = 10.0**decimals
    low, high = (math.floor(least * ten) / ten, math.ceil(most * ten) / ten) if most > least else (least, least)
    return ScoreScale(low, high, decimals, unit, _counts(scores, low, high))


def _counts(scores: Sequence[float], low: float, high: float) -> tuple[int, ...]:
    bins = min(_MOST_BINS, max(_FEWEST_BINS, round(2 * math.sqrt(len(scores)))))
    counts = [0] * bins
    for score in scores if high > low else ():
        counts[min(bins - 1, max(0, int((score - low) / (high - low) * bins)))] += 1
    return tuple(counts)
