"""The ridge axis inside an adapter file: several ridges averaged by how well they predict left-out rows.

One ridge on mean tokens and embedding has to guess how far to trust each of them, and whether the sentence
itself already points the right way. Several guesses, averaged, beat plain ridge on few rows, and their average
is still one linear axis; `benchmarks/small_data.py` measures by how much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imgrank.learning.baselines import fit_answers
from imgrank.learning.dataset import PairRows, Rows, TaskRows
from imgrank.learning.ridge import Axis, fit_ridge

Floats = npt.NDArray[np.float64]
HINTS = (0.0, 0.3, 1.0)  # how loudly the sentence speaks, beside features of a spread of 1 in all
HINTED_ROWS = 600  # more rows than that hardly need a hint, and each fit costs seconds


def fit_axis(x: Floats, width: int, task: TaskRows, train: Rows) -> Axis:
    """The axis of a task on features x (images, width + E), learnt from its train rows, in the user's unit."""
    if isinstance(task, PairRows):
        return fit_answers(x, task, train)
    groups = [task.task.groups[n] for n in train]
    sentence: Floats = np.stack([text.embedding for text in task.texts]).astype(np.float64).mean(axis=0)
    return averaged_ridge(x[task.rows[train]], width, task.values[train], groups, sentence)


def averaged_ridge(x: Floats, width: int, y: Floats, groups: Sequence[str], sentence: Floats | None = None) -> Axis:
    """The mean of ridges of y (N,) on x (N, width + E), weighted by their errors on left-out groups.

    `sentence` (E,) is what the query's words say of embeddings: a hint that few rows are glad of.
    """
    hinted = sentence is not None and x.shape[1] == width + len(sentence) and len(y) <= HINTED_ROWS
    views = [
        _View(scale, _hint(x, width, sentence, strength))
        for scale in _scales(x, width)
        for strength in (HINTS if hinted else (0.0,))
        if scale.any()
    ]
    fits = [fit_ridge(view.of(x), y, groups) for view in views]
    errors = np.array([fit.error for fit in fits])
    # A relative difference of errors says the more, the more rows it was measured on.
    weights = np.exp(-(errors / max(errors.min(), 1e-300) - 1) * np.sqrt(len(y)))
    weights /= weights.sum()
    whole = [view.back(fit.axis.weights) for view, fit in zip(views, fits, strict=True)]
    bias = float(np.average([fit.axis.bias for fit in fits], weights=weights))
    return Axis(np.average(whole, axis=0, weights=weights), bias)


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """A linear map of features: each of them scaled by `scale` (F,), and a `hint` (F,) as a column of its own."""

    scale: Floats
    hint: Floats | None

    def of(self, x: Floats) -> Floats:
        """(N, used) of features (N, F), and one more with a hint."""
        used = np.flatnonzero(self.scale)
        scaled: Floats = x[:, used] * self.scale[used]
        return scaled if self.hint is None else np.column_stack([scaled, x @ self.hint])

    def back(self, weights: Floats) -> Floats:
        """(F,) weights on features that do what weights on the view do."""
        used = np.flatnonzero(self.scale)
        whole: Floats = np.zeros(len(self.scale)) if self.hint is None else self.hint * weights[-1]
        whole[used] += weights[: len(used)] * self.scale[used]
        return whole


def _hint(x: Floats, width: int, sentence: Floats | None, strength: float) -> Floats | None:
    """(F,) weights of embeddings along a sentence, by which pictures differ as much as `strength`."""
    if sentence is None or not strength:
        return None
    along = np.concatenate([np.zeros(width), sentence])
    result: Floats = along * (strength / max(float((x @ along).std()), 1e-9))
    return result


def _scales(x: Floats, width: int) -> list[Floats]:
    """(F,) factors: tokens alone, embedding alone, or both alike."""
    both = np.concatenate([_block_scale(x[:, :width]), _block_scale(x[:, width:])])
    is_token = np.arange(len(both)) < width
    return [np.where(is_token, both, 0.0), np.where(is_token, 0.0, both), both]


def _block_scale(block: Floats) -> Floats:
    """Factors after which a block's rows have a spread of 1 in all, however wide it is."""
    total = np.sqrt(np.square(block - block.mean(axis=0)).sum(axis=1).mean()) if block.shape[1] else 0.0
    return np.full(block.shape[1], 1 / total if total else 1.0)
