"""How well scores order and estimate: pure functions of two arrays, with bootstrap intervals.

`predicted` and `true` are (N,) float64 and higher is more. A metric that cannot be said (fewer than two
pictures, or a constant on either side) is NaN. Names and meanings are SciPy's and torchmetrics'.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
from scipy import stats

from imgrank.arrays import Floats

Measure = Callable[[Floats, Floats], float]

RESAMPLES = 1000
CONFIDENCE = 0.95
PAIRS_AT_ONCE = 1 << 21


def plcc(predicted: Floats, true: Floats) -> float:
    """Pearson's linear correlation."""
    if len(true) < 2:
        return float("nan")
    one, other = (np.asarray(values, np.float64)[None] for values in (predicted, true))
    return float(_correlation(one, other, np.ones((1, len(true))))[0])


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
    """One scorer's metric less another's on the same pictures; real where the interval leaves out 0."""

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
    """How often each of N rows was drawn, `weights` (K, N): the same for every scorer, so that differences are paired.

    Where rows belong together (cars of one model, answers about one picture), what was drawn are not rows: they err
    together, and so many of them say little more than one.
    """

    weights: Floats

    @staticmethod
    def draw(count: int, seed: int = 0, resamples: int = RESAMPLES, groups: Sequence[str] | None = None) -> Resamples:
        """`resamples` times `count` of `count` rows, or of `groups` (N,) as many as there are, with all their rows."""
        group_of = _numbered(range(count) if groups is None else groups)
        drawn = _drawn(np.random.default_rng(seed), int(group_of.max(initial=-1)) + 1, resamples)
        return Resamples(drawn[:, group_of])

    @staticmethod
    def draw_pictures(
        left: Sequence[str], right: Sequence[str], seed: int = 0, resamples: int = RESAMPLES
    ) -> Resamples:
        """Of pairs of pictures, pictures are drawn: a pair counts as often as both of its pictures together."""
        places = _numbered([*left, *right])
        drawn = _drawn(np.random.default_rng(seed), int(places.max(initial=-1)) + 1, resamples)
        return Resamples(drawn[:, places[: len(left)]] * drawn[:, places[len(left) :]])

    @property
    def rows(self) -> list[npt.NDArray[np.intp]]:
        """The rows of each resample, as often as they were drawn."""
        return [np.repeat(np.arange(len(row)), row.astype(np.intp)) for row in self.weights]

    def mean(self, values: Floats) -> Floats:
        """(K,) means of values (N,), those that are NaN left out."""
        known = np.isfinite(values)
        weights = self.weights[:, known]
        with np.errstate(invalid="ignore", divide="ignore"):
            means: Floats = (weights @ values[known]) / weights.sum(axis=1)
        return means

    def srcc(self, predicted: Floats, true: Floats) -> Floats:
        """(K,) metrics, one a resample."""
        return np.concatenate(
            [_correlation(_ranks(predicted, part), _ranks(true, part), part) for part in self._parts()]
        )

    def plcc(self, predicted: Floats, true: Floats) -> Floats:
        """(K,) metrics, one a resample."""
        return np.concatenate([_correlation(predicted[None], true[None], part) for part in self._parts()])

    def mae(self, predicted: Floats, true: Floats) -> Floats:
        """(K,) metrics, one a resample."""
        return self.mean(np.abs(predicted - true))

    def pair_figures(self, predicted: Floats, true: Floats) -> PairFigures:
        """Both metrics that are counted over pairs, one a resample.

        A resample only says how often each picture was drawn, so that each metric is w' S w with weights w
        and one sign matrix S for all resamples.
        """
        weights = self.weights.astype(np.float32)
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

    def class_accuracy(self, predicted: Floats, true: Floats) -> Floats:
        """(K,) metrics, one a resample; classes are those of all pictures."""
        classes = np.unique(true)
        right = classes[np.abs(predicted[:, None] - classes[None, :]).argmin(axis=1)] == true
        return self.mean(right.astype(np.float64))

    def _parts(self) -> Iterator[Floats]:
        """The weights, some resamples at a time."""
        step = max(1, PAIRS_AT_ONCE // max(1, self.weights.shape[1]))
        return (self.weights[start : start + step] for start in range(0, len(self.weights), step))


def _numbered(names: Iterable[Hashable]) -> npt.NDArray[np.intp]:
    """Each name's number, in the order in which names come."""
    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(name, len(known)) for name in names], np.intp)


def _drawn(rng: np.random.Generator, count: int, resamples: int) -> Floats:
    """(resamples, count): how often each was drawn, with replacement."""
    rows = rng.integers(0, count, (resamples, count))
    return np.stack([np.bincount(row, minlength=count) for row in rows]).astype(np.float64)


def interval(resampled: Floats) -> Interval:
    """The middle 95 % of resampled metrics; NaN where none can be said."""
    known = resampled[np.isfinite(resampled)]
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


def _ranks(values: Floats, weights: Floats) -> Floats:
    """(K, N) ranks of values (N,) among themselves, each as often as weights (K, N) say, ties at their mean rank."""
    levels, level_of = np.unique(values, return_inverse=True)
    at_level = np.zeros((len(weights), len(levels)))
    np.add.at(at_level.T, level_of, weights.T)
    ranks: Floats = np.cumsum(at_level, axis=1) - at_level / 2 + 0.5
    return ranks[:, level_of]


def _correlation(a: Floats, b: Floats, weights: Floats) -> Floats:
    """(K,) Pearson's correlation of rows of a and b, (K, N) or (1, N), under weights (K, N); NaN for constants."""
    drawn = weights > 0
    constant = _is_constant(a, drawn) | _is_constant(b, drawn)
    total = np.maximum(weights.sum(axis=1, keepdims=True), 1e-300)
    a = a - (weights * a).sum(axis=1, keepdims=True) / total
    b = b - (weights * b).sum(axis=1, keepdims=True) / total
    with np.errstate(invalid="ignore", divide="ignore"):
        result = (weights * a * b).sum(axis=1) / np.sqrt((weights * a * a).sum(axis=1) * (weights * b * b).sum(axis=1))
    return np.where(constant, np.nan, result.clip(-1, 1))


def _is_constant(values: Floats, drawn: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    highest, lowest = (np.where(drawn, values, end).T for end in (-np.inf, np.inf))
    constant: npt.NDArray[np.bool_] = highest.max(axis=0) <= lowest.min(axis=0)
    return constant


def _quadratic(left: npt.NDArray[np.float32], signs: npt.NDArray[np.float32], right: npt.NDArray[np.float32]) -> Floats:
    result: Floats = ((left @ signs).astype(np.float64) * right).sum(axis=1)
    return result


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
        srcc=Metric(srcc(predicted, true), interval(resamples.srcc(predicted, true))),
        krcc=Metric(krcc(predicted, true), interval(pairs.krcc)),
        plcc=Metric(plcc(predicted, true), interval(resamples.plcc(predicted, true))),
        mae=Metric(mae(predicted, true), interval(resamples.mae(predicted, true))) if in_unit else Metric(),
        pair_accuracy=Metric(pair_accuracy(predicted, true), interval(pairs.pair_accuracy)),
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
    known = gain[np.isfinite(gain)]
    return Difference(float(known.mean()) if len(known) else NOTHING, interval(resamples.mean(gain)))


def _accuracy(predicted: Floats, true: Floats, resamples: Resamples) -> Metric:
    return Metric(class_accuracy(predicted, true), interval(resamples.class_accuracy(predicted, true)))
