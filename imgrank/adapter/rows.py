"""A stored picture as one long row of numbers: what every closed form is a function of.

A row is its places, one token after another (P * D), then moments of the whole picture, then the embedding (E). A grid
of more than 4 x 4 tokens is averaged over areas to that many places. Where a backbone stores no moments, the deviations
of its tokens over the places stand for them (D).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import isqrt

import numpy as np
import numpy.typing as npt

from imgrank.arrays import area_weights
from imgrank.tokens import PackedTokens, TokenShape

MOST_SIDE = 4  # places a side: more hardly say more of a picture, and take as many times the work for each question
Floats32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class RowShape:
    """Sizes of a row: P places (`tokens`) of `width` D, `stored` rows of moments (0: deviations stand for them), and
    the `embedding`."""

    tokens: int
    width: int
    stored: int
    embedding: int

    @staticmethod
    def of(shape: TokenShape, embedding: bool = True) -> RowShape:
        """The row of a picture whose tokens have this shape, with or without its embedding."""
        places = row_places(shape.tokens)
        return RowShape(places, shape.width, shape.moments, shape.embedding if embedding else 0)

    @property
    def places(self) -> int:
        """Numbers of all places."""
        return self.tokens * self.width

    @property
    def moments(self) -> int:
        """Numbers of all moments."""
        return max(self.stored, 1) * self.width

    @property
    def general(self) -> int:
        """How many of the moments are means: those come first and have as many rows as their deviations."""
        return self.stored // 2 * self.width

    @property
    def numbers(self) -> int:
        """All numbers of a row."""
        return self.places + self.moments + self.embedding

    def without_embedding(self) -> RowShape:
        """The same row, its embedding left out."""
        return replace(self, embedding=0)


def row_places(tokens: int) -> int:
    """How many places a row has of so many tokens."""
    side = isqrt(tokens)
    return MOST_SIDE**2 if side * side == tokens and side > MOST_SIDE else tokens


@lru_cache(maxsize=16)
def place_weights(tokens: int) -> Floats32 | None:
    """(places, tokens) weights by which tokens become the places of a row; None where they are those."""
    if row_places(tokens) == tokens:
        return None
    along = area_weights(isqrt(tokens), MOST_SIDE)
    return np.kron(along, along).astype(np.float32)


def places_of(packed: PackedTokens) -> Floats32:
    """(N, places * D): the places of a row."""
    tokens, weights = packed.tokens(), place_weights(packed.shape.tokens)
    return (tokens if weights is None else weights @ tokens).reshape(len(packed), -1)


def moments_of(packed: PackedTokens) -> Floats32:
    """(N, moments): as stored, or else the deviations of the tokens over the places."""
    if packed.moments:
        return packed.moments_of_all()
    result: Floats32 = packed.tokens().std(axis=1, dtype=np.float32)
    return result
