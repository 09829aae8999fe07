"""Which columns of a part hold what of tokens: one way for each version of the format.

Tokens of places are most of a part, and only a trained ranker reads them. Since format 2 they stand first, and behind
them what other questions read: each row of moments as a column of its own, the first ones and the last, which say of
what kind a picture is, next to the embedding. None of these is compressed, as that saves a tenth and costs most of the
time. Paths and keys end the part, beside the footer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from imgrank.detail.measure import WIDTH
from imgrank.index.needs import ArrowColumn, arrow
from imgrank.index.plain import Blob
from imgrank.tokens import EVERYTHING, Glance, Packed, PackedTokens, Reads, TokenShape

FORMAT_VERSION = 2
SCALES, TOKENS, EMBEDDING, DETAIL, KEY = "scales", "tokens", "embedding", "detail", "key"
_FACTS = 120  # bytes a row that paths and facts take, about
_SAVED = 0.2  # of the bytes of tokens, that compression saves at most


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of tokens in parts of one version, for tokens of one shape, with detail where it is `detailed`."""

    shape: TokenShape
    detailed: bool
    version: int = FORMAT_VERSION

    @property
    def has_keys(self) -> bool:
        """Whether a column holds the hash of each path."""
        return self.version > 1

    @property
    def widths(self) -> dict[str, int]:
        """The bytes of a row of each column, in the order in which a part has them."""
        shape, detail = self.shape, {DETAIL: 2 * WIDTH} if self.detailed else {}
        small = {SCALES: 2 * shape.rows, EMBEDDING: 2 * shape.embedding} | detail
        if self.version == 1:
            return {SCALES: small.pop(SCALES), TOKENS: shape.rows * shape.width} | small
        last_asked_first = sorted(range(shape.moments), key=lambda row: (row + 1) % shape.moments, reverse=True)
        moments = {_moments(row): shape.width for row in last_asked_first}
        return {TOKENS: shape.tokens * shape.width} | moments | small

    @property
    def uncompressed(self) -> frozenset[str]:
        """The columns that are read at every question."""
        return frozenset() if self.version == 1 else frozenset({*self.widths, KEY} - {TOKENS})

    def columns(self, reads: Reads = EVERYTHING, detailed: bool = True) -> tuple[str, ...]:
        """The columns that hold what is read, detail among them where there is any and it is wanted."""
        wanted = {SCALES, EMBEDDING, *([DETAIL] if detailed else [])}
        if reads.tokens or (self.version == 1 and reads.moments):
            wanted |= {*self.widths} - {DETAIL}
        elif reads.moments:
            wanted |= {_moments(row) for row in reads.moments}
        else:
            wanted -= {SCALES}
        return tuple(name for name in self.widths if name in wanted)

    def share(self, columns: Collection[str]) -> float:
        """About how much of a part's end holds these columns, facts aside: a little more rather than less."""
        if self.version == 1 or TOKENS in columns:
            return 0.0
        names = list(self.widths)
        first = min((names.index(name) for name in columns if name in self.widths), default=len(names))
        asked, whole = (sum(self.widths[name] for name in some) for some in (names[first:], names))
        return (asked + _FACTS) / (whole - _SAVED * self.widths[TOKENS] + _FACTS)

    def split(self, packed: PackedTokens) -> dict[str, Blob]:
        """The columns (M, bytes) of M pictures."""
        found = {SCALES: packed.scales.astype("<f2"), EMBEDDING: packed.embedding.astype("<f2")}
        places = self.shape.tokens if self.version > 1 else self.shape.rows
        found[TOKENS] = packed.quantised[:, :places]
        found |= {_moments(row): packed.quantised[:, self.shape.tokens + row] for row in range(self.shape.moments)}
        if self.detailed:
            found[DETAIL] = np.zeros((0, WIDTH), "<f2") if packed.detail is None else packed.detail.astype("<f2")
        return {name: _as_bytes(found[name], width) for name, width in self.widths.items()}

    def joined(self, columns: Mapping[str, Blob], reads: Reads = EVERYTHING) -> Packed:
        """M pictures from those of the columns that were read."""
        shape = self.shape
        embedding = _as(columns[EMBEDDING], "<f2", shape.embedding)
        detail = _as(columns[DETAIL], "<f2", WIDTH).astype(np.float32) if DETAIL in columns else None
        if TOKENS in columns:
            scales = _as(columns[SCALES], "<f2", shape.rows)
            return PackedTokens(self._quantised(columns), scales, embedding, shape.moments, detail)
        moments = {row: columns[_moments(row)].view(np.int8) for row in reads.moments}
        scales = _as(columns[SCALES], "<f2", shape.rows)[:, shape.tokens :] if SCALES in columns else embedding[:, :0]
        return Glance(embedding, moments, scales, shape.width, detail)

    def _quantised(self, columns: Mapping[str, Blob]) -> npt.NDArray[np.int8]:
        tokens, shape = columns[TOKENS].view(np.int8), self.shape
        if self.version == 1 or not shape.moments:
            return tokens.reshape(-1, shape.rows, shape.width)
        whole = np.empty((len(tokens), shape.rows, shape.width), np.int8)
        whole[:, : shape.tokens] = tokens.reshape(-1, shape.tokens, shape.width)
        for row in range(shape.moments):
            whole[:, shape.tokens + row] = columns[_moments(row)].view(np.int8)
        return whole


def blobs(values: Blob, good: npt.NDArray[np.bool_]) -> ArrowColumn:
    """(M, width) bytes as a pyarrow array of N blobs, the M `good` ones filled and the rest null."""
    pa, width = arrow(), values.shape[1]
    data = values if len(values) == len(good) else np.zeros((len(good), width), np.uint8)
    if data is not values:
        data[good] = values
    there = pa.py_buffer(np.packbits(good, bitorder="little"))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), len(good), [there, pa.py_buffer(data)])


def bytes_of(column: ArrowColumn) -> Blob:
    """(M, width) the bytes of the blobs of a pyarrow column that are not null."""
    pa = arrow()
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    width = column.type.byte_width
    if column.null_count == len(column):
        return np.zeros((0, width), np.uint8)
    raw = np.frombuffer(column.buffers()[1], np.uint8, len(column) * width, column.offset * width)
    whole = raw.reshape(len(column), width)
    return whole if not column.null_count else whole[column.is_valid().to_numpy(zero_copy_only=False)]


def _moments(row: int) -> str:
    return f"moments_{row}"


def _as_bytes(values: npt.NDArray[Any], width: int) -> Blob:
    flat = np.ascontiguousarray(values).reshape(len(values), width // values.itemsize)
    return flat.view(np.uint8) if width else np.zeros((len(values), 0), np.uint8)


def _as(values: Blob, kind: str, width: int) -> npt.NDArray[Any]:
    is_aligned = values.ctypes.data % np.dtype(kind).itemsize == 0  # what stands in a file may begin anywhere
    return (values if is_aligned else values.copy()).view(kind).reshape(-1, width)
