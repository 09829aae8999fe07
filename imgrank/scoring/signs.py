"""Signs that a sentence asks for the scale of a trained query: numbers, to be weighed by a calibration."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt

from imgrank.arrays import Floats
from imgrank.scoring.parsing import RELATES, Reading
from imgrank.scoring.phrasings import Phrasings
from imgrank.scoring.question import Encode
from imgrank.scoring.words import are_kin, only_begin_alike, stem, word_set

KNOWN_FROM = 0.5  # cosine of two words from which the one explains the other
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
    text tone
    """
)


@dataclass(frozen=True, slots=True)
class Signs:
    """How a sentence stands to a query; all numbers are cosines or shares, 1 for the best, unless said.

    `whole` of the sentence to the nearest phrasing, `plain` of its telling words alone; how well the query's words
    explain the `least` explained word, the `mean` word, the `head`; `aliens` counts the words that none explains.
    `scale` is the best sign of the query's scale, `exact` 1 where it stands there literally or as its opposite;
    `graded` and `describes` are 1 where the sentence is built so; `both` where one phrasing and the sentence
    explain each other.
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
    describes: float

    def numbers(self) -> Floats:
        """(14,) the signs, and three products of them."""
        products = (self.least * self.scale, self.graded * self.scale, self.head * self.scale)
        return np.array([*astuple(self), *products])


def signs_of(
    sentence: str, reading: Reading, query: Phrasings, embeddings: npt.NDArray[np.float32], encode: Encode
) -> Signs | None:
    """The signs of a sentence and a query, whose phrasings have `embeddings` (n, E). None where no word tells anything,
    or a colour or a number that the query does not know; or, of a query about photographs, where one thing is said of
    another that no word of the query explains."""
    near = _Near(encode)
    words = tuple(word.base for word in reading.words)
    strange = [word for word in words if word in _NEVER_ALIKE and near.to(word, query.words) < 1]
    if not words or strange:
        return None
    explained = [near.to(word, query.words) for word in words]
    aliens = {word for word, known in zip(words, explained, strict=True) if known < KNOWN_FROM}
    if query.is_about_photographs and reading.relates and not aliens <= PARTS_OF_PICTURES:
        return None  # "blocks of flats" is about what is shown
    scale = max(_scale_signs(reading, query, near), default=0.0)
    return Signs(
        whole=_nearest(encode(sentence).embedding, embeddings),
        plain=_nearest(encode(reading.plain).embedding, embeddings),
        least=min(explained),
        mean=float(np.mean(explained)),
        aliens=float(len(aliens)),
        scale=scale,
        exact=float(scale == 1),
        graded=float(reading.grades),
        head=near.to(reading.head.base, query.words),
        both=max((_both(reading, other, near) for other in _comparable(reading, query)), default=0.0),
        describes=float(reading.describes),
    )


def nearness(sentence: str, embeddings: npt.NDArray[np.float32], encode: Encode) -> float:
    """The cosine of a sentence to the nearest of phrasings (n, E)."""
    return _nearest(encode(sentence).embedding, embeddings)


def _scale_signs(reading: Reading, query: Phrasings, near: _Near) -> Iterable[float]:
    subject = {stem(word) for word in query.subject}
    for word in reading.words:
        if stem(word.base) not in subject:
            yield near.to(word.base, query.scale)
        if reading.counts:
            yield near.to(word.base, query.things)


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

    def to(self, word: str, others: tuple[str, ...]) -> float:
        """To the nearest of others; 0 where there is none."""
        if any(are_kin(word, other) for other in others):
            return 1.0
        if word in _NEVER_ALIKE:
            return 0.0
        told = (other for other in others if other not in _NEVER_ALIKE and not only_begin_alike(word, other))
        cosines = (self._cosine(word, other) for other in told)
        return max(cosines, default=0.0)

    def _cosine(self, one: str, other: str) -> float:
        left, right = (self.encode(word).embedding.astype(np.float64) for word in (one, other))
        return float(left @ right / max(float(np.linalg.norm(left) * np.linalg.norm(right)), 1e-12))


def _nearest(embedding: npt.NDArray[np.float32], phrasings: npt.NDArray[np.float32]) -> float:
    lengths = np.linalg.norm(phrasings, axis=1) * np.linalg.norm(embedding)
    return float((phrasings @ embedding / np.maximum(lengths, 1e-12)).max())
