"""Small copies of pictures: what near-duplicates are found by, whichever backbone ranks. 1.5 KB a picture.

A copy holds brightness at 32 by 32 and two numbers of colour at 16 by 16, of the upright picture squashed to a square.

A signature is what of a copy can be compared at once with many others: its colours, and what is where. Colours hardly
change when a picture is cut, shifted or mirrored, the difference hash hardly when it is blurred, shrunk or exposed
otherwise, and brightness and colour of a few large places little in both: one of them stays. All are whole numbers, so
that their products are exact in any order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from imgrank.decode import Loaded, MeasuredPicture, load_images
from imgrank.measuring import IsKnown, Row
from imgrank.records import ImageFile, Unreadable
from imgrank.tokens import PackedTokens, TokenShape

COPY_VERSION = 1  # raise it when the arithmetic changes
SIDE, COLOUR_SIDE = 32, 16
_DECODED = 4 * SIDE  # averaged down from here, so that no pixel of a large picture decides alone
_ROWS = SIDE + COLOUR_SIDE
# Of ITU-R BT.601, as JPEG stores colours.
_TO_YCC = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Copies:
    """Small copies of N pictures: grey (N, 32, 32) uint8, colour (N, 2, 16, 16) int8, blueness and redness.

    Rows that are not `known` (N,) mean nothing: their pictures could not be decoded.
    """

    grey: npt.NDArray[np.uint8]
    colour: npt.NDArray[np.int8]
    known: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.grey)

    def only(self, rows: npt.NDArray[np.intp]) -> Copies:
        """Those of these pictures, in this order."""
        return Copies(self.grey[rows], self.colour[rows], self.known[rows])

    @staticmethod
    def of_rows(rows: Row, known: npt.NDArray[np.intp]) -> Copies:
        """Those that `CopyMeasure` measured, of which some are known."""
        whole = rows.reshape(-1, _ROWS, SIDE)
        grey = (whole[:, :SIDE].astype(np.int16) + 128).astype(np.uint8)
        there = np.zeros(len(rows), bool)
        there[known] = True
        return Copies(grey, whole[:, SIDE:].reshape(-1, 2, COLOUR_SIDE, COLOUR_SIDE), there)


class CopyMeasure:
    """A small copy as the store keeps it: (48, 32) int8 a picture."""

    fingerprint = blake2b(f"imgrank small copies {COPY_VERSION}".encode(), digest_size=8).hexdigest()
    shape = TokenShape(tokens=_ROWS, width=SIDE, embedding=0)
    step = "comparing"

    def measure(
        self, files: Sequence[ImageFile], is_known: IsKnown, max_megapixels: float
    ) -> Iterator[MeasuredPicture[Row] | Unreadable]:
        """Decode small, and average down."""
        loaded = load_images(files, _DECODED, "bilinear", is_known=is_known, max_megapixels=max_megapixels)
        return map(_as_measured, loaded)

    def pack(self, rows: Row) -> PackedTokens:
        """As tokens of scale 1."""
        return PackedTokens(rows, np.ones(rows.shape[:2], np.float16), np.zeros((len(rows), 0), np.float16))

    def unpack(self, packed: PackedTokens) -> Row:
        """(N, 48, 32) int8."""
        return packed.quantised


def copy_of(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.int8]:
    """(48, 32) int8: the small copy of (128, 128, 3) uint8 RGB."""
    ycc = pixels.astype(np.float32) @ _TO_YCC.T
    grey = _averaged(ycc[:, :, 0], SIDE) - 128
    colour = np.stack([_averaged(ycc[:, :, 1], COLOUR_SIDE), _averaged(ycc[:, :, 2], COLOUR_SIDE)])
    whole = np.concatenate([grey, colour.reshape(COLOUR_SIDE, SIDE)])
    return np.asarray(np.rint(whole).clip(-128, 127), np.int8)


def _averaged(plane: npt.NDArray[np.float32], side: int) -> npt.NDArray[np.float32]:
    block = len(plane) // side
    return np.asarray(plane.reshape(side, block, side, block).mean(axis=(1, 3)), np.float32)


def _as_measured(item: Loaded | Unreadable) -> MeasuredPicture[Row] | Unreadable:
    if isinstance(item, Unreadable):
        return item
    return MeasuredPicture(item.file, item.digest, None if item.pixels is None else copy_of(item.pixels))


_BINS, _BIN = 9, 12.0  # of each colour axis, and the width of one
_THIRDS = 3  # dark, middle and bright: by rank, so that exposure does not count
_BOUNDS = (COLOUR_SIDE**2 // _THIRDS, 2 * COLOUR_SIDE**2 // _THIRDS)
_WHOLE = 127.0
_HASH_SIDE, _LARGE_SIDE = 8, 4
_GREY_NOISE, _COLOUR_NOISE = 4.0, 8.0  # of 255: what large places must stand out of
_AT_ONCE = 2048  # pictures
# In twentieths: sums stay below 2^24, up to where 32 bits hold each whole number.
_COLOUR_WEIGHT, _HASH_WEIGHT, _GREY_WEIGHT, _LAYOUT_WEIGHT = 40, 14, 10, 7
UNIT = 20 * _WHOLE**2  # of nearness

Numbers = npt.NDArray[np.float32]  # that hold whole numbers
Pairs = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Signatures:
    """Of N pictures: `colours` (N, 243) of length 127, `hash` (N, 112) of -1, 0 and 1, `mirrored` that of the mirror
    images, and `bits` (N,), how many of the hash are not 0; `places` (N, 160) are the hash, brightness and colours of
    large places, each of length 127 or so, and `mirrored_places` those of the mirror images."""

    colours: Numbers
    hash: Numbers
    mirrored: Numbers
    bits: Numbers
    places: Numbers
    mirrored_places: Numbers

    def __len__(self) -> int:
        return len(self.colours)

    def only(self, rows: Pairs) -> Signatures:
        """Those of these pictures, in this order."""
        return Signatures(
            self.colours[rows],
            self.hash[rows],
            self.mirrored[rows],
            self.bits[rows],
            self.places[rows],
            self.mirrored_places[rows],
        )

    def nearness(self, first: slice | Pairs, second: slice | Pairs) -> Numbers:
        """(P, Q) whole numbers: how near each of `first` comes to each of `second`, mirrored or not, and back.

        In units of `UNIT`: 2 where the colours agree, 0.7 for the hash, 0.5 for brightness and 0.35 for the colours of
        large places.
        """
        places = self.places[first] * _PLACE_WEIGHTS
        near: Numbers = places @ self.places[second].T
        np.maximum(near, places @ self.mirrored_places[second].T, out=near)
        near += (self.colours[first] * np.float32(_COLOUR_WEIGHT)) @ self.colours[second].T
        return near

    def of_pairs(self, first: Pairs, second: Pairs) -> tuple[Numbers, Numbers, Numbers]:
        """(P,) each: how far colours, hash, and the hash of the second's mirror image agree, at most 1."""
        colours = np.einsum("pi,pi->p", self.colours[first], self.colours[second]) / np.float32(_WHOLE**2)
        length = np.maximum(np.sqrt(self.bits[first] * self.bits[second]), 1)
        upright = np.einsum("pi,pi->p", self.hash[first], self.hash[second]) / length
        return colours, upright, np.einsum("pi,pi->p", self.hash[first], self.mirrored[second]) / length


def signatures(copies: Copies) -> Signatures:
    """The signatures of small copies, row for row."""
    starts = range(0, max(len(copies), 1), _AT_ONCE)
    parts = [_signatures(copies.only(np.arange(start, min(start + _AT_ONCE, len(copies))))) for start in starts]
    return Signatures(*(np.concatenate([getattr(part, name) for part in parts]) for name in Signatures.__slots__))


def _signatures(copies: Copies) -> Signatures:
    small, large = _averaged_blocks(copies.grey, _HASH_SIDE), _averaged_blocks(copies.grey, _LARGE_SIDE)[:, None]
    colour = _averaged_blocks(copies.colour, _LARGE_SIDE)
    upright, mirrored = _difference_hash(small), _difference_hash(small[:, :, ::-1])
    bits = np.abs(upright).sum(axis=1, dtype=np.float32)
    places = [
        np.concatenate(
            [
                _of_length(hashed, 0),
                _of_length(grey - grey.mean(axis=(2, 3), keepdims=True), _GREY_NOISE),
                _of_length(hues, _COLOUR_NOISE),
            ],
            axis=1,
        )
        for hashed, grey, hues in ((upright, large, colour), (mirrored, large[..., ::-1], colour[..., ::-1]))
    ]
    return Signatures(_colours(copies), upright, mirrored, bits, *places)


def _averaged_blocks(planes: npt.NDArray[np.uint8] | npt.NDArray[np.int8], side: int) -> npt.NDArray[np.float64]:
    """(..., side, side) of planes (..., S, S)."""
    block = planes.shape[-1] // side
    small = planes.reshape(*planes.shape[:-2], side, block, side, block)
    return np.asarray(small.sum(axis=(-3, -1), dtype=np.int32) / block**2)


def _of_length(values: npt.NDArray[Any], noise: float) -> Numbers:
    """(N, ...) as (N, D) whole numbers of length 127, less where they hardly stand out of noise."""
    flat = values.reshape(len(values), -1)
    length = np.sqrt(np.square(flat).sum(axis=1, keepdims=True, dtype=np.float64)) + noise
    return np.asarray(np.rint(flat * (_WHOLE / np.maximum(length, 1))), np.float32)


def _difference_hash(small: npt.NDArray[np.float64]) -> Numbers:
    """Whether brightness grows from each place to the next, across and down."""
    count = len(small)
    across, down = np.sign(np.diff(small, axis=2)), np.sign(np.diff(small, axis=1))
    return np.concatenate([across.reshape(count, -1), down.reshape(count, -1)], axis=1).astype(np.float32)


_PLACE_WEIGHTS = np.repeat(
    np.array([_HASH_WEIGHT, _GREY_WEIGHT, _LAYOUT_WEIGHT], np.float32),
    [2 * _HASH_SIDE * (_HASH_SIDE - 1), _LARGE_SIDE**2, 2 * _LARGE_SIDE**2],
)


def _colours(copies: Copies) -> Numbers:
    """How much of the picture has each colour, apart for its dark, middle and bright third."""
    count, places = len(copies), COLOUR_SIDE**2
    block = SIDE // COLOUR_SIDE
    grey = copies.grey.reshape(count, COLOUR_SIDE, block, COLOUR_SIDE, block).sum(axis=(2, 4), dtype=np.int32)
    grey = grey.reshape(count, places).astype(np.int16)
    bounds = np.partition(grey, _BOUNDS, axis=1)[:, _BOUNDS]
    third = (grey > bounds[:, :1]).astype(np.int32) + (grey > bounds[:, 1:])
    at = (copies.colour.reshape(count, 2, places) * np.float32(1 / _BIN) + np.float32(_BINS // 2)).clip(
        0, _BINS - 1.001
    )
    low = at.astype(np.int32)
    share = at - low
    picture = np.arange(count, dtype=np.int32)[:, None] * _THIRDS + third
    total = np.zeros(count * _THIRDS * _BINS * _BINS)
    for right in (0, 1):
        for below in (0, 1):
            bins = (picture * _BINS + low[:, 0] + right) * _BINS + low[:, 1] + below
            weight = np.abs(1 - right - share[:, 0]) * np.abs(1 - below - share[:, 1])
            total += np.bincount(bins.ravel(), weight.ravel(), len(total))
    roots = np.sqrt(total.reshape(count, -1) / places)  # its length is 1
    return np.rint(roots * _WHOLE).astype(np.float32)
