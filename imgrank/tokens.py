"""What is kept of a picture and of a sentence, as numpy arrays. The one form every room agrees on.

Scores are always computed from the packed form, whether it came from the store or was made a moment
ago: that is why results never depend on whether the store was warm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from imgrank.counting import counted

SMALLEST_SCALE = 6e-5  # about the smallest float16 that is not subnormal
BLOCK = 128  # pictures at once in a product


@dataclass(frozen=True, slots=True)
class TokenShape:
    """Sizes of what one backbone keeps for an image: P tokens of width D, M more rows of that width that hold moments
    of the whole picture, and an embedding of width E."""

    tokens: int
    width: int
    embedding: int
    moments: int = 0

    @property
    def rows(self) -> int:
        """Rows of width D in all."""
        return self.tokens + self.moments

    def __str__(self) -> str:
        moments = f", {counted(self.moments, 'row')} of moments" if self.moments else ""
        return f"{self.tokens} tokens of {self.width} numbers{moments} and embeddings of {self.embedding}"

    def packed(self) -> str:
        """The sizes in a line that `parse_shape` reads."""
        sizes = (self.tokens, self.width, self.embedding, *([self.moments] if self.moments else []))
        return " ".join(map(str, sizes))


@dataclass(frozen=True, slots=True)
class Reads:
    """What of stored pictures a question reads: with `tokens` everything, else their embeddings, the rows of moments of
    these numbers, and detail where there is any."""

    tokens: bool = True
    moments: tuple[int, ...] = ()

    def __or__(self, other: Reads) -> Reads:
        return Reads(self.tokens or other.tokens, tuple(sorted({*self.moments, *other.moments})))


EVERYTHING = Reads()
Row = tuple[npt.NDArray[np.int8], npt.NDArray[np.float16]]


class Packed(Protocol):
    """N stored pictures, all of what is kept of them or a part."""

    @property
    def embedding(self) -> npt.NDArray[np.float16]: ...
    @property
    def detail(self) -> npt.NDArray[np.float32] | None: ...
    @property
    def width(self) -> int: ...
    def __len__(self) -> int: ...
    def moments_row(self, row: int) -> Row: ...


@dataclass(frozen=True, slots=True)
class PackedTokens:
    """Image tokens of N pictures, as stored.

    quantised (N, P + M, D) int8, scales (N, P + M) float16 (one a row), embedding (N, E) float16. Of the rows, the
    first P are tokens of places in the picture, the last M = `moments` hold moments over all places. `detail` (N, K)
    float32 is what was measured of the same pictures at full size, None where nobody asked for it.
    """

    quantised: npt.NDArray[np.int8]
    scales: npt.NDArray[np.float16]
    embedding: npt.NDArray[np.float16]
    moments: int = 0
    detail: npt.NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.quantised)

    def __getitem__(self, rows: slice | npt.NDArray[np.intp]) -> PackedTokens:
        detail = None if self.detail is None else self.detail[rows]
        return PackedTokens(self.quantised[rows], self.scales[rows], self.embedding[rows], self.moments, detail)

    @property
    def width(self) -> int:
        """D."""
        return int(self.quantised.shape[2])

    @property
    def shape(self) -> TokenShape:
        rows, width = self.quantised.shape[1:]
        return TokenShape(rows - self.moments, width, self.embedding.shape[1], self.moments)

    def tokens(self) -> npt.NDArray[np.float32]:
        """(N, P, D) float32, one token a place."""
        places = self.quantised.shape[1] - self.moments
        return self.quantised[:, :places].astype(np.float32) * self.scales[:, :places, None].astype(np.float32)

    def moments_of_all(self) -> npt.NDArray[np.float32]:
        """(N, M * D) float32: moments over all places, one row after another; (N, 0) where the backbone has none."""
        places = self.quantised.shape[1] - self.moments
        rows = self.quantised[:, places:].astype(np.float32) * self.scales[:, places:, None].astype(np.float32)
        return rows.reshape(len(self), -1)

    def moments_row(self, row: int) -> Row:
        """(N, D) int8 and (N,) float16: one row of moments, and its scales."""
        place = self.quantised.shape[1] - self.moments + row
        return self.quantised[:, place], self.scales[:, place]

    @staticmethod
    def empty(count: int, shape: TokenShape) -> PackedTokens:
        """Room for `count` pictures, all zero."""
        return PackedTokens(
            np.zeros((count, shape.rows, shape.width), np.int8),
            np.zeros((count, shape.rows), np.float16),
            np.zeros((count, shape.embedding), np.float16),
            shape.moments,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Glance:
    """What a question that needs no tokens reads of N pictures: embedding (N, E) float16, `moments` by the number of
    their row, each (N, D) int8, scales (N, M) float16 of all rows of moments, and detail as in `PackedTokens`."""

    embedding: npt.NDArray[np.float16]
    moments: dict[int, npt.NDArray[np.int8]]
    scales: npt.NDArray[np.float16]
    width: int
    detail: npt.NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.embedding)

    def moments_row(self, row: int) -> Row:
        """As `PackedTokens.moments_row`, of a row that was read."""
        return self.moments[row], self.scales[:, row]


@dataclass(frozen=True, slots=True, eq=False)
class KindEvidence:
    """K kinds of things as sums over C classes of a classifier that is linear in stored moments.

    `weights` (F, C) float32 and `bias` (C,) give logits from the first F moments; the moment at `normaliser`, times
    `spread` plus `mean`, is the log of the sum of all classes' exponentials. Kind k owns the columns from
    `starts[k]` on. `coverage`, from 0 to 1, is how much of what the sentence says is these kinds.
    """

    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    starts: tuple[int, ...]
    normaliser: int
    mean: float
    spread: float
    coverage: float = 1.0

    def rows(self, width: int) -> tuple[int, ...]:
        """The rows of moments, each of `width` numbers, that probabilities follow from."""
        return tuple(dict.fromkeys((*range(-(-len(self.weights) // width)), self.normaliser // width)))

    def probabilities(self, packed: Packed) -> npt.NDArray[np.float64]:
        """(N, K): the probability that a picture shows each kind."""
        width = packed.width
        pieces = [self.weights[start : start + width] for start in range(0, len(self.weights), width)]
        rows = [packed.moments_row(number) for number in range(len(pieces))]
        whole = self._normalisers(packed)
        found = np.empty((len(packed), len(self.starts)))
        block = np.zeros((BLOCK, width), np.float32)  # always as large: rounding may depend on sizes
        for start in range(0, len(packed), BLOCK):
            here = slice(start, start + BLOCK)
            count = len(whole[here])
            logits = np.tile(self.bias, (count, 1))
            for weights, (quantised, scales) in zip(pieces, rows, strict=True):
                block[:count] = quantised[here]
                logits += (block[:, : len(weights)] @ weights)[:count] * scales[here, None].astype(np.float32)
            shares = np.exp((logits - whole[here, None]).astype(np.float64))
            found[here] = np.add.reduceat(shares, self.starts, axis=1)
        return found.clip(0, 1)

    def _normalisers(self, packed: Packed) -> npt.NDArray[np.float32]:
        """(N,) the log of the sum of all classes' exponentials."""
        row, place = divmod(self.normaliser, packed.width)
        quantised, scales = packed.moments_row(row)
        moments = quantised[:, place].astype(np.float32) * scales.astype(np.float32)
        whole: npt.NDArray[np.float32] = np.float32(self.mean) + np.float32(self.spread) * moments
        return whole


@dataclass(frozen=True, slots=True)
class TextTokens:
    """One sentence: tokens (L, D_t) float32 without padding, embedding (E,) float32 of unit length, and what the
    backbone's classifier knows of the kinds that it names, where it has one and the sentence names any. `middle`
    (L, D_t) are its states half-way up the text tower, where somebody reads them."""

    tokens: npt.NDArray[np.float32]
    embedding: npt.NDArray[np.float32]
    kinds: KindEvidence | None = None
    middle: npt.NDArray[np.float32] | None = None


def whole(packed: Packed) -> PackedTokens:
    """The same, of which everything was read. Raises ValueError where it was not."""
    if not isinstance(packed, PackedTokens):
        raise ValueError("these pictures come without their tokens")
    return packed


def joined(pieces: Sequence[PackedTokens]) -> PackedTokens:
    """All pictures of one or more pieces of one shape, in order; with detail where every picture has it."""
    filled = [piece for piece in pieces if len(piece)]
    details = [piece.detail for piece in filled if piece.detail is not None]
    return PackedTokens(
        np.concatenate([piece.quantised for piece in pieces]),
        np.concatenate([piece.scales for piece in pieces]),
        np.concatenate([piece.embedding for piece in pieces]),
        pieces[0].moments,
        np.concatenate(details) if details and len(details) == len(filled) else None,
    )


def parse_shape(text: str) -> TokenShape:
    """What `TokenShape.packed` wrote. Raises ValueError or TypeError where it is no such line."""
    return TokenShape(*map(int, text.split()))


def pack(tokens: npt.NDArray[np.float32], embedding: npt.NDArray[np.float32], moments: int = 0) -> PackedTokens:
    """Quantise rows (N, P + M, D) to int8 with one scale a row, of which the last M = `moments` are no places;
    embedding (N, E) to float16.

    Raises ValueError on values that are not finite.
    """
    if not (np.isfinite(tokens).all() and np.isfinite(embedding).all()):
        raise ValueError("tokens hold values that are not finite numbers")
    scales = (np.abs(tokens).max(axis=-1) / 127).astype(np.float16)
    scales = np.maximum(scales, np.float16(SMALLEST_SCALE))
    quantised = np.rint(tokens / scales.astype(np.float32)[..., None]).clip(-127, 127).astype(np.int8)
    return PackedTokens(quantised, scales, embedding.astype(np.float16), moments)
