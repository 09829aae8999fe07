"""Small copies of pictures: what near-duplicates are found by, whichever backbone ranks. 1.5 KB a picture.

A copy holds brightness at 32 by 32 and two numbers of colour at 16 by 16, of the upright picture squashed to a square.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

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
