"""Signs that a sentence asks for the scale of a trained query: numbers, to be weighed by a calibration."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from imgrank.arrays import Floats
from imgrank.scoring.comparatives import PICTURES
from imgrank.scoring.lexicon import are_near, is_kind_of, is_noun, is_thing
from imgrank.scoring.parsing import RELATES, Reading
from imgrank.scoring.phrasings import Phrasings
from imgrank.scoring.question import Encode
from imgrank.scoring.words import are_kin, has_opposite, only_begin_alike, stands_against, stem, word_set

KNOWN_FROM = 0.5  # cosine of two words from which the one explains the other
_NEAR, _KIND = 0.9, 0.7  # the same of words that a dictionary calls near, or a kind of what the other names
_NEVER_ALIKE = word_set(
    """
    red green blue white black yellow brown grey gray orange purple pink one two three four five six seven eight
    nine ten
    """
)  # one colour is near to another in every space of words, and never means it


PARTS_OF_PICTURES = RELATES | word_set(
    """
    anything area background border bright camera centre center corner dark detail edge everything exposure film focus
    foreground frame highlight iso lens light middle midtone movement night part place sensor shadow side sky surface
    text tone colour pixel sensor camera lens
    """
)
_OF_PICTURES = PARTS_OF_PICTURES | PICTURES


@dataclass(frozen=True, slots=True)
class Signs:
    """How a sentence stands to a query; all numbers are cosines or shares, 1 for the best, unless said.

    `whole` of the sentence to the nearest phrasing, `plain` of its telling words alone; how well the query's words
    explain the `least` explained word, the `mean` word, the `head`; `aliens` counts the words that none explains.
    `scale` is the best sign of the query's scale, `exact` 1 where it stands there literally or as its opposite;
    `graded` is 1 where the sentence compares or asks how much; `both` where one phrasing and the sentence explain
    each other. `defined` is the share of words that a dictionary explains by those of the query; `strangers`
    counts the things that are none of the query's.
    """

    whole: float
    plain: float
    least: float
    mean: float
    aliens: float
    scale: float
    exact: float
    graded: float
    head: float
    both: float
    defined: float
    strangers: float

    def numbers(self) -> Floats:
        """(15,) the signs, and three products of them."""
        products = (self.least * self.scale, self.graded * self.scale, self.head * self.scale)
        return np.array([*astuple(self), *products])


def signs_of(
    sentence: str, reading: Reading, query: Phrasings, embeddings: npt.NDArray[np.float32], encode: Encode
) -> Signs | None:
    """The signs of a sentence and a query, whose phrasings have `embeddings` (n, E). None where no word tells anything,
    or a colour or a number that the query does not know; or, of a query about photographs, where one thing is said of
    another that no word of the query explains."""
    near, reading = _Near(encode), query.meant_by(reading)
    words = tuple(word.base for word in reading.words)
    strange = [word for word in words if word in _NEVER_ALIKE and near.to(word, query.words) < 1]
    if not words or strange or _is_said_of_others(reading, query, near):
        return None
    explained = [near.to(word, query.words) for word in words]
    aliens = {word for word, known in zip(words, explained, strict=True) if known < KNOWN_FROM}
    aliens_shown = aliens | {word for word in words if _is_stranger(word, query)}
    if query.is_about_photographs and reading.relates and not aliens_shown <= PARTS_OF_PICTURES:
        return None  # "blocks of flats" is about what is shown
    scale = max(_scale_signs(reading, query, near), default=0.0)
    return Signs(
        whole=_nearest(encode(reading.said).embedding, embeddings),
        plain=_nearest(encode(reading.plain).embedding, embeddings),
        least=min(explained),
        mean=float(np.mean(explained)),
        aliens=float(len(aliens)),
        scale=scale,
        exact=float(scale == 1),
        graded=float(reading.grades),
        head=near.to(reading.head.base, query.words),
        both=max((_both(reading, other, near) for other in _comparable(reading, query)), default=0.0),
        defined=float(np.mean([_is_defined(word, query) for word in words])),
        strangers=float(sum(_is_stranger(word, query) for word in words)),
    )


def _is_said_of_others(reading: Reading, query: Phrasings, near: _Near) -> bool:
    """Whether the words of the scale are said of something else: "old photograph" and "young tree" ask for nobody's
    age, "wood grain" for no quality of a photograph."""
    if not query.grades_pictures and any(_grades(word, query) for word in reading.of_pictures):
        return True
    words = [word.base for word in reading.words]
    if query.things and not reading.grades and not any(_grades(word, query) for word in words):
        return True  # "a group of people" asks for no number
    if query.counts_a_compound and any(_is_stranger(word, query) for word in words):
        return True
    if query.is_about_photographs and not reading.grades and _names_something(reading, query):
        return True
    adjectives = [has_opposite(word) for word in words if _grades(word, query)]
    if not reading.grades and all(adjectives) and any(_narrows(word, query) for word in words):
        return True
    return any(
        (_grades(one, query) and _is_other(one, other, reading, query, near))
        or (_grades(other, query) and _is_stranger(one, query))
        for one, other in pairwise(words)
    )


def _names_something(reading: Reading, query: Phrasings) -> bool:
    """Whether it describes what a picture shows: "clouds", "people who make noise"."""
    head = reading.head.base
    other = is_noun(head) and not has_opposite(head) and head not in _OF_PICTURES
    strangers = any(_is_stranger(word.base, query) for word in reading.words)
    return strangers or (other and not any(_lexical(head, known) for known in query.words))


def _narrows(word: str, query: Phrasings) -> bool:
    """Whether it names some of those that the scale is about: "young woman" describes one, and asks nobody's age."""
    about = [other.base for other in query.readings[0].words if other.base in query.subject]
    return any(is_kind_of(word, other) and not (are_kin(word, other) or is_kind_of(other, word)) for other in about)


def _grades(word: str, query: Phrasings) -> bool:
    return any(are_kin(word, other) or are_near(word, other) for other in query.scale)


def _is_other(before: str, word: str, reading: Reading, query: Phrasings, near: _Near) -> bool:
    """Whether a noun behind a word of the scale takes it for something else: "focus group", "old coin"."""
    if _is_stranger(word, query):
        return True
    if word in _OF_PICTURES or has_opposite(word) or not is_noun(word):
        return False
    if query.is_about_photographs:
        return near.to(word, query.words) < KNOWN_FROM
    return has_opposite(before) and not reading.grades and not _is_defined(word, query)


def _is_stranger(word: str, query: Phrasings) -> bool:
    if not is_thing(word) or word in _OF_PICTURES:
        return False
    if query.is_about_photographs:
        return not any(are_kin(word, other) for other in query.words)
    return not _is_defined(word, query)


def _is_defined(word: str, query: Phrasings) -> bool:
    """Whether a dictionary explains it by a word of the query. A leukocyte is a cell, and no red blood cell."""
    wider = () if query.counts_a_compound else query.words
    return any(are_kin(word, other) or are_near(word, other) for other in query.words) or any(
        is_kind_of(word, other) or is_kind_of(other, word) for other in wider
    )


def _lexical(word: str, other: str, kinds: bool = True) -> float:
    """How the dictionary, or the form of words, says that one explains the other."""
    if are_kin(word, other):
        return 1.0
    if are_near(word, other) or stands_against(word, other):
        return _NEAR
    return _KIND if kinds and is_kind_of(word, other) else 0.0


def nearness(sentence: str, embeddings: npt.NDArray[np.float32], encode: Encode) -> float:
    """The cosine of a sentence to the nearest of phrasings (n, E)."""
    return _nearest(encode(sentence).embedding, embeddings)


def _scale_signs(reading: Reading, query: Phrasings, near: _Near) -> Iterable[float]:
    subject = {stem(word) for word in query.subject}
    for word in reading.words:
        if stem(word.base) not in subject:
            yield near.to(word.base, query.scale)
        if reading.counts:
            of_kind = 1.0 if query.counts_kind(word.base) else near.to(word.base, query.things, kinds=False)
            yield 0.0 if query.counts_part(word.base) else of_kind


def _comparable(reading: Reading, query: Phrasings) -> list[Reading]:
    """A phrasing that counts is not met by a sentence that does not."""
    return [other for other in query.readings if reading.counts or not (other.counts and query.things)]


def _both(one: Reading, other: Reading, near: _Near) -> float:
    mine, theirs = (tuple(word.base for word in reading.words) for reading in (one, other))
    return min(min(near.to(word, theirs) for word in mine), min(near.to(word, mine) for word in theirs))


@dataclass(frozen=True, slots=True)
class _Near:
    """How near words are to each other: 1 in one family or as opposites, else the cosine of their sentences."""

    encode: Encode

    def to(self, word: str, others: tuple[str, ...], kinds: bool = True) -> float:
        """To the nearest of others; 0 where there is none. With `kinds`, one that names a kind of another is near."""
        lexical = max((_lexical(word, other, kinds) for other in others), default=0.0)
        if lexical == 1 or word in _NEVER_ALIKE:
            return lexical if lexical == 1 else 0.0
        told = (other for other in others if other not in _NEVER_ALIKE and not only_begin_alike(word, other))
        cosines = (self._cosine(word, other) for other in told)
        return max(lexical, *cosines, 0.0)

    def _cosine(self, one: str, other: str) -> float:
        left, right = (self.encode(word).embedding.astype(np.float64) for word in (one, other))
        return float(left @ right / max(float(np.linalg.norm(left) * np.linalg.norm(right)), 1e-12))


def _nearest(embedding: npt.NDArray[np.float32], phrasings: npt.NDArray[np.float32]) -> float:
    lengths = np.linalg.norm(phrasings, axis=1) * np.linalg.norm(embedding)
    return float((phrasings @ embedding / np.maximum(lengths, 1e-12)).max())
