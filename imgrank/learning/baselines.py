"""What stands beside an adapter: ridge on frozen tokens, and the sentence alone. Each predicts in the user's unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from imgrank.arrays import Floats
from imgrank.learning.dataset import FOLDS, deal
from imgrank.learning.ridge import features, fit_ridge, spread
from imgrank.learning.task import PairRows, Rows, TaskRows, ValueRows
from imgrank.tokens import PackedTokens

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
    (part,) = deal([rows], [measured], FOLDS, seed=0)
    predicted = np.zeros(len(measured))
    for fold in set(part.tolist()):
        best = min((_fit_view(x, rows, measured[part != fold]) for x in views), key=lambda fit: fit.error)
        predicted[part == fold] = best(rows, measured[part == fold])
    return predicted


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
    (folds,) = deal([rows], [train], FOLDS, seed=0)
    fit = fit_logistic((x[rows.left[train]] - x[rows.right[train]]) / scale, (rows.preferred[train] + 1) / 2, folds)
    return _AnswerFit(x, fit.weights / scale, fit.error)


@dataclass(frozen=True, slots=True, eq=False)
class LogisticFit:
    """Weights (F,) on differences, and for each row (N,) the logit that rows outside its fold give it.

    `error` is the mean logistic loss of those.
    """

    weights: Floats
    left_out: Floats
    error: float


def fit_logistic(differences: Floats, wins: Floats, folds: npt.NDArray[np.intp]) -> LogisticFit:
    """Logistic regression of wins (N,), from 0 to 1, on differences (N, F), its penalty chosen on left-out folds (N,).

    It has no bias: turned around, a difference gives the other answer.
    """

    def left_out(penalty: float) -> Floats:
        logits = np.zeros(len(wins))
        for fold in set(folds.tolist()):
            kept = folds != fold
            logits[~kept] = differences[~kept] @ _logistic(differences[kept], wins[kept], penalty)
        return logits

    def loss(logits: Floats) -> float:
        return float((np.logaddexp(0, logits) - wins * logits).mean())

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
