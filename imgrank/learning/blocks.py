"""Pictures as coordinates: each part of their long rows along the directions in which they differ.

N pictures span at most N - 1 directions, so that every fit on a row of thousands of numbers can be made on a few
hundred coordinates and be folded back into weights on the row. Beyond MOST_DIRECTIONS pictures only the leading
directions, of a sample, are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from imgrank.adapter.closed import RowShape, moments_of, places_of
from imgrank.arrays import Floats
from imgrank.tokens import PackedTokens

Rows = npt.NDArray[np.intp]
_Any = TypeVar("_Any", bound=np.generic)

PLACES, MEAN, GENERAL, MOMENTS, EMBEDDING = "places", "mean of places", "general mean", "moments", "embedding"
MOST_DIRECTIONS = 640
ROWS_AT_ONCE = 512
SMALLEST_VARIANCE = 1e-9  # of the largest: below are rounding errors


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One part of the rows of N pictures.

    `coordinates` (N, r) are those of (part - centre) along `directions` (width, r); the part stands in a row from
    `start` on, `repeats` times over: once, or for the mean over places once at each of them.
    """

    name: str
    coordinates: Floats
    directions: npt.NDArray[np.float32]
    centre: Floats
    start: int
    repeats: int = 1

    def on_row(self, weights: Floats, numbers: int) -> Floats:
        """Weights on coordinates (r, K) as weights on whole rows (numbers, K)."""
        whole = np.zeros((numbers, weights.shape[1]))
        part = self.directions.astype(np.float64) @ weights / self.repeats
        whole[self.start : self.start + self.repeats * len(part)] = np.tile(part, (self.repeats, 1))
        return whole

    def at_centre(self) -> Floats:
        """(r,) what `on_row` sees of the centre: coordinates are counted from there."""
        result: Floats = self.centre @ self.directions.astype(np.float64)
        return result


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """All parts of the rows of N pictures in which they differ at all."""

    shape: RowShape
    blocks: tuple[Block, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(block.name for block in self.blocks)

    def __getitem__(self, name: str) -> Block:
        return next(block for block in self.blocks if block.name == name)

    @staticmethod
    def of(packed: PackedTokens, spanned_by: Rows | None = None, embedding: bool = True) -> Blocks:
        """Coordinates of every picture, in the directions of those at `spanned_by` (default: of all)."""
        shape = RowShape.of(packed.shape, embedding)
        rows = np.arange(len(packed)) if spanned_by is None else spanned_by
        found = (_block(part, packed, rows) for part in _parts(shape))
        return Blocks(shape, tuple(block for block in found if block is not None))


@dataclass(frozen=True, slots=True)
class _Part:
    """How a part is read, and where it stands in a row."""

    name: str
    start: int
    repeats: int
    read: Callable[[PackedTokens], npt.NDArray[np.float32]]


def _parts(shape: RowShape) -> list[_Part]:
    moments, general = shape.places, shape.general
    parts = [
        _Part(MEAN, 0, shape.tokens, lambda p: p.tokens().mean(axis=1)),
        _Part(GENERAL, moments, 1, lambda p: moments_of(p)[:, :general]),
        _Part(MOMENTS, moments + general, 1, lambda p: moments_of(p)[:, general:]),
        _Part(EMBEDDING, moments + shape.moments, 1, lambda p: p.embedding[:, : shape.embedding].astype(np.float32)),
    ]
    if shape.tokens > 1:
        parts.append(_Part(PLACES, 0, 1, places_of))
    return parts


def _block(part: _Part, packed: PackedTokens, rows: Rows) -> Block | None:
    sample = part.read(packed[evenly(rows, MOST_DIRECTIONS)]).astype(np.float64)
    if not sample.size:
        return None
    centre = sample.mean(axis=0)
    directions = leading_directions(sample - centre, MOST_DIRECTIONS).astype(np.float32)
    if not directions.shape[1]:
        return None
    pieces = [
        (part.read(packed[at : at + ROWS_AT_ONCE]) - centre) @ directions for at in range(0, len(packed), ROWS_AT_ONCE)
    ]
    return Block(part.name, np.concatenate(pieces), directions, centre, part.start, part.repeats)


def leading_directions(centred: Floats, most: int) -> Floats:
    """(width, r) orthonormal directions, at most so many, in which centred rows (N, width) differ most."""
    count, width = centred.shape
    wide = count < width
    variance, basis = np.linalg.eigh(centred @ centred.T if wide else centred.T @ centred)
    kept = np.flatnonzero(variance > max(SMALLEST_VARIANCE * variance[-1], 1e-24))[-most:]
    basis = basis[:, kept]
    return centred.T @ basis / np.sqrt(variance[kept]) if wide else basis


def evenly(rows: npt.NDArray[_Any], most: int) -> npt.NDArray[_Any]:
    """At most so many of the rows of an array, evenly over them."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).astype(np.intp)]


def spread(coordinates: Floats) -> float:
    """How far rows (N, r) lie from their mean, as a root mean square; 0 where they are all one."""
    centred = coordinates - coordinates.mean(axis=0)
    return float(np.sqrt(np.square(centred).sum(axis=1).mean()))
