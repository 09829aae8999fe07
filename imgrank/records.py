"""The frozen records that walk through the rooms. No torch, no numpy, no file access.

Paths are `str` as the user gave them (a relative folder gives relative paths), decoded with
surrogateescape so that any bytes survive.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from imgrank.errors import UsageError

ScorerName = Literal["adapter", "zero-shot", "like", "between", "detail", "mix"]


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a mix: a `text`, or a `picture` (a file, or a folder of pictures that are alike), and its weight.

    Below a weight of 0, what has less of it stands first; of 0 is as if the term were not there. Raises UsageError
    where it is neither or both, or the weight is not a finite number.
    """

    text: str | None = None
    picture: str | None = None
    weight: float = 1.0

    def __post_init__(self) -> None:
        if (self.text is None) == (self.picture is None):
            raise UsageError("A term of a mix is either a text or a picture.")
        if not math.isfinite(self.weight):
            raise UsageError(f"The weight of a term is a finite number, not {self.weight}.")


@dataclass(frozen=True, slots=True)
class AnsweredTerm:
    """A part of a ranking: what was asked, with its weight, and who answered it.

    It is a `text`, or `pictures` to be near to, or with `low` a scale that runs from those to `pictures`.
    """

    weight: float
    scorer: ScorerName
    adapter: str | None
    unit: str | None
    text: str | None = None
    pictures: tuple[str, ...] = ()
    low: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A file that may be a picture: its path as given, its size in bytes and its time in nanoseconds."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file or folder that was left out, and why, in words for the user."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class RankedImage:
    """One picture's place: rank from 1, score (higher is more), percentile 100 (best) to 0.

    `relevant` is False where the picture does not show what the sentence is about: it stands after all that do.
    """

    rank: int
    score: float
    percentile: float
    path: str
    relevant: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """What a sentence was taken for: the trained `query` nearest to it, their `similarity` (a cosine), and the `reason`
    why it answers, or why likeness does. None where nobody was trained or none was looked for.

    `quantity` says in words what the query orders by, and `shipped` whether its ranker came with imgrank.
    """

    query: str | None
    similarity: float | None
    reason: str
    quantity: str = ""
    shipped: bool = False


@dataclass(frozen=True, slots=True)
class Ranking:
    """Pictures in the order of a sentence, and how that order came about.

    `unit` is the unit of the scores or None; `confidence`, 0 to 1, is the chance that
    these pictures show what the sentence is about at all, and `confident` whether it is high enough; `asked` says
    who was chosen to answer, and why; `partial` is True where the run was interrupted; `notes` are lines
    for the user, not for scripts; `encoded` counts the pictures that ran through the image tower,
    `seconds` is wall time; `terms` are what was asked, with who answered each.
    """

    query: str
    images: tuple[RankedImage, ...]
    skipped: tuple[Unreadable, ...]
    backbone: str
    fingerprint: str
    scorer: ScorerName
    adapter: str | None
    unit: str | None
    confident: bool
    device: str
    encoded: int
    seconds: float
    partial: bool = False
    notes: tuple[str, ...] = ()
    confidence: float = 1.0
    asked: Asked | None = None
    terms: tuple[AnsweredTerm, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long step is: `done` of `total` pictures, and what is being done, in one word or two."""

    done: int
    total: int
    step: str
