"""What stands beside an adapter: ridge on frozen tokens, and the sentence alone. Each predicts in the user's unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from imgrank.learning.dataset import PairRows, Rows, ValueRows
from imgrank.learning.ridge import Axis, fit_ridge, spread
from imgrank.learning.splits import FOLDS, deal

Floats = npt.NDArray[np.float64]
FEWEST_TO_FIT = 4
PENALTIES = (0.003, 0.03, 0.3)  # of the logistic axis, a row of standardised features at a time


def ridge_predictions(x: Floats, rows: ValueRows, measured: Rows, train: Rows) -> Floats:
    """Ridge on features x (images, F) for the measured rows, fitted on the train rows.

    Where there are too few of those, each measured row is predicted from the measured rows outside its group.
    """
    if len(train) >= FEWEST_TO_FIT:
        return fit_ridge(x[rows.rows[train]], rows.values[train], _pick(rows, train)).axis(x[rows.rows[measured]])
    return fit_ridge(x[rows.rows[measured]], rows.values[measured], _pick(rows, measured)).left_out


def answer_predictions(x: Floats, rows: PairRows, measured: Rows, train: Rows) -> Floats:
    """The same for answers: by how much left stands above right, from a Bradley-Terry axis on features."""
    if len(train) >= FEWEST_TO_FIT:
        axis = fit_answers(x, rows, train)
        return axis(x[rows.left[measured]]) - axis(x[rows.right[measured]])
    (part,) = deal([rows], [measured], FOLDS, seed=0)
    predicted = np.zeros(len(measured))
    for fold in set(part.tolist()):
        out = measured[part == fold]
        axis = fit_answers(x, rows, measured[part != fold])
        predicted[part == fold] = axis(x[rows.left[out]]) - axis(x[rows.right[out]])
    return predicted


@dataclass(frozen=True, slots=True, eq=False)
class LogisticFit:
    """Weights (F,) on differences, and for each row (N,) the logit that rows outside its fold give it.

    `error` is the mean logistic loss of those.
    """

    weights: Floats
    left_out: Floats
    error: float


def fit_answers(x: Floats, rows: PairRows, train: Rows) -> Axis:
    """Bradley-Terry on features: logistic regression of the answers on differences; ties count half each way.

    How strongly to regularise is chosen by the likelihood of left-out fifths.
    """
    scale = spread(x[np.union1d(rows.left[train], rows.right[train])]) * np.sqrt(x.shape[1])
    (folds,) = deal([rows], [train], FOLDS, seed=0)
    fit = fit_logistic((x[rows.left[train]] - x[rows.right[train]]) / scale, (rows.preferred[train] + 1) / 2, folds)
    weights = fit.weights / scale
    return Axis(weights, -float(x.mean(axis=0) @ weights))


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


def _pick(rows: ValueRows, chosen: Rows) -> Sequence[str]:
    return [rows.task.groups[n] for n in chosen]
