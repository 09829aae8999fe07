"""Ridge regression on what a picture's tokens say without any adapter: the baseline to beat, in closed form.

Features of a picture: the mean of its image tokens (D), then its embedding (E). How strongly to regularise is
chosen by the error on left-out rows, which ridge gives without fitting again; rows of one group are left out
together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imgrank.arrays import Floats
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
