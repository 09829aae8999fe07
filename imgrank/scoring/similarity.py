"""How like pictures are to sentences and to other pictures, without any training.

Every figure is taken row by row, so that it never depends on who else is asked. `likeness` is all that this room
knows of a backbone's space.

A sentence that names kinds which the backbone's classifier knows is answered by both: the cosine says how well a
picture fits all of the words, the probability of a kind whether the thing itself is there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from imgrank.arrays import Floats
from imgrank.scoring.comparatives import OPPOSITES, Scale, scale_of
from imgrank.scoring.parsing import read
from imgrank.scoring.question import Encode
from imgrank.tokens import KindEvidence, Packed, PackedTokens

TEMPLATES = ("{}", "a photo of {}", "a picture of {}", "a photo showing {}")
ROWS_AT_ONCE = 128  # what a core's cache holds
_JUDGES = {"good", "bad"}
_ARTICLES = {"a", "an", "the"}
KIND_SHARE = 0.5  # what the kinds add at most where a sentence says nothing else: see `benchmarks/kinds.py`


@dataclass(frozen=True, slots=True, eq=False)
class Aim:
    """A sentence, or a picture, that pictures are held against: a unit vector (E,) of the backbone's space, what the
    backbone's classifier says of the kinds that the sentence names, if any, and how many `words` it has."""

    vector: Floats
    kinds: KindEvidence | None = None
    words: int = 1

    @property
    def coverage(self) -> float:
        """How much of the sentence names kinds, from 0 to 1."""
        return 0.0 if self.kinds is None else self.kinds.coverage

    def rows(self, width: int) -> tuple[int, ...]:
        """The rows of moments, each of `width` numbers, that likeness to it depends on."""
        return () if self.kinds is None else self.kinds.rows(width)


def likeness(packed: Packed, aim: Aim) -> Floats:
    """(N,) float64: how like each picture is to what is aimed at: a cosine, 0 where a picture has no embedding.

    Where the aim has kinds, the mean root of their probabilities is added, `KIND_SHARE` times, and the less the more
    else the sentence says: the root lets a kind that is there among others count.
    """
    cosines = _cosines(packed, aim.vector)
    if aim.kinds is None:
        return cosines
    return cosines + KIND_SHARE * evidence(packed, aim.kinds)


def evidence(packed: Packed, kinds: KindEvidence) -> Floats:
    """(N,) from 0 to 1: the mean root of the probabilities of the kinds that a sentence names, times how much of the
    sentence they are."""
    found: Floats = kinds.coverage * np.sqrt(kinds.probabilities(packed)).mean(axis=1)
    return found


def _cosines(packed: Packed, vector: Floats) -> Floats:
    found = np.empty(len(packed))
    for start in range(0, len(packed), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        vectors = packed.embedding[rows].astype(np.float64)
        # Sums along each row, not a matrix product, whose rounding depends on the number of rows.
        lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
        found[rows] = np.einsum("ij,j->i", vectors, vector) / np.maximum(lengths, 1e-12)
    return found


def aim_at(sentence: str, encode: Encode) -> Aim:
    """The sentence as it is."""
    return Aim(_mean_embedding([sentence], encode), encode(sentence).kinds, length_of(sentence))


def length_of(sentence: str) -> int:
    """How many words it has, articles aside; at least one."""
    return max(1, sum(word.lower() not in _ARTICLES for word in sentence.split()))


def aim_at_picture(embedding: npt.NDArray[np.floating]) -> Aim:
    """A picture's embedding (E,), or the mean of several."""
    return Aim(_unit(embedding.astype(np.float64)))


def appearance_of(packed: PackedTokens) -> Floats:
    """(N, E + D) float64: a picture's embedding and the mean of its tokens, each as a unit vector.

    The embedding says what sentences say of a picture, tokens how it looks: `benchmarks/between.py` measures both.
    """
    tokens = packed.tokens().mean(axis=1, dtype=np.float64)
    return np.concatenate([_unit(packed.embedding.astype(np.float64)), _unit(tokens)], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """The way from `low` to `high`, mean appearances (E + D,) of some pictures, whose `length` is not 0."""

    low: Floats
    high: Floats

    @property
    def length(self) -> float:
        """How far apart the ends are."""
        return float(np.linalg.norm(self.high - self.low))

    def __call__(self, packed: PackedTokens) -> Floats:
        """(N,) float64: where pictures stand along it, 0 at the low end and 1 at the high one."""
        way = (self.high - self.low) / np.square(self.high - self.low).sum()
        places = np.empty(len(packed))
        for start in range(0, len(packed), ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            places[rows] = np.einsum("ij,j->i", appearance_of(packed[rows]), way)  # row by row, as in `_cosines`
        return places - float(self.low @ way)


@dataclass(frozen=True, slots=True, eq=False)
class TextAxis:
    """A sentence as what grows along it: `turn` times likeness to `end`, less that to `other` where there is one.

    `opposite` names the other end, `subject` what both ends are about, where a word says it ("person"). `unseen` is
    what is left of a sentence whose other words no picture shows: "dog" of "the best dog".
    """

    end: Aim
    other: Aim | None = None
    turn: float = 1.0
    opposite: str | None = None
    subject: Aim | None = None
    unseen: str | None = None

    def turned(self) -> TextAxis:
        """The same axis the other way round: what lacks it most stands first."""
        return replace(self, turn=-self.turn)

    def rows(self, width: int) -> tuple[int, ...]:
        """As `Aim.rows`, of all that the axis is made of."""
        aims = (aim for aim in (self.end, self.other, self.subject) if aim is not None)
        return tuple(sorted({row for aim in aims for row in aim.rows(width)}))

    def __call__(self, packed: Packed) -> Along:
        """Scores of N pictures, and how like they are to what the sentence is about."""
        end = likeness(packed, self.end)
        about = end if self.subject is None else likeness(packed, self.subject)
        other = 0.0 if self.other is None else likeness(packed, self.other)
        return Along(self.turn * (end - other), about)


@dataclass(frozen=True, slots=True, eq=False)
class Along:
    """Of N pictures: `scores` (N,) along an axis, and `likeness` (N,) to what it is about."""

    scores: Floats
    likeness: Floats


def text_axis(sentence: str, opposite: str | None, encode: Encode) -> TextAxis:
    """In which direction a sentence grows: towards the sentence itself, or along the scale that it names.

    That is away from `opposite`, if given; else from what the other end of a comparative is, or, where a word of
    amount stands before a thing, along the thing alone ("more water" is "water", "fewer dogs" less of "dogs").
    What both ends are about moves no score: whether a picture shows a person at all is asked apart.
    What is good or bad in a thing is not seen: "the best dog" and "the worst dog" are both likeness to "dog".
    Prompt templates are averaged along a scale, and nothing neutral is taken off a plain sentence:
    `benchmarks/zero_shot.py` measures what other forms cost.
    """
    scale = Scale(sentence, opposite) if opposite else scale_of(sentence)
    if scale is None:
        return TextAxis(aim_at(sentence, encode))
    judged = None if opposite else judged_thing(sentence)
    if judged is not None:
        return TextAxis(_over_templates(judged, encode), unseen=judged)
    end, turn = _over_templates(scale.end, encode), -1.0 if scale.down else 1.0
    if scale.other is None:
        return TextAxis(end, turn=turn)
    about = None if opposite else subject_of(sentence)  # who names both ends means them
    subject = _over_templates(about, encode) if about else None
    return TextAxis(end, _over_templates(scale.other, encode), turn, scale.other, subject)


def subject_of(sentence: str) -> str | None:
    """What a scale is about, "person" of "older person"; None where it is about any picture ("sharper")."""
    words = [word.base for word in read(sentence).words if not word.compares and word.base not in OPPOSITES]
    return " ".join(words) or None


def judged_thing(sentence: str) -> str | None:
    """The thing that is called better or worse, "dog" of "the best dog"; None where nothing is, or the picture is."""
    words = read(sentence).words
    judged = any(word.compares and word.base in _JUDGES for word in words)
    return " ".join(word.base for word in words if word.base not in _JUDGES) or None if judged else None


def _over_templates(sentence: str, encode: Encode) -> Aim:
    vector = _mean_embedding([template.format(sentence) for template in TEMPLATES], encode)
    return Aim(vector, encode(sentence).kinds, length_of(sentence))


def _mean_embedding(sentences: list[str], encode: Encode) -> Floats:
    return _unit(np.mean([_unit(encode(text).embedding.astype(np.float64)) for text in sentences], axis=0))


def _unit(vectors: Floats) -> Floats:
    length = np.sqrt(np.square(vectors).sum(axis=-1, keepdims=True))
    result: Floats = vectors / np.maximum(length, 1e-12)
    return result
