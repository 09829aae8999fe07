"""Predictions -> figures with intervals, and whether one scorer is really better than another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from imgrank.arrays import Floats
from imgrank.learning import metrics
from imgrank.learning.metrics import Difference, Interval, Resamples, interval

NOTHING = float("nan")
UNKNOWN = Interval(NOTHING, NOTHING)


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric and its interval.

    Attributes:
        value: NaN where it cannot be said.
        ci: The 95 % bootstrap interval, `low` and `high`; whole groups are drawn where labels have them.
    """

    value: float = NOTHING
    ci: Interval = UNKNOWN


@dataclass(frozen=True, slots=True)
class ScorerMetrics:
    """How one scorer did on one query.

    Attributes:
        srcc: Spearman's rank correlation, ties at their mean rank.
        krcc: Kendall's tau-b.
        plcc: Pearson's linear correlation.
        mae: Mean absolute error, in the unit of the values; NaN where the scorer has no unit.
        pair_accuracy: Share of pairs of different true values in the right order; an equal prediction is half right, so
            that a constant has one half.
        accuracy: Share of predictions whose nearest class is the true one; NaN unless the values are classes.
    """

    srcc: Metric = Metric()
    krcc: Metric = Metric()
    plcc: Metric = Metric()
    mae: Metric = Metric()
    pair_accuracy: Metric = Metric()
    accuracy: Metric = Metric()

    def by_name(self) -> Mapping[str, Metric]:
        """Figures by name, in their order."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def value_metrics(
    predicted: Floats, true: Floats, resamples: Resamples, *, in_unit: bool = True, classes: bool = False
) -> ScorerMetrics:
    """Figures of predictions (N,) against values (N,); no `mae` where predictions have no unit."""
    pairs = resamples.pair_figures(predicted, true)
    return ScorerMetrics(
        srcc=Metric(metrics.srcc(predicted, true), interval(resamples.srcc(predicted, true))),
        krcc=Metric(metrics.krcc(predicted, true), interval(pairs.krcc)),
        plcc=Metric(metrics.plcc(predicted, true), interval(resamples.plcc(predicted, true))),
        mae=Metric(metrics.mae(predicted, true), interval(resamples.mae(predicted, true))) if in_unit else Metric(),
        pair_accuracy=Metric(metrics.pair_accuracy(predicted, true), interval(pairs.pair_accuracy)),
        accuracy=_accuracy(predicted, true, resamples) if classes and in_unit else Metric(),
    )


def answer_metrics(difference: Floats, preferred: Floats, resamples: Resamples) -> ScorerMetrics:
    """Pair accuracy of differences (N,) against answers (N,); ties of people are left out."""
    right = answers_right(difference, preferred)
    known = right[np.isfinite(right)]
    if not len(known):
        return ScorerMetrics()
    return ScorerMetrics(pair_accuracy=Metric(float(known.mean()), interval(resamples.mean(right))))


def answers_right(difference: Floats, preferred: Floats) -> Floats:
    """(N,) 1 where the answer is met, 0 where not, a half where nothing is said; NaN where people saw a tie."""
    return np.where(preferred == 0, np.nan, np.heaviside(difference * preferred, 0.5))


def answer_difference(one: Floats, other: Floats, preferred: Floats, resamples: Resamples) -> Difference:
    """How much better `one` meets the answers than `other`, in pair accuracy, by paired bootstrap."""
    gain = answers_right(one, preferred) - answers_right(other, preferred)
    return Difference(float(np.nanmean(gain)), interval(resamples.mean(gain)))


def _accuracy(predicted: Floats, true: Floats, resamples: Resamples) -> Metric:
    return Metric(metrics.class_accuracy(predicted, true), interval(resamples.class_accuracy(predicted, true)))
