"""One query's rows as learning sees them: values of pictures, or answers between two. They differ here alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from imgrank.arrays import Floats
from imgrank.labels import PairTask, ValueTask
from imgrank.learning.metrics import (
    Difference,
    Resamples,
    ScorerMetrics,
    answer_difference,
    answer_metrics,
    answers_right,
    srcc,
    srcc_difference,
    value_metrics,
)
from imgrank.tokens import TextTokens

Rows = npt.NDArray[np.intp]


class Task(Protocol):
    """What training and evaluation ask of a query's N rows, whichever they are. `rows` choose among the N."""

    @property
    def has_unit(self) -> bool:
        """Whether predictions have a unit, a mean and a scale; of answers only the sign means something."""
        ...

    @property
    def true(self) -> Floats:
        """(N,) what people said: the value, or 1 where left was preferred, -1 right, 0 neither."""
        ...

    def pictures(self, rows: Rows) -> Rows:
        """The pictures of the dataset that rows are about, one or two a row."""
        ...

    def shows(self, rows: Rows, pictures: Rows) -> npt.NDArray[np.bool_]:
        """(N,) which rows are about any of these pictures."""
        ...

    def ends(self, row: int) -> tuple[str, str]:
        """What must not be learnt from where a row is told: its group, or else its pictures; one twice if it is one."""
        ...

    def predict(self, score: Callable[[Rows], Floats], rows: Rows) -> Floats:
        """Predictions of rows from scores of pictures; for answers, by how much left stands above right."""
        ...

    def standard(self, rows: Rows) -> tuple[float, float]:
        """Mean and deviation that standardise what these rows say."""
        ...

    def order_metric(self, rows: Rows, predicted: Floats) -> float:
        """How well predictions order rows, from -1 to 1; 0 where it cannot be said."""
        ...

    def metrics(self, rows: Rows, predicted: Floats, resamples: Resamples, *, in_unit: bool = True) -> ScorerMetrics:
        """All metrics of predictions, with intervals."""
        ...

    def gain(self, rows: Rows, one: Floats, other: Floats, resamples: Resamples) -> Difference:
        """By how much `one` predicts better than `other`: in SRCC, or for answers in pair accuracy."""
        ...

    def resamples(self, rows: Rows) -> Resamples:
        """Resamples of rows by what errs together: groups where rows have them, else pictures."""
        ...

    def columns(self) -> tuple[npt.NDArray[np.generic], ...]:
        """Everything in numbers, for a name that no other rows have."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ValueRows(Task):
    """A query with values: `rows` (N,) says which picture of the dataset each of its N values belongs to."""

    task: ValueTask
    rows: Rows
    texts: tuple[TextTokens, ...]

    @property
    def query(self) -> str:
        return self.task.query

    @property
    def values(self) -> Floats:
        return self.task.values

    @property
    def true(self) -> Floats:
        return self.task.values

    @property
    def has_unit(self) -> bool:
        return True

    def __len__(self) -> int:
        return len(self.rows)

    def together(self) -> list[str]:
        """(N,) what must stay together in one split: the group, or else the picture."""
        return [group or image for group, image in zip(self.task.groups, self.task.images, strict=True)]

    def in_split(self, *names: str) -> Rows:
        """Which of the N rows stand in one of these splits."""
        return _in_split(self.task.splits, names)

    def with_splits(self, splits: Sequence[str]) -> ValueRows:
        """The same rows with one split each."""
        return replace(self, task=replace(self.task, splits=tuple(splits)))

    def pictures(self, rows: Rows) -> Rows:
        return self.rows[rows]

    def shows(self, rows: Rows, pictures: Rows) -> npt.NDArray[np.bool_]:
        return np.isin(self.rows[rows], pictures)

    def ends(self, row: int) -> tuple[str, str]:
        key = self.task.groups[row] or self.task.images[row]
        return key, key

    def predict(self, score: Callable[[Rows], Floats], rows: Rows) -> Floats:
        return score(self.rows[rows])

    def standard(self, rows: Rows) -> tuple[float, float]:
        values = self.values[rows]
        return float(values.mean()), float(values.std()) or 1.0

    def order_metric(self, rows: Rows, predicted: Floats) -> float:
        value = srcc(predicted, self.values[rows])
        return value if math.isfinite(value) else 0.0

    def metrics(self, rows: Rows, predicted: Floats, resamples: Resamples, *, in_unit: bool = True) -> ScorerMetrics:
        classes = self.task.are_classes
        return value_metrics(predicted, self.values[rows], resamples, in_unit=in_unit, classes=classes)

    def gain(self, rows: Rows, one: Floats, other: Floats, resamples: Resamples) -> Difference:
        return srcc_difference(one, other, self.values[rows], resamples)

    def resamples(self, rows: Rows) -> Resamples:
        together = self.together()
        return Resamples.draw(len(rows), groups=[together[n] for n in rows])

    def columns(self) -> tuple[npt.NDArray[np.generic], ...]:
        return self.rows, self.values


@dataclass(frozen=True, slots=True, eq=False)
class PairRows(Task):
    """A query with answers: `left` and `right` (N,) say between which pictures of the dataset each answer chose."""

    task: PairTask
    left: Rows
    right: Rows
    texts: tuple[TextTokens, ...]

    @property
    def query(self) -> str:
        return self.task.query

    @property
    def preferred(self) -> Floats:
        return self.task.preferred

    @property
    def true(self) -> Floats:
        return self.task.preferred

    @property
    def has_unit(self) -> bool:
        return False

    def __len__(self) -> int:
        return len(self.left)

    def together(self) -> list[str]:
        """(N,) what must stay together in one split: the group, or else the two pictures whatever their sides."""
        pairs = zip(self.task.groups, self.task.left, self.task.right, strict=True)
        return [group or "\0".join(sorted((left, right))) for group, left, right in pairs]

    def in_split(self, *names: str) -> Rows:
        """Which of the N answers stand in one of these splits."""
        return _in_split(self.task.splits, names)

    def with_splits(self, splits: Sequence[str]) -> PairRows:
        """The same answers with one split each."""
        return replace(self, task=replace(self.task, splits=tuple(splits)))

    def pictures(self, rows: Rows) -> Rows:
        return np.concatenate([self.left[rows], self.right[rows]])

    def shows(self, rows: Rows, pictures: Rows) -> npt.NDArray[np.bool_]:
        return np.isin(self.left[rows], pictures) | np.isin(self.right[rows], pictures)

    def ends(self, row: int) -> tuple[str, str]:
        group = self.task.groups[row]
        return (group, group) if group else (self.task.left[row], self.task.right[row])

    def predict(self, score: Callable[[Rows], Floats], rows: Rows) -> Floats:
        return score(self.left[rows]) - score(self.right[rows])

    def standard(self, rows: Rows) -> tuple[float, float]:
        return 0.0, 1.0

    def order_metric(self, rows: Rows, predicted: Floats) -> float:
        right = answers_right(predicted, self.preferred[rows])
        return 2 * float(np.nanmean(right)) - 1 if np.isfinite(right).any() else 0.0

    def metrics(self, rows: Rows, predicted: Floats, resamples: Resamples, *, in_unit: bool = True) -> ScorerMetrics:
        return answer_metrics(predicted, self.preferred[rows], resamples)

    def gain(self, rows: Rows, one: Floats, other: Floats, resamples: Resamples) -> Difference:
        return answer_difference(one, other, self.preferred[rows], resamples)

    def resamples(self, rows: Rows) -> Resamples:
        if all(self.task.groups[n] for n in rows):
            return Resamples.draw(len(rows), groups=[self.task.groups[n] for n in rows])
        return Resamples.draw_pictures([self.task.left[n] for n in rows], [self.task.right[n] for n in rows])

    def columns(self) -> tuple[npt.NDArray[np.generic], ...]:
        return self.left, self.right, self.preferred


TaskRows = ValueRows | PairRows


def _in_split(splits: Sequence[str], names: Sequence[str]) -> Rows:
    return np.array([n for n, split in enumerate(splits) if split in names], np.intp)
