"""What was asked, and what was answered: the records that walk through this room."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from imgrank.arrays import Flags, Floats
from imgrank.records import Asked, ScorerName
from imgrank.tokens import TextTokens

if TYPE_CHECKING:
    from imgrank.adapter.pairs import Summary

NEAREST_KEPT = 5
_MILLIONTHS = 1_000_000

Encode = Callable[[str], TextTokens]


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What was asked: a sentence, the other end of its axis if named, or the embedding of a picture to be like."""

    sentence: str
    opposite: str | None = None
    like: npt.NDArray[np.float16] | None = None
    refine: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """What pictures say about whether the sentence is shown among them at all.

    `count` pictures, `lacking` of them without the subject; the greatest likenesses to it are `nearest`, greatest
    first; `total` and `squares` are of all likenesses in millionths, whole numbers, so that parts add up to the same
    in any order.
    """

    count: int = 0
    lacking: int = 0
    nearest: tuple[float, ...] = ()
    total: int = 0
    squares: int = 0

    @staticmethod
    def of(likeness: Floats, relevant: Flags) -> Evidence:
        """Of N pictures: likeness (N,) to the subject, and whether each shows it (N,)."""
        whole = np.rint(likeness * _MILLIONTHS).astype(np.int64)
        return Evidence(
            count=len(likeness),
            lacking=int((~relevant).sum()),
            nearest=tuple(heapq.nlargest(NEAREST_KEPT, (whole / _MILLIONTHS).tolist())),
            total=int(whole.sum()),
            squares=int(np.square(whole).sum()),
        )

    def __add__(self, other: Evidence) -> Evidence:
        return Evidence(
            self.count + other.count,
            self.lacking + other.lacking,
            tuple(heapq.nlargest(NEAREST_KEPT, self.nearest + other.nearest)),
            self.total + other.total,
            self.squares + other.squares,
        )

    @property
    def mean(self) -> float:
        """The mean likeness."""
        return self.total / self.count / _MILLIONTHS if self.count else 0.0

    @property
    def spread(self) -> float:
        """The standard deviation of likenesses."""
        if not self.count:
            return 0.0
        variance = (self.squares * self.count - self.total**2) / self.count**2
        return float(max(variance, 0) ** 0.5 / _MILLIONTHS)


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Some pictures' part of an answer: scores (N,), relevant (N,), and what they say of the whole.

    `summary` is what the pair head needs of them, where a trained adapter is asked to refine.
    """

    scores: Floats
    relevant: Flags
    evidence: Evidence
    summary: Summary | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """All of an answer but the scores."""

    scorer: ScorerName
    adapter: str | None
    unit: str | None
    confident: bool
    confidence: float
    asked: Asked
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """scores (N,), higher is more; relevant (N,), False where a picture lacks what the sentence is about."""

    scores: Floats
    relevant: Flags
    verdict: Verdict
