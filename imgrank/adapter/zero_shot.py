"""Scores without training: how far each picture lies along a sentence, or how near it is to another picture.

Every score is a cosine of unit vectors, taken row by row, so that it never depends on who else is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imgrank.adapter.comparatives import Scale, scale_of
from imgrank.tokens import PackedTokens, TextTokens

TEMPLATES = ("{}", "a photo of {}", "a picture of {}", "a photo showing {}")
CONFIDENT_FROM = 0.15  # cosine of the nearest picture from which a sentence counts as placed
SUBJECT = 0.1  # share of what both ends of a scale are about, beside what tells them apart
ROWS_AT_ONCE = 128  # what a core's cache holds

Vector = npt.NDArray[np.float64]
Encode = Callable[[str], TextTokens]


@dataclass(frozen=True, slots=True, eq=False)
class TextAxis:
    """A sentence as a direction (E,), away from `opposite` where it has one.

    `sentence` (E,) is what it is about, a unit vector.
    """

    direction: Vector
    sentence: Vector
    opposite: str | None


def text_axis(sentence: str, opposite: str | None, encode: Encode) -> TextAxis:
    """The direction in which a sentence grows: the sentence itself, or along the scale that it names.

    That is away from `opposite`, if given; else from what the other end of a comparative is, or, where a word of
    amount stands before a thing, along the thing alone ("more water" is "water", "fewer dogs" less of "dogs").
    What both ends have in common counts a little: "older person" and "younger person" both ask for persons.
    Prompt templates are averaged along a scale, and nothing neutral is taken off a plain sentence:
    `benchmarks/zero_shot.py` measures what other forms cost.
    """
    scale = Scale(sentence, opposite) if opposite else scale_of(sentence)
    if scale is None:
        this = _mean_embedding([sentence], encode)
        return TextAxis(this, this, None)
    this, turn = _over_templates(scale.end, encode), -1.0 if scale.down else 1.0
    if scale.other is None:
        return TextAxis(turn * this, this, None)
    other = _over_templates(scale.other, encode)
    shared = 0.0 if opposite else SUBJECT  # who names both ends means them
    return TextAxis(turn * (this - other) + shared * (this + other), this, scale.other)


def zero_shot_scores(packed: PackedTokens, axis: TextAxis) -> Vector:
    """(N,) float64: cosine to what is asked for, mostly less the cosine to its opposite where it has one."""
    return _along(packed, axis.direction)


def like_scores(packed: PackedTokens, embedding: npt.NDArray[np.floating]) -> Vector:
    """(N,) float64: cosine of each picture to a picture's embedding (E,)."""
    return _along(packed, _unit(embedding.astype(np.float64)))


def confidence(packed: PackedTokens, axis: TextAxis) -> float:
    """How near the nearest picture comes to the sentence, a cosine: low for nonsense, or where no picture shows it.

    From `CONFIDENT_FROM` on the sentence counts as placed among these pictures. Needs at least one picture.
    """
    return float(_along(packed, axis.sentence).max())


def scores_and_confidence(packed: PackedTokens, axis: TextAxis) -> tuple[Vector, float]:
    """`zero_shot_scores` and `confidence`, which are one sum where a plain sentence is its own axis."""
    scores = zero_shot_scores(packed, axis)
    is_plain = np.array_equal(axis.direction, axis.sentence)
    return scores, float(scores.max()) if is_plain else confidence(packed, axis)


def _over_templates(sentence: str, encode: Encode) -> Vector:
    return _mean_embedding([template.format(sentence) for template in TEMPLATES], encode)


def _mean_embedding(sentences: list[str], encode: Encode) -> Vector:
    return _unit(np.mean([_unit(encode(text).embedding.astype(np.float64)) for text in sentences], axis=0))


def _along(packed: PackedTokens, direction: Vector) -> Vector:
    scores = np.empty(len(packed))
    for start in range(0, len(packed), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        vectors = packed.embedding[rows].astype(np.float64)
        # Sums along each row, not a matrix product, whose rounding depends on the number of rows.
        lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
        scores[rows] = np.einsum("ij,j->i", vectors, direction) / np.maximum(lengths, 1e-12)
    return scores


def _unit(vectors: Vector) -> Vector:
    length = np.sqrt(np.square(vectors).sum(axis=-1, keepdims=True))
    result: Vector = vectors / np.maximum(length, 1e-12)
    return result
