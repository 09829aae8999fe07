"""Scores without training: how far each picture lies along a sentence, or how near it is to another picture.

Every score is a cosine of unit vectors, taken row by row, so that it never depends on who else is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imgrank.adapter.comparatives import opposite_of
from imgrank.tokens import PackedTokens, TextTokens

TEMPLATES = ("{}", "a photo of {}", "a picture of {}", "a photo showing {}")
CONFIDENT_FROM = 0.15  # cosine of the nearest picture from which a sentence counts as placed
ROWS_AT_ONCE = 4096

Vector = npt.NDArray[np.float64]
Encode = Callable[[str], TextTokens]


@dataclass(frozen=True, slots=True, eq=False)
class TextAxis:
    """A sentence as a direction (E,), away from `opposite` where it has one.

    `sentence` (E,) is the sentence itself, a unit vector.
    """

    direction: Vector
    sentence: Vector
    opposite: str | None


def text_axis(sentence: str, opposite: str | None, encode: Encode) -> TextAxis:
    """The sentence against its opposite, the one given or the one its comparatives have; without one, itself.

    Prompt templates are averaged over an opposition alone, and nothing neutral is taken off a plain sentence:
    `benchmarks/zero_shot.py` measures what either costs there.
    """
    against = opposite or opposite_of(sentence)
    if not against:
        this = _mean_embedding([sentence], encode)
        return TextAxis(this, this, None)
    this = _mean_embedding([template.format(sentence) for template in TEMPLATES], encode)
    other = _mean_embedding([template.format(against) for template in TEMPLATES], encode)
    return TextAxis(this - other, this, against)


def zero_shot_scores(packed: PackedTokens, axis: TextAxis) -> Vector:
    """(N,) float64: cosine to the sentence, less the cosine to its opposite where it has one."""
    return _along(packed, axis.direction)


def like_scores(packed: PackedTokens, embedding: npt.NDArray[np.floating]) -> Vector:
    """(N,) float64: cosine of each picture to a picture's embedding (E,)."""
    return _along(packed, _unit(embedding.astype(np.float64)))


def confidence(packed: PackedTokens, axis: TextAxis) -> float:
    """How near the nearest picture comes to the sentence, a cosine: low for nonsense, or where no picture shows it.

    From `CONFIDENT_FROM` on the sentence counts as placed among these pictures. Needs at least one picture.
    """
    return float(_along(packed, axis.sentence).max())


def _mean_embedding(sentences: list[str], encode: Encode) -> Vector:
    return _unit(np.mean([_unit(encode(text).embedding.astype(np.float64)) for text in sentences], axis=0))


def _along(packed: PackedTokens, direction: Vector) -> Vector:
    scores = np.empty(len(packed))
    for start in range(0, len(packed), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        # A sum along each row, not a matrix product, whose rounding depends on the number of rows.
        scores[rows] = (_unit(packed.embedding[rows].astype(np.float64)) * direction).sum(axis=1)
    return scores


def _unit(vectors: Vector) -> Vector:
    length = np.sqrt(np.square(vectors).sum(axis=-1, keepdims=True))
    result: Vector = vectors / np.maximum(length, 1e-12)
    return result
