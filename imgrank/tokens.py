"""What is kept of a picture and of a sentence, as numpy arrays. The one form every room agrees on.

Scores are always computed from the packed form, whether it came from the store or was made a moment
ago: that is why results never depend on whether the store was warm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SMALLEST_SCALE = 6e-5  # about the smallest float16 that is not subnormal


@dataclass(frozen=True, slots=True)
class TokenShape:
    """Sizes of what one backbone keeps for an image: P tokens of width D, and an embedding of width E."""

    tokens: int
    width: int
    embedding: int

    def __str__(self) -> str:
        return f"{self.tokens} tokens of {self.width} numbers and embeddings of {self.embedding}"


@dataclass(frozen=True, slots=True)
class PackedTokens:
    """Image tokens of N pictures, as stored.

    quantised (N, P, D) int8, scales (N, P) float16 (one a token), embedding (N, E) float16.
    """

    quantised: npt.NDArray[np.int8]
    scales: npt.NDArray[np.float16]
    embedding: npt.NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.quantised)

    def __getitem__(self, rows: slice | npt.NDArray[np.intp]) -> PackedTokens:
        return PackedTokens(self.quantised[rows], self.scales[rows], self.embedding[rows])

    @property
    def shape(self) -> TokenShape:
        return TokenShape(self.quantised.shape[1], self.quantised.shape[2], self.embedding.shape[1])

    def tokens(self) -> npt.NDArray[np.float32]:
        """(N, P, D) float32."""
        return self.quantised.astype(np.float32) * self.scales.astype(np.float32)[..., None]

    @staticmethod
    def empty(count: int, shape: TokenShape) -> PackedTokens:
        """Room for `count` pictures, all zero."""
        return PackedTokens(
            np.zeros((count, shape.tokens, shape.width), np.int8),
            np.zeros((count, shape.tokens), np.float16),
            np.zeros((count, shape.embedding), np.float16),
        )


@dataclass(frozen=True, slots=True)
class TextTokens:
    """One sentence: tokens (L, D_t) float32 without padding, embedding (E,) float32 of unit length."""

    tokens: npt.NDArray[np.float32]
    embedding: npt.NDArray[np.float32]


def joined(pieces: Sequence[PackedTokens]) -> PackedTokens:
    """All pictures of one or more pieces of one shape, in order."""
    return PackedTokens(
        np.concatenate([piece.quantised for piece in pieces]),
        np.concatenate([piece.scales for piece in pieces]),
        np.concatenate([piece.embedding for piece in pieces]),
    )


def pack(tokens: npt.NDArray[np.float32], embedding: npt.NDArray[np.float32]) -> PackedTokens:
    """Quantise tokens (N, P, D) to int8 with one scale a token; embedding (N, E) to float16.

    Raises ValueError on values that are not finite.
    """
    if not (np.isfinite(tokens).all() and np.isfinite(embedding).all()):
        raise ValueError("tokens hold values that are not finite numbers")
    scales = (np.abs(tokens).max(axis=-1) / 127).astype(np.float16)
    scales = np.maximum(scales, np.float16(SMALLEST_SCALE))
    quantised = np.rint(tokens / scales.astype(np.float32)[..., None]).clip(-127, 127).astype(np.int8)
    return PackedTokens(quantised, scales, embedding.astype(np.float16))
