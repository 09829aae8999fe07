"""The frozen records that walk through the rooms. No torch, no numpy, no file access.

Paths are `str` as the user gave them (a relative folder gives relative paths), decoded with
surrogateescape so that any bytes survive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from numbers import Real
from types import MappingProxyType
from typing import Literal, overload

from imgrank.errors import UsageError

HEAVIEST = 1_000_000  # a term's weight
ScorerName = Literal["adapter", "zero-shot", "like", "between", "detail", "mix"]


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a mix: a text or a picture, and its weight.

    Attributes:
        text: A sentence; None where it is a picture.
        picture: A file, or a folder of pictures that are alike; None where it is a text.
        weight: How much it counts, up to a million either way. Below 0, what has less of it stands first; 0 is as if
            the term were not there.

    Raises:
        UsageError: It is neither or both, or the weight is no number up to a million.
    """

    text: str | None = None
    picture: str | None = None
    weight: float = 1.0

    def __post_init__(self) -> None:
        if (self.text is None) == (self.picture is None):
            raise UsageError("A term of a mix is either a text or an image; give one of the two.")
        if not (self.text is None or isinstance(self.text, str)):
            raise UsageError(f"The text of a term is a text, not {self.text!r:.80}.")
        weight: object = self.weight
        if not isinstance(weight, (int, float, Real)) or not -HEAVIEST <= float(weight) <= HEAVIEST:
            raise UsageError(f"The weight of a term is a number up to {HEAVIEST:,} either way, not {weight!r:.80}.")


@dataclass(frozen=True, slots=True)
class AnsweredTerm:
    """A part of a ranking: what was asked, and who answered it.

    Attributes:
        weight: How much it counts.
        scorer: Who answered, as in `Ranking.scorer`.
        adapter: The ranker's name, or None.
        unit: The unit of its scores, or None.
        text: The sentence; None where pictures were asked for.
        pictures: Pictures to be like.
        low: The other end: the scale runs from these to `pictures`.
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
    """A file or folder that was left out.

    Attributes:
        path: Its path as it was found.
        reason: Why, in words for the user.
    """

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class RankedImage:
    """One picture and its place.

    Attributes:
        rank: 1 is the best.
        score: Higher is more; in `Ranking.unit` where a ranker answered.
        percentile: 100 for the best, 0 for the last.
        path: As it was given: a relative folder gives relative paths. Bytes that are no UTF-8 are lone surrogates.
        relevant: False where the picture does not show what the sentence is about: it stands after all that do.
        group: The number of its group; None where no groups were asked for.
        group_rank: Its place in the group: 1 is the best.
        group_size: How many pictures the group has.
        fits: False where the order is past the pictures that surely show what the sentence is about.
    """

    rank: int
    score: float
    percentile: float
    path: str
    relevant: bool = True
    group: int | None = None
    group_rank: int | None = None
    group_size: int | None = None
    fits: bool = True


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a picture of an order stands on this machine.

    Attributes:
        path: What a list calls it: the path of its file, whether or not that is there, or what an index calls it.
        file: Its file; None where there is none, or another than was scored.
        fault: Why there is none, in words that may stand after a colon.
    """

    path: str
    file: str | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a sentence was taken for.

    Attributes:
        query: The trained query nearest to it; None where none was trained or none was looked for.
        similarity: The cosine of their embeddings, or None.
        reason: Why that query's ranker answers, or why likeness does.
        quantity: In words, what the query orders by, and which end of it stands first.
        shipped: Whether its ranker came with imgrank.
        answers: Whether that query answers; False where it only came nearest.
        minus: In words, what scores are with a minus sign, where the least of it was asked for; else empty.
    """

    query: str | None
    similarity: float | None
    reason: str
    quantity: str = ""
    shipped: bool = False
    answers: bool = False
    minus: str = ""

    @property
    def told_of_scores(self) -> tuple[str, ...]:
        """A line where scores are not what one expects."""
        means = " (-2 means 2)" if self.minus.startswith("predict") else ""
        line = f"Scores are the {self.minus} with a minus sign{means}, so that the highest comes first."
        return (line,) if self.minus else ()

    def predicted_by(self, adapter: str | None) -> str:
        """By what the order is and whose prediction that is, in words; `adapter` is the ranker's name."""
        return f"{self.quantity}, predicted by {'the shipped ranker' if self.shipped else f'your ranker {adapter}'}"

    def fields(self) -> dict[str, str | float | None]:
        """As JSON has them; of a query that only came nearest, the reason says so."""
        near = self.query is not None and not self.answers
        reason = f"{self.reason}; the query named here only came nearest, and did not answer" if near else self.reason
        return {"query": self.query, "similarity": self.similarity, "reason": reason, "answers": self.answers}


class Doubt(str, Enum):
    """Why an order is not confident, said of what was asked."""

    absent = "no image here clearly matches {}"
    unread = "{} may not be answered as it was meant"
    unmeasured = "no image here is large enough to be measured for {}"
    cancelled = "the terms of {} take each other away"

    def said(self, query: str) -> str:
        """In words; `query` in its quotes."""
        return self.value.format(query)


NONE_SHOWS, ONE_LACKS = "no image seems to show", "this image does not seem to show"  # how such notes begin


def beside_doubt(notes: Iterable[str], confident: bool) -> tuple[str, ...]:
    """The notes to be shown beside a line that the order is not confident: none that says that much again."""
    return tuple(note for note in notes if confident or not note.startswith((NONE_SHOWS, ONE_LACKS)))


@dataclass(frozen=True, slots=True)
class Ranking:
    """Pictures in the order of a sentence, and how that order came about.

    Attributes:
        query: The sentence.
        images: The pictures, best first.
        skipped: Files that could not be read.
        backbone: The name of the backbone.
        fingerprint: 16 hex digits that name its exact weights and settings.
        scorer: Who answered: `adapter` (a trained ranker), `zero-shot` (likeness to the words), `like` (likeness to
            pictures), `between` (a scale between pictures), `detail` (measured at full size), or `mix` (several).
        adapter: The ranker's name, or None.
        unit: The unit of the scores, or None.
        confident: Whether these pictures seem to show what the sentence is about.
        device: Where the backbone ran.
        encoded: How many pictures ran through the backbone; the others were in the cache.
        seconds: Wall time.
        partial: Whether the run was interrupted: then all that is said is of the pictures done by then alone.
        notes: Lines for the user, not for scripts.
        confidence: The chance, 0 to 1, that these pictures show what the sentence is about.
        asked: Who was chosen to answer, and why.
        terms: What was asked, with who answered each.
        doubt: Why it is not confident, where it is not.
        indexes: Those sources that were indexes: paths that come from them need not be files.
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
    doubt: Doubt = Doubt.absent
    indexes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.images)

    def __bool__(self) -> bool:
        """An order of no pictures is an order, too."""
        return True

    def __iter__(self) -> Iterator[RankedImage]:
        return iter(self.images)

    @overload
    def __getitem__(self, place: int) -> RankedImage: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[RankedImage, ...]: ...
    def __getitem__(self, place: int | slice) -> RankedImage | tuple[RankedImage, ...]:
        """`ranking[0]` is the first picture, `ranking[:10]` the first ten."""
        return self.images[place]

    def _repr_html_(self) -> str:
        """What a notebook shows: the first pictures, small, with rank and score."""
        above = import_module("imgrank.showing")  # a room that imports this one
        draw: Callable[[Ranking], str] = above.as_html
        return draw(self)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long step is: `done` of `total` pictures, and what is being done, in one word or two."""

    done: int
    total: int
    step: str


PLAIN: Mapping[str, Standing] = MappingProxyType({})  # every path is a file


def places_of(images: Iterable[RankedImage], standing: Mapping[str, Standing]) -> list[Standing]:
    """Where each stands, in their order."""
    return [standing.get(image.path) or Standing(image.path, image.path) for image in images]
