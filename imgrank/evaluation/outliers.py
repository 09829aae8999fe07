"""Values that cannot belong to the others, such as 1e6 among 1 to 30: told, and held at the furthest that can."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from imgrank.arrays import Floats
from imgrank.learning.dataset import Dataset
from imgrank.learning.task import Rows, TaskRows, ValueRows
from imgrank.paths import printable

FAR = 50.0  # spreads from the median; prices, which spread most of what people label, stay within twenty
MOST_SHARE = 0.05  # more of them than that are no slips, but how this quantity is spread
MOST_NAMED = 5


@dataclass(frozen=True, slots=True, eq=False)
class Tamed:
    """A dataset whose outliers count as the furthest value that is none, and a line for the user about each."""

    dataset: Dataset
    notes: tuple[str, ...]


def tamed(dataset: Dataset) -> Tamed:
    """Hold outliers of train and val at the furthest other value; one would set the scale for all others."""
    tasks: list[TaskRows] = []
    notes: list[str] = []
    for rows in dataset.tasks:
        far = _outlying(rows) if isinstance(rows, ValueRows) else np.zeros(0, np.intp)  # answers have none
        if isinstance(rows, ValueRows) and len(far):
            notes += _told(rows, far, dataset.labels.source)
            tasks.append(_held(rows, far))
        else:
            tasks.append(rows)
    return Tamed(replace(dataset, tasks=tuple(tasks)), tuple(notes))


def outliers(values: Floats) -> npt.NDArray[np.bool_]:
    """(N,) which values (N,) stand further from the median than any quantity spreads."""
    nothing = np.zeros(len(values), bool)
    if len(values) < 4:
        return nothing
    spread = float(np.subtract(*np.quantile(values, [0.75, 0.25])) or np.subtract(*np.quantile(values, [0.95, 0.05])))
    far = np.abs(values - np.median(values)) > FAR * spread / 1.35
    return far if spread > 0 and far.mean() <= MOST_SHARE else nothing


def _outlying(rows: ValueRows) -> Rows:
    """The rows of train and val whose values are outliers."""
    used = rows.in_split("train", "val")
    return used[outliers(rows.values[used])]


def _held(rows: ValueRows, far: Rows) -> ValueRows:
    low, high = _others(rows, far)
    values = rows.values.copy()
    values[far] = values[far].clip(low, high)
    return replace(rows, task=replace(rows.task, values=values))


def _told(rows: ValueRows, far: Rows, source: str) -> list[str]:
    low, high = _others(rows, far)
    named = [
        f'{printable(os.path.basename(source))}: "{printable(rows.query)}" of {printable(rows.task.images[n])} is '
        f"{rows.values[n]:g}, and all others are from {low:g} to {high:g}; it counts as "
        f"{high if rows.values[n] > high else low:g}. Correct that row if it is a mistake"
        for n in far[:MOST_NAMED]
    ]
    more = len(far) - len(named)
    return [*named, f"{more} more values stand as far off"] if more else named


def _others(rows: ValueRows, far: Rows) -> tuple[float, float]:
    used = np.setdiff1d(rows.in_split("train", "val"), far)
    return float(rows.values[used].min()), float(rows.values[used].max())
