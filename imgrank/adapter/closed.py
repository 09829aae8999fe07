"""What answers a query in closed form: one linear function of a picture's row, and a kernel beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imgrank.adapter.rows import RowShape

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
