"""The frozen form in which labels walk on, whatever file they came from."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

SPLITS = ("train", "val", "test")
FEWEST_ROWS = 8  # labelled rows of one query, below which nothing can be trained
MOST_CLASSES = 10
SKIP_BAD = "Correct them, or use {skip_bad} to leave these rows out."  # a remedy


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one line of a labels file; line 0 is the file itself."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}" if self.line else self.reason


@dataclass(frozen=True, slots=True, eq=False)
class ValueTask:
    """One query and its N labelled pictures.

    `phrasings` say the same in other words, the first one names the query. `values` (N,) are in the user's
    unit; `splits` and `groups` hold N texts, empty where the file says nothing.
    """

    phrasings: tuple[str, ...]
    images: tuple[str, ...]
    values: npt.NDArray[np.float64]
    splits: tuple[str, ...]
    groups: tuple[str, ...]

    @property
    def query(self) -> str:
        """What the query is called: its first phrasing."""
        return self.phrasings[0]

    def __len__(self) -> int:
        return len(self.images)

    def shown_by(self, known: Container[str]) -> list[bool]:
        """Of each row, whether its picture is known."""
        return [image in known for image in self.images]

    def select(self, kept: Sequence[bool]) -> ValueTask:
        """The rows to keep."""
        values, splits, groups = self.values[np.array(kept, bool)], _kept(self.splits, kept), _kept(self.groups, kept)
        return ValueTask(self.phrasings, _kept(self.images, kept), values, splits, groups)

    @property
    def are_classes(self) -> bool:
        """Whether the values are a few whole numbers, several pictures each: ordered classes."""
        levels = np.unique(self.values)
        return bool(len(levels) <= min(MOST_CLASSES, len(self) / 2) and np.array_equal(levels, np.rint(levels)))


@dataclass(frozen=True, slots=True, eq=False)
class PairTask:
    """One query and N answers to "which is more?".

    `preferred` (N,) is 1 where the left picture was said to be more, -1 where the right one, 0 for a tie.
    """

    phrasings: tuple[str, ...]
    left: tuple[str, ...]
    right: tuple[str, ...]
    preferred: npt.NDArray[np.float64]
    splits: tuple[str, ...]
    groups: tuple[str, ...]

    @property
    def query(self) -> str:
        """What the query is called: its first phrasing."""
        return self.phrasings[0]

    def __len__(self) -> int:
        return len(self.left)

    def shown_by(self, known: Container[str]) -> list[bool]:
        """Of each answer, whether both pictures are known."""
        return [left in known and right in known for left, right in zip(self.left, self.right, strict=True)]

    def select(self, kept: Sequence[bool]) -> PairTask:
        """The answers to keep."""
        left, right, splits, groups = (
            _kept(column, kept) for column in (self.left, self.right, self.splits, self.groups)
        )
        return PairTask(self.phrasings, left, right, self.preferred[np.array(kept, bool)], splits, groups)


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Everything a labels file says; `left_out` names what was passed by, `notes` are lines for the user."""

    source: str
    values: tuple[ValueTask, ...] = ()
    pairs: tuple[PairTask, ...] = ()
    left_out: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def tasks(self) -> tuple[ValueTask | PairTask, ...]:
        """All queries, those with values first."""
        return self.values + self.pairs

    def with_tasks(self, tasks: Sequence[ValueTask | PairTask]) -> Labels:
        """The same labels with other queries."""
        values = tuple(task for task in tasks if isinstance(task, ValueTask))
        return replace(self, values=values, pairs=tuple(task for task in tasks if isinstance(task, PairTask)))

    def images(self) -> tuple[str, ...]:
        """Every picture that is named, once, in order of its first mention."""
        named: dict[str, None] = {}
        for task in self.values:
            named.update(dict.fromkeys(task.images))
        for pair_task in self.pairs:
            named.update(dict.fromkeys(pair_task.left))
            named.update(dict.fromkeys(pair_task.right))
        return tuple(named)


def _kept(column: Sequence[str], kept: Sequence[bool]) -> tuple[str, ...]:
    return tuple(cell for cell, keep in zip(column, kept, strict=True) if keep)
