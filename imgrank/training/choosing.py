"""Which mix of adapter and ridge axis answers a query: measured on rows that neither has seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imgrank.evaluation.dataset import PairRows, Rows, TaskRows
from imgrank.training.loop import Fit, figure

Floats = npt.NDArray[np.float64]
MIXES = (0.5, 0.4, 0.6, 0.25, 0.75, 1.0, 0.0)  # the first of equals is taken
PAYS_FROM = 0.003  # a figure must be better by so much to leave the even mix


@dataclass(frozen=True, slots=True, eq=False)
class Unseen:
    """One query's rows (indices of its task), and what adapter and axis say of them without having seen them."""

    task: TaskRows
    rows: Rows
    adapter: Floats
    axis: Floats

    def mixed(self, mix: float) -> Floats:
        """`mix` parts adapter, the rest axis."""
        if isinstance(self.task, PairRows):  # answers have no unit: each counts by its own spread
            return mix * self.adapter / _size(self.adapter) + (1 - mix) * self.axis / _size(self.axis)
        return mix * self.adapter + (1 - mix) * self.axis

    def figure(self, mix: float) -> float:
        """How well the mix orders the rows."""
        return figure(self.task, self.rows, self.mixed(mix))


def best_mix(unseen: Unseen) -> float:
    """The mix that orders best; an even one unless another is clearly better."""
    best = MIXES[0]
    for mix in MIXES[1:]:
        if unseen.figure(mix) > unseen.figure(best) + PAYS_FROM:
            best = mix
    return best


def best_common_epoch(fits: Sequence[Fit]) -> int:
    """The epoch, from 1, at which fits on different folds do best on average, smoothed over its neighbours."""
    shortest = min(len(fit.epochs) for fit in fits)
    curve = np.mean([[epoch.figure for epoch in fit.epochs[:shortest]] for fit in fits], axis=0)
    padded = np.pad(curve, 1, mode="edge")
    return int(np.argmax(padded[:-2] + padded[1:-1] + padded[2:])) + 1


def _size(values: Floats) -> float:
    return float(np.sqrt(np.square(values).mean())) or 1.0
