"""What answers a query in closed form: one linear function of a picture's row of numbers, and a kernel beside it.

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


Array = npt.NDArray[np.float32]
Shapes = dict[str, tuple[int, ...]]

MOST_STORED_MOMENTS = 256
MOST_DIRECTIONS = 256
MOST_LANDMARKS = 1024


@dataclass(frozen=True, slots=True)
class ClosedSizes:
    """What the header of a file says of a closed form: rows of stored moments, and the sizes of its kernel (0: none).

    Raises ValueError on sizes that cannot be.
    """

    moments: int
    directions: int = 0
    landmarks: int = 0

    def __post_init__(self) -> None:
        for name, most in (
            ("moments", MOST_STORED_MOMENTS),
            ("directions", MOST_DIRECTIONS),
            ("landmarks", MOST_LANDMARKS),
        ):
            value = getattr(self, name)
            if type(value) is not int or not 0 <= value <= most:
                raise ValueError(f"a closed form has {value!r:.40} {name}, not a whole number from 0 to {most}")
        if bool(self.directions) != bool(self.landmarks):
            raise ValueError("a closed form has landmarks without directions, or directions without landmarks")

    def tensors(self, shape: RowShape) -> Shapes:
        """Names and shapes of its tensors."""
        shapes: Shapes = {"linear": (shape.numbers + 1,)}
        if self.landmarks:
            shapes |= {
                "directions": (shape.numbers, self.directions),
                "lengths": (self.directions,),
                "landmarks": (self.landmarks, self.directions),
                "heights": (self.landmarks,),
            }
        return shapes


@dataclass(frozen=True, slots=True, eq=False)
class Kernel:
    """A sum of bumps: `heights` (L,) times exp(-|p - landmark|^2) over `landmarks` (L, r).

    p (r,) is a row (F,) along `directions` (F, r), each of them times one of `lengths` (r,). Directions are kept in
    float16, which is why lengths stand apart.
    """

    directions: npt.NDArray[np.float16]
    lengths: Array
    landmarks: Array
    heights: Array

    def scaled(self) -> Array:
        """(F, r) float32: directions times lengths."""
        result: Array = self.directions.astype(np.float32) * self.lengths
        return result


@dataclass(frozen=True, slots=True, eq=False)
class ClosedForm:
    """A standardised value from a row (F,): `linear` (F + 1,), its bias last, plus what a kernel says."""

    shape: RowShape
    linear: Array
    kernel: Kernel | None = None

    @property
    def sizes(self) -> ClosedSizes:
        """As the header of a file has them."""
        if self.kernel is None:
            return ClosedSizes(self.shape.stored)
        landmarks, directions = self.kernel.landmarks.shape
        return ClosedSizes(self.shape.stored, directions, landmarks)

    def tensors(self) -> dict[str, npt.NDArray[np.generic]]:
        """As a file keeps them."""
        kept: dict[str, npt.NDArray[np.generic]] = {"linear": np.ascontiguousarray(self.linear, np.float32)}
        if self.kernel is not None:
            kept |= {
                "directions": np.ascontiguousarray(self.kernel.directions, np.float16),
                "lengths": np.ascontiguousarray(self.kernel.lengths, np.float32),
                "landmarks": np.ascontiguousarray(self.kernel.landmarks, np.float32),
                "heights": np.ascontiguousarray(self.kernel.heights, np.float32),
            }
        return kept

    @staticmethod
    def from_tensors(shape: RowShape, tensors: dict[str, Array]) -> ClosedForm:
        """What `tensors` gave, in float32."""
        kernel = None
        if "landmarks" in tensors:
            directions = tensors["directions"].astype(np.float16)
            kernel = Kernel(directions, tensors["lengths"], tensors["landmarks"], tensors["heights"])
        return ClosedForm(shape, tensors["linear"], kernel)
