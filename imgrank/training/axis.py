"""The ridge axis inside an adapter file: several ridges averaged by how well they predict left-out rows.

One ridge on mean tokens and embedding has to guess how much a feature's own spread should count, and how far
to trust the tokens or the embedding. Six guesses, averaged, beat the best single one on few rows, and their
average is still one linear axis.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from imgrank.evaluation.baselines import fit_answers
from imgrank.evaluation.dataset import PairRows, Rows, TaskRows
from imgrank.evaluation.ridge import Axis, RidgeFit, fit_ridge, spread

Floats = npt.NDArray[np.float64]


def fit_axis(x: Floats, width: int, task: TaskRows, train: Rows) -> Axis:
    """The axis of a task on features x (images, width + E), learnt from its train rows, in the user's unit."""
    if isinstance(task, PairRows):
        return fit_answers(x, task, train)
    groups = [task.task.groups[n] for n in train]
    return averaged_ridge(x[task.rows[train]], width, task.values[train], groups)


def averaged_ridge(x: Floats, width: int, y: Floats, groups: Sequence[str]) -> Axis:
    """The mean of six ridges of y (N,) on x (N, width + E), weighted by their errors on left-out groups."""
    fits = [_scaled_fit(x, scale, y, groups) for scale in _scales(x, width) if scale.any()]
    errors = np.array([fit.error for fit in fits])
    # A relative difference of errors says the more, the more rows it was measured on.
    weights = np.exp(-(errors / max(errors.min(), 1e-300) - 1) * np.sqrt(len(y)))
    weights /= weights.sum()
    return Axis(
        np.average([fit.axis.weights for fit in fits], axis=0, weights=weights),
        float(np.average([fit.axis.bias for fit in fits], weights=weights)),
    )


def _scales(x: Floats, width: int) -> list[Floats]:
    """(F,) factors: tokens, embedding, or both; features as they are, or each by its own spread."""
    scales = []
    for by_feature in (False, True):
        both = np.concatenate([_block_scale(x[:, :width], by_feature), _block_scale(x[:, width:], by_feature)])
        is_token = np.arange(len(both)) < width
        scales += [np.where(is_token, both, 0.0), np.where(is_token, 0.0, both), both]
    return scales


def _block_scale(block: Floats, by_feature: bool) -> Floats:
    """Factors after which a block's rows have a spread of 1 in all, however wide it is."""
    if not block.shape[1]:
        return np.ones(0)
    own = 1 / spread(block) if by_feature else np.ones(block.shape[1])
    total = np.sqrt(np.square((block - block.mean(axis=0)) * own).sum(axis=1).mean())
    return own / total if total else own


def _scaled_fit(x: Floats, scale: Floats, y: Floats, groups: Sequence[str]) -> RidgeFit:
    used = np.flatnonzero(scale)
    fit = fit_ridge(x[:, used] * scale[used], y, groups)
    weights = np.zeros(x.shape[1])
    weights[used] = fit.axis.weights * scale[used]
    return RidgeFit(Axis(weights, fit.axis.bias), fit.left_out, fit.error)
