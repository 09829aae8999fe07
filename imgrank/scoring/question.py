"""What was asked, and what was answered: the records that walk through this room, and scores of terms that are kept."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from operator import add
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from imgrank.arrays import Flags, Floats
from imgrank.records import AnsweredTerm, Asked, Doubt, ScorerName
from imgrank.tokens import TextTokens

if TYPE_CHECKING:
    from imgrank.adapter.pairs import Summary

NEAREST_KEPT = 5
_MILLIONTHS = 1_000_000
_AT_ONCE = 1 << 16  # pictures whose squares are added at once
_HALF = 20  # bits of the lower part of a whole number

Encode = Callable[[str], TextTokens]
Nearest = tuple[float, ...]  # the greatest, greatest first; at most NEAREST_KEPT


@dataclass(frozen=True, slots=True, eq=False)
class NamedPictures:
    """Pictures that stand for what is asked: their `paths`, and the mean (E + D,) of how they look, the
    first E numbers of which are of embeddings."""

    paths: tuple[str, ...]
    appearance: Floats
    width: int

    @property
    def embedding(self) -> Floats:
        """(E,) the mean of their embeddings as unit vectors."""
        return self.appearance[: self.width]


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What was asked: a sentence, the other end of its axis if named, or pictures to be like.

    With `low`, pictures name a scale that runs from those to the ones of `like`. A mix has `parts`, and its `sentence`
    says in words what it is made of.
    """

    sentence: str
    opposite: str | None = None
    like: NamedPictures | None = None
    low: NamedPictures | None = None
    refine: bool = False
    parts: tuple[WeightedQuestion, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class WeightedQuestion:
    """One term of a mix."""

    question: Question
    weight: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What pictures say about whether the sentence is shown among them at all.

    `count` pictures, `lacking` of them without the subject, `amiss` of them known not to fit; the greatest
    likenesses to it are `nearest`, greatest first; `total` and `squares` are of all likenesses in millionths, whole
    numbers, so that parts add up to the same in any order. Of a mix, `terms` say it of each term. `unrelated` are
    the greatest likenesses to each of some sentences of other things, where a backbone's cosines are not known, and
    `ahead` the greatest leads over those of single pictures. `farthest` are the least likenesses, least first.
    """

    count: int = 0
    lacking: int = 0
    nearest: Nearest = ()
    total: int = 0
    squares: int = 0
    terms: tuple[TermEvidence, ...] = ()
    unrelated: tuple[Nearest, ...] = ()
    farthest: Nearest = ()
    ahead: Nearest = ()
    amiss: int = 0

    @staticmethod
    def of(likeness: Floats, relevant: Flags, fits: Flags | None = None) -> Evidence:
        """Of N pictures: likeness (N,) to the subject, whether each shows it (N,), and fits, if that is known (N,)."""
        whole = np.rint(likeness * _MILLIONTHS).astype(np.int64)
        return Evidence(
            count=len(likeness),
            lacking=int((~relevant).sum()),
            nearest=tuple((-_least(-whole) / _MILLIONTHS).tolist()),
            total=int(whole.sum()),
            squares=int(np.square(whole).sum()),
            farthest=tuple((_least(whole) / _MILLIONTHS).tolist()),
            amiss=0 if fits is None else int((~fits).sum()),
        )

    def __add__(self, other: Evidence) -> Evidence:
        return Evidence(
            self.count + other.count,
            self.lacking + other.lacking,
            _greatest(self.nearest, other.nearest),
            self.total + other.total,
            self.squares + other.squares,
            tuple(map(add, self.terms, other.terms)) or self.terms or other.terms,
            tuple(map(_greatest, self.unrelated, other.unrelated)) or self.unrelated or other.unrelated,
            tuple(heapq.nsmallest(NEAREST_KEPT, self.farthest + other.farthest)),
            _greatest(self.ahead, other.ahead),
            self.amiss + other.amiss,
        )

    @property
    def none_fits(self) -> bool:
        """Whether there are pictures, and each is known to lack the subject, or not to fit."""
        return 0 < self.count <= max(self.lacking, self.amiss)

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


def _least(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The least NEAREST_KEPT of N, least first."""
    few = values if len(values) <= NEAREST_KEPT else np.partition(values, NEAREST_KEPT)[:NEAREST_KEPT]
    return np.sort(few)


def _greatest(one: Nearest, other: Nearest) -> Nearest:
    return tuple(heapq.nlargest(NEAREST_KEPT, one + other))


@dataclass(frozen=True, slots=True)
class Tally:
    """How the scores of pictures that show a term's subject are spread, as whole numbers in units of their last digit.

    `count` pictures, the `total` and `squares` of their scores, and the `least` of them: parts add up to the same in
    any order.
    """

    digits: int
    count: int = 0
    total: int = 0
    squares: int = 0
    least: int | None = None

    @staticmethod
    def of(scores: Floats, relevant: Flags, digits: int) -> Tally:
        """Of scores (N,) that were rounded to so many digits, those that are relevant (N,)."""
        whole = np.rint(scores[relevant] * 10.0**digits).astype(np.int64)
        if not len(whole):
            return Tally(digits)
        blocks = (whole[start : start + _AT_ONCE] for start in range(0, len(whole), _AT_ONCE))
        return Tally(digits, len(whole), int(whole.sum()), sum(map(_squares, blocks)), int(whole.min()))

    def __add__(self, other: Tally) -> Tally:
        known = [one.least for one in (self, other) if one.least is not None]
        return Tally(
            self.digits,
            self.count + other.count,
            self.total + other.total,
            self.squares + other.squares,
            min(known, default=None),
        )

    @property
    def mean(self) -> float:
        """The mean score, in its own unit."""
        return self.total / self.count * 10.0**-self.digits if self.count else 0.0

    @property
    def spread(self) -> float:
        """The standard deviation of scores, in their own unit."""
        if not self.count:
            return 0.0
        variance = (self.squares * self.count - self.total**2) / self.count**2
        return float(max(variance, 0) ** 0.5 * 10.0**-self.digits)


def _squares(whole: npt.NDArray[np.int64]) -> int:
    """The sum of squares, in halves: none of them passes 64 bits."""
    high, low = whole >> _HALF, whole & ((1 << _HALF) - 1)
    return (int(high @ high) << 2 * _HALF) + (int(high @ low) << _HALF + 1) + int(low @ low)


@dataclass(frozen=True, slots=True)
class TermEvidence:
    """What all pictures say of one term of a mix."""

    evidence: Evidence
    tally: Tally

    def __add__(self, other: TermEvidence) -> TermEvidence:
        return TermEvidence(self.evidence + other.evidence, self.tally + other.tally)


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Some pictures' part of an answer: scores (N,), relevant (N,), and what they say of the whole.

    `summary` is what the pair head needs of them, where a trained adapter is asked to refine; `fits` (N,) says which
    surely show what was asked for, None where that cannot be told.
    """

    scores: Floats
    relevant: Flags
    evidence: Evidence
    summary: Summary | None = None
    fits: Flags | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """All of an answer but the scores; `doubt` says why it is not confident, where it is not."""

    scorer: ScorerName
    adapter: str | None
    unit: str | None
    confident: bool
    confidence: float
    asked: Asked
    notes: tuple[str, ...] = ()
    terms: tuple[AnsweredTerm, ...] = ()
    doubt: Doubt = Doubt.absent


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """scores (N,), higher is more; relevant (N,), False where a picture lacks what the sentence is about; fits (N,), as
    in `Scored`."""

    scores: Floats
    relevant: Flags
    verdict: Verdict
    fits: Flags | None = None


MOST_TERMS = 24


class KeptScores:
    """Nothing can go stale: pictures are named by their content, terms by all that their scores depend on.

    Holds one set of pictures, so that memory stays within a few numbers a picture. Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._pictures: Hashable = None
        self._scores: dict[Hashable, Scored] = {}
        self._lock = threading.Lock()

    def over(self, pictures: Hashable) -> dict[Hashable, Scored]:
        """What is known of these pictures, by term."""
        with self._lock:
            return dict(self._scores) if pictures == self._pictures else {}

    def keep(self, pictures: Hashable, scores: Mapping[Hashable, Scored]) -> None:
        """The terms last asked about take the room of others."""
        with self._lock:
            before = self._scores if pictures == self._pictures else {}
            both = {key: one for key, one in before.items() if key not in scores} | dict(scores)
            self._pictures, self._scores = pictures, dict(list(both.items())[-MOST_TERMS:])
