"""What stands beside an adapter: ridge on frozen tokens, and the sentence alone. Each predicts in the user's unit.

Ridge is regression, in closed form, on what a picture's tokens say without any adapter. Features of a picture: the mean
of its image tokens (D), then its embedding (E). How strongly to regularise is chosen by the error on left-out rows,
which ridge gives without fitting again; rows of one group are left out together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from imgrank.arrays import Floats
from imgrank.learning.dataset import held_out
from imgrank.learning.task import PairRows, Rows, TaskRows, ValueRows
from imgrank.tokens import PackedTokens

STRENGTHS = 10.0 ** np.arange(-4, 3.5, 0.5)  # times the mean variance of a row
ROWS_AT_ONCE = 4096
SPREAD_FLOOR = 0.1  # of the typical spread: a feature that hardly varies is not blown up


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """A linear score: features (N, F) times `weights` (F,) plus `bias`."""

    weights: Floats
    bias: float

    def __call__(self, features: Floats) -> Floats:
        """(N,) scores."""
        scores: Floats = features @ self.weights + self.bias
        return scores

    def packed(self) -> npt.NDArray[np.float32]:
        """(F + 1,) float32, the bias last: the form in adapter files."""
        return np.append(self.weights, self.bias).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class RidgeFit:
    """An axis, and for each training row (N,) what the rows outside its group predict for it."""

    axis: Axis
    left_out: Floats
    error: float


def features(packed: PackedTokens) -> Floats:
    """(N, D + E) float64: mean of the image tokens, then the embedding."""
    blocks = [packed[start : start + ROWS_AT_ONCE] for start in range(0, len(packed), ROWS_AT_ONCE)]
    rows = [np.hstack([b.tokens().mean(axis=1, dtype=np.float64), b.embedding.astype(np.float64)]) for b in blocks]
    return np.concatenate(rows) if rows else np.zeros((0, packed.shape.width + packed.shape.embedding))


def fit_ridge(x: Floats, y: Floats, groups: Sequence[str] | None = None) -> RidgeFit:
    """Ridge of y (N,) on x (N, F), its strength chosen by the squared error on left-out groups."""
    centre, mean = x.mean(axis=0), float(y.mean())
    centred = x - centre
    system = _System.of(centred)
    scale = float((system.variance).sum()) / len(y) or 1.0
    folds = _folds(groups)
    tried = [(strength * scale, system.left_out(y - mean, strength * scale, folds)) for strength in STRENGTHS]
    errors = [float(np.square(residual).mean()) for _, residual in tried]
    best = int(np.argmin(errors))
    strength, residual = tried[best]
    weights = centred.T @ system.solve(y - mean, strength)
    return RidgeFit(Axis(weights, mean - float(centre @ weights)), y - residual, errors[best])


def spread(x: Floats) -> Floats:
    """(F,) standard deviations of features, held up from below."""
    deviation = x.std(axis=0)
    floor = SPREAD_FLOOR * np.sqrt(np.square(deviation).mean())
    result: Floats = np.sqrt(np.square(deviation) + floor**2 + 1e-24)
    return result


@dataclass(frozen=True, slots=True, eq=False)
class _System:
    """(K + s I)^-1 for the Gram matrix K of centred rows and every strength s, from one decomposition.

    K = basis diag(variance) basis'; directions outside the basis have variance 0.
    """

    basis: Floats
    variance: Floats

    @staticmethod
    def of(centred: Floats) -> _System:
        count, width = centred.shape
        if count <= width:
            variance, basis = np.linalg.eigh(centred @ centred.T)
            return _System(basis, variance.clip(0))
        variance, directions = np.linalg.eigh(centred.T @ centred)
        kept = variance > 1e-10 * max(float(variance.max()), 1e-300)
        variance = variance[kept]
        return _System(centred @ directions[:, kept] / np.sqrt(variance), variance)

    def solve(self, y: Floats, strength: float) -> Floats:
        """(K + s I)^-1 y."""
        gain = 1 / (self.variance + strength) - 1 / strength
        solved: Floats = self.basis @ (gain * (self.basis.T @ y)) + y / strength
        return solved

    def left_out(self, y: Floats, strength: float, folds: Sequence[npt.NDArray[np.intp]] | None) -> Floats:
        """(N,) residuals of rows under the fit, bias included, to all rows outside their fold."""
        gain = 1 / (self.variance + strength) - 1 / strength
        ones = self.solve(np.ones(len(y)), strength)
        total = float(ones.sum())
        dual = self.solve(y, strength)
        dual = dual - ones * (dual.sum() / total)
        if folds is None:
            diagonal = np.square(self.basis) @ gain + 1 / strength - np.square(ones) / total
            alone: Floats = dual / np.maximum(diagonal, 1e-300)
            return alone
        residual = np.empty(len(y))
        for rows in folds:
            mine = self.basis[rows]
            block = (mine * gain) @ mine.T + np.eye(len(rows)) / strength - np.outer(ones[rows], ones[rows]) / total
            residual[rows] = np.linalg.lstsq(block, dual[rows], rcond=None)[0]
        return residual


def _folds(groups: Sequence[str] | None) -> list[npt.NDArray[np.intp]] | None:
    """Rows by group; None where every row stands alone. An empty group is a row of its own."""
    if groups is None or not any(groups):
        return None
    rows: dict[str | int, list[int]] = {}
    for number, group in enumerate(groups):
        rows.setdefault(group or number, []).append(number)
    if len(rows) == 1:
        return None
    return [np.array(of_group) for of_group in rows.values()]


FEWEST_TO_FIT = 4
PENALTIES = (0.003, 0.03, 0.3)  # of the logistic axis, a row of standardised features at a time


def ridge_views(packed: PackedTokens, embedding: bool = True) -> tuple[Floats, ...]:
    """What plain ridge may look at, (N, F) each: mean token and embedding; where they are stored, moments of the whole.

    The view that predicts left-out rows best is the one that counts.
    """
    plain = features(packed)[:, : None if embedding else packed.shape.width]
    if not packed.moments:
        return (plain,)
    return plain, packed.moments_of_all().astype(np.float64)


def baseline(views: Sequence[Floats], task: TaskRows, measured: Rows, train: Rows) -> Floats:
    """What plain ridge predicts of a task's measured rows, from its train rows."""
    if isinstance(task, PairRows):
        return answer_predictions(views, task, measured, train)
    return ridge_predictions(views, task, measured, train)


def ridge_predictions(views: Sequence[Floats], rows: ValueRows, measured: Rows, train: Rows) -> Floats:
    """Ridge on the best of several views (images, F) for the measured rows, fitted on the train rows.

    Where there are too few of those, each measured row is predicted from the measured rows outside its group.
    """
    learnt = train if len(train) >= FEWEST_TO_FIT else measured
    groups = [rows.task.groups[n] for n in learnt]
    fits = [fit_ridge(x[rows.rows[learnt]], rows.values[learnt], groups) for x in views]
    best = min(range(len(views)), key=lambda n: fits[n].error)
    return fits[best].left_out if learnt is measured else fits[best].axis(views[best][rows.rows[measured]])


def answer_predictions(views: Sequence[Floats], rows: PairRows, measured: Rows, train: Rows) -> Floats:
    """The same for answers: by how much left stands above right, from a Bradley-Terry axis on the best view."""
    if len(train) >= FEWEST_TO_FIT:
        best = min((_fit_view(x, rows, train) for x in views), key=lambda fit: fit.error)
        return best(rows, measured)
    predicted = np.full(len(measured), np.nan)
    for learnt, told in answer_folds(rows, measured):
        best = min((_fit_view(x, rows, measured[learnt]) for x in views), key=lambda fit: fit.error)
        predicted[told] = best(rows, measured[told])
    return predicted


def answer_folds(rows: PairRows, used: Rows) -> list[tuple[Rows, Rows]]:
    """By fold the places, among the used answers, of those to learn from and of those that share no picture with them.

    Folds that tell nothing are left out.
    """
    folds = (fold for (fold,) in held_out([rows], [used], seed=0) if len(fold.told))
    place = np.argsort(used)
    return [
        (place[np.searchsorted(used, fold.learnt, sorter=place)], place[np.searchsorted(used, fold.told, sorter=place)])
        for fold in folds
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _AnswerFit:
    """A Bradley-Terry axis on a view (images, F), and its loss on left-out answers."""

    x: Floats
    weights: Floats
    error: float

    def __call__(self, rows: PairRows, measured: Rows) -> Floats:
        return (self.x[rows.left[measured]] - self.x[rows.right[measured]]) @ self.weights


def _fit_view(x: Floats, rows: PairRows, train: Rows) -> _AnswerFit:
    """Logistic regression of the answers on differences; ties count half each way."""
    scale = spread(x[np.union1d(rows.left[train], rows.right[train])]) * np.sqrt(x.shape[1])
    differences = (x[rows.left[train]] - x[rows.right[train]]) / scale
    fit = fit_logistic(differences, (rows.preferred[train] + 1) / 2, answer_folds(rows, train))
    return _AnswerFit(x, fit.weights / scale, fit.error)


@dataclass(frozen=True, slots=True, eq=False)
class LogisticFit:
    """Weights (F,) on differences, and for each row (N,) the logit that rows of other pictures give it, NaN if none do.

    `error` is the mean logistic loss of those.
    """

    weights: Floats
    left_out: Floats
    error: float


def fit_logistic(differences: Floats, wins: Floats, folds: Sequence[tuple[Rows, Rows]]) -> LogisticFit:
    """Logistic regression of wins (N,), from 0 to 1, on differences (N, F), its penalty chosen on left-out rows.

    It has no bias: turned around, a difference gives the other answer. `folds` as `answer_folds` gives them.
    """

    def left_out(penalty: float) -> Floats:
        logits = np.full(len(wins), np.nan)
        for learnt, told in folds:
            logits[told] = differences[told] @ _logistic(differences[learnt], wins[learnt], penalty)
        return logits

    def loss(logits: Floats) -> float:
        told = np.isfinite(logits)
        losses = np.logaddexp(0, logits[told]) - wins[told] * logits[told]
        return float(losses.mean()) if told.any() else math.log(2)

    tried = [(penalty, left_out(penalty)) for penalty in PENALTIES]
    penalty, logits = min(tried, key=lambda each: loss(each[1]))
    return LogisticFit(_logistic(differences, wins, penalty), logits, loss(logits))


def _logistic(differences: Floats, wins: Floats, penalty: float) -> Floats:
    def loss(weights: Floats) -> tuple[float, Floats]:
        logits = differences @ weights
        value = (np.logaddexp(0, logits) - wins * logits).mean() + penalty / 2 * weights @ weights
        return float(value), differences.T @ (expit(logits) - wins) / len(wins) + penalty * weights

    found: Floats = minimize(loss, np.zeros(differences.shape[1]), jac=True, method="L-BFGS-B").x
    return found
