"""How much of an answer is the network's, beside the closed form: measured on rows that neither has seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imgrank.arrays import Floats
from imgrank.learning.task import Rows, TaskRows
from imgrank.training.loop import Fit

BLEND_WEIGHTS = (0.0, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 1.0)
CAUTION = 0.3  # of a figure, a whole adapter against none, at one row: the axis is the safer guess on few rows
ROWS_FOR_HALF = 300  # rows at which cross-validated adapters may have half a say


@dataclass(frozen=True, slots=True, eq=False)
class Unseen:
    """One query's rows (indices of its task), and what network and closed form say of them without having seen them.

    `network` is None where none was trained.
    """

    task: TaskRows
    rows: Rows
    network: Floats | None
    closed: Floats

    def blended(self, blend_weight: float) -> Floats:
        """`blend_weight` parts network, the rest closed form."""
        if self.network is None or not blend_weight:
            return self.closed
        if not self.task.has_unit:  # answers have no unit: each counts by its own spread
            return blend_weight * self.network / size(self.network) + (1 - blend_weight) * self.closed / size(
                self.closed
            )
        return blend_weight * self.network + (1 - blend_weight) * self.closed

    def metric(self, blend_weight: float) -> float:
        """How well the mix orders the rows."""
        return self.task.order_metric(self.rows, self.blended(blend_weight))


def best_blend_weight(unseen: Unseen, most: float = 1.0) -> float:
    """The mix, up to `most`, that orders best; with few rows the network must be clearly better to be heard."""
    if unseen.network is None:
        return 0.0
    caution = CAUTION / np.sqrt(max(1, len(unseen.rows)))
    return max(
        (blend_weight for blend_weight in BLEND_WEIGHTS if blend_weight <= most),
        key=lambda blend_weight: unseen.metric(blend_weight) - caution * blend_weight,
    )


def network_adds(unseen: Unseen, blend_weight: float) -> bool:
    """Whether the mix is really better than the closed form alone, as far as these rows can tell.

    The mix was chosen on the same rows, which flatters it: the whole interval has to lie above nothing.
    """
    if not blend_weight:
        return False
    resamples, one, other = unseen.task.resamples(unseen.rows), unseen.blended(blend_weight), unseen.closed
    return unseen.task.gain(unseen.rows, one, other, resamples).ci.low > 0


def most_by_folds(rows: int) -> float:
    """The adapter's largest part where folds decide: a choice among mixes overstates it on few rows."""
    return rows / (rows + ROWS_FOR_HALF)


def best_common_epoch(fits: Sequence[Fit]) -> int:
    """The epoch, from 1, at which fits on different folds do best on average, smoothed over its neighbours."""
    shortest = min(len(fit.epochs) for fit in fits)
    curve = np.mean([[epoch.metric for epoch in fit.epochs[:shortest]] for fit in fits], axis=0)
    padded = np.pad(curve, 1, mode="edge")
    return int(np.argmax(padded[:-2] + padded[1:-1] + padded[2:])) + 1


def size(values: Floats) -> float:
    """The root mean square of values (N,), or 1 where all are 0, or none is."""
    return float(np.sqrt(np.square(values).mean())) or 1.0 if len(values) else 1.0
