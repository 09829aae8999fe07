"""A stored picture as one long row of numbers: what every closed form is a function of.

A row is its places, one token after another (P * D), then moments of the whole picture, then the embedding (E).
Where a backbone stores no moments, the deviations of its tokens over the places stand for them (D).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from imgrank.tokens import PackedTokens, TokenShape

Floats32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class RowShape:
    """Sizes of a row: P `tokens` of `width` D, `stored` rows of moments (0: deviations stand for them), `embedding`."""

    tokens: int
    width: int
    stored: int
    embedding: int

    @staticmethod
    def of(shape: TokenShape, embedding: bool = True) -> RowShape:
        """The row of a picture whose tokens have this shape, with or without its embedding."""
        return RowShape(shape.tokens, shape.width, shape.moments, shape.embedding if embedding else 0)

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


def moments_of(packed: PackedTokens) -> Floats32:
    """(N, moments): as stored, or else the deviations of the tokens over the places."""
    if packed.moments:
        return packed.moments_of_all()
    result: Floats32 = packed.tokens().std(axis=1, dtype=np.float32)
    return result
