"""How well scores order and estimate: pure functions of two arrays, with bootstrap intervals.

`predicted` and `true` are (N,) float64 and higher is more. A figure that cannot be said (fewer than two
pictures, or a constant on either side) is NaN. Names and meanings are SciPy's and torchmetrics'.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]
Metric = Callable[[Floats, Floats], float]

RESAMPLES = 1000
CONFIDENCE = 0.95
PAIRS_AT_ONCE = 1 << 21


def plcc(predicted: Floats, true: Floats) -> float:
    """Pearson's linear correlation."""
    if len(true) < 2:
        return float("nan")
    return float(_correlation(np.asarray(predicted, np.float64)[None], np.asarray(true, np.float64)[None])[0])


def srcc(predicted: Floats, true: Floats) -> float:
    """Spearman's rank correlation, ties at their mean rank."""
    if len(true) < 2:
        return float("nan")
    return plcc(stats.rankdata(predicted), stats.rankdata(true))


def krcc(predicted: Floats, true: Floats) -> float:
    """Kendall's tau-b."""
    if len(true) < 2:
        return float("nan")
    return float(stats.kendalltau(predicted, true).statistic)


def mae(predicted: Floats, true: Floats) -> float:
    """Mean absolute error, in the unit of the values."""
    return float(np.abs(predicted - true).mean()) if len(true) else float("nan")


def pair_accuracy(predicted: Floats, true: Floats) -> float:
    """Share of pairs of different true values that stand in the right order; an equal prediction is half right.

    No pair is counted twice, none with itself: a constant prediction scores exactly one half.
    """
    right = counted = 0.0
    step = max(1, PAIRS_AT_ONCE // max(1, len(true)))
    for start in range(0, len(true), step):
        block = slice(start, start + step)
        above = true[block, None] > true[None, :]
        difference = predicted[block, None] - predicted[None, :]
        right += float((above & (difference > 0)).sum()) + 0.5 * float((above & (difference == 0)).sum())
        counted += float(above.sum())
    return right / counted if counted else float("nan")


def class_accuracy(predicted: Floats, true: Floats) -> float:
    """Share of predictions whose nearest class, of those that occur, is the true one."""
    classes = np.unique(true)
    nearest = classes[np.abs(predicted[:, None] - classes[None, :]).argmin(axis=1)]
    return float((nearest == true).mean()) if len(true) else float("nan")


@dataclass(frozen=True, slots=True)
class Interval:
    """The bounds of a 95 % bootstrap interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """One scorer's figure less another's on the same pictures; real where the interval leaves out 0."""

    value: float
    ci: Interval

    @property
    def is_real(self) -> bool:
        return self.ci.low > 0 or self.ci.high < 0


@dataclass(frozen=True, slots=True, eq=False)
class PairFigures:
    """Of K resamples: pair accuracies (K,) and Kendall's tau-b (K,)."""

    pair_accuracy: Floats
    krcc: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Resamples:
    """Rows (K, N) drawn with replacement: the same for every scorer, so that differences are paired."""

    rows: npt.NDArray[np.intp]

    @staticmethod
    def draw(count: int, seed: int = 0, resamples: int = RESAMPLES) -> Resamples:
        """`resamples` times `count` of `count` rows."""
        return Resamples(np.random.default_rng(seed).integers(0, count, (resamples, count)))

    def srcc(self, predicted: Floats, true: Floats) -> Floats:
        """(K,) figures, one a resample."""
        return _correlation(_ranks(predicted[self.rows]), _ranks(true[self.rows]))

    def plcc(self, predicted: Floats, true: Floats) -> Floats:
        """(K,) figures, one a resample."""
        return _correlation(predicted[self.rows], true[self.rows])

    def mae(self, predicted: Floats, true: Floats) -> Floats:
        """(K,) figures, one a resample."""
        figures: Floats = np.abs(predicted - true)[self.rows].mean(axis=1)
        return figures

    def pair_figures(self, predicted: Floats, true: Floats) -> PairFigures:
        """Both figures that are counted over pairs, one a resample.

        A resample only says how often each picture was drawn, so that each figure is w' S w with weights w
        and one sign matrix S for all resamples.
        """
        weights = self._weights(len(true))
        agreement, wanted_pairs, given_pairs = (np.zeros(len(weights)) for _ in range(3))
        step = max(1, PAIRS_AT_ONCE // max(1, len(true)))
        for start in range(0, len(true), step):
            block = slice(start, start + step)
            wanted = np.sign(true[block, None] - true[None, :]).astype(np.float32)
            given = np.sign(predicted[block, None] - predicted[None, :]).astype(np.float32)
            mine = weights[:, block]
            agreement += _quadratic(mine, wanted * given, weights)
            wanted_pairs += _quadratic(mine, np.abs(wanted), weights)
            given_pairs += _quadratic(mine, np.abs(given), weights)
        with np.errstate(invalid="ignore", divide="ignore"):
            accuracy = 0.5 + 0.5 * agreement / wanted_pairs
            tau = agreement / np.sqrt(wanted_pairs * given_pairs)
        return PairFigures(accuracy, tau)

    def _weights(self, count: int) -> npt.NDArray[np.float32]:
        weights = np.zeros((len(self.rows), count), np.float32)
        for weight, row in zip(weights, self.rows, strict=True):
            weight += np.bincount(row, minlength=count)
        return weights

    def class_accuracy(self, predicted: Floats, true: Floats) -> Floats:
        """(K,) figures, one a resample; classes are those of all pictures."""
        classes = np.unique(true)
        right = classes[np.abs(predicted[:, None] - classes[None, :]).argmin(axis=1)] == true
        figures: Floats = right[self.rows].mean(axis=1)
        return figures


def interval(figures: Floats) -> Interval:
    """The middle 95 % of resampled figures; NaN where none can be said."""
    known = figures[np.isfinite(figures)]
    if not len(known):
        return Interval(float("nan"), float("nan"))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(known, [tail, 1 - tail])
    return Interval(float(low), float(high))


def srcc_difference(one: Floats, other: Floats, true: Floats, resamples: Resamples | None = None) -> Difference:
    """How much better `one` orders than `other`, by paired bootstrap."""
    resamples = resamples or Resamples.draw(len(true))
    return Difference(
        srcc(one, true) - srcc(other, true), interval(resamples.srcc(one, true) - resamples.srcc(other, true))
    )


def _ranks(values: Floats) -> Floats:
    ranks: Floats = stats.rankdata(values, axis=1)
    return ranks


def _correlation(a: Floats, b: Floats) -> Floats:
    """Pearson's correlation of each row of a (K, N) with the same row of b; NaN for constants."""
    constant = (a.max(axis=1) == a.min(axis=1)) | (b.max(axis=1) == b.min(axis=1))
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        result = (a * b).sum(axis=1) / np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    return np.where(constant, np.nan, result.clip(-1, 1))


def _quadratic(left: npt.NDArray[np.float32], signs: npt.NDArray[np.float32], right: npt.NDArray[np.float32]) -> Floats:
    result: Floats = ((left @ signs).astype(np.float64) * right).sum(axis=1)
    return result
