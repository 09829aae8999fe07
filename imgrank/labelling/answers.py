"""Answers to "which is more?", as arrays over the places of N pictures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imgrank.arrays import Floats

Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two places: the picture shown left and the one shown right."""

    left: int
    right: int

    @property
    def key(self) -> tuple[int, int]:
        """The same for both ways of showing the two."""
        return (min(self.left, self.right), max(self.left, self.right))


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """M answers in the order they were given: `preferred` (M,) is 1 where left was more, -1 right, 0 a tie."""

    left: Places
    right: Places
    preferred: Floats

    @staticmethod
    def of(answers: Iterable[tuple[int, int, float]]) -> Answers:
        """From (left, right, preferred) triples."""
        rows = list(answers)
        left, right, preferred = zip(*rows, strict=True) if rows else ((), (), ())
        return Answers(np.array(left, np.intp), np.array(right, np.intp), np.array(preferred, np.float64))

    def with_one(self, pair: Pair, preferred: float) -> Answers:
        """These and one more."""
        left, right = np.append(self.left, pair.left), np.append(self.right, pair.right)
        return Answers(left.astype(np.intp), right.astype(np.intp), np.append(self.preferred, preferred))

    def __len__(self) -> int:
        return len(self.left)

    @property
    def key(self) -> bytes:
        """The same for the same answers, and for no others."""
        return b"".join(column.tobytes() for column in (self.left, self.right, self.preferred))

    def first(self, count: int) -> Answers:
        """The first `count` of them."""
        return Answers(self.left[:count], self.right[:count], self.preferred[:count])

    def pairs(self) -> list[Pair]:
        """What was shown each time."""
        return [Pair(int(left), int(right)) for left, right in zip(self.left, self.right, strict=True)]
