"""What of a small copy can be compared at once with many others: its colours, and where it grows brighter.

Colours hardly change when a picture is cut, shifted or mirrored, the difference hash hardly when it is blurred, shrunk
or exposed otherwise: one of both stays. All are whole numbers, so that their products are exact in any order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imgrank.grouping.copies import COLOUR_SIDE, SIDE, Copies

_BINS, _BIN = 9, 12.0  # of each colour axis, and the width of one
_THIRDS = 3  # dark, middle and bright: by rank, so that exposure does not count
_BOUNDS = (COLOUR_SIDE**2 // _THIRDS, 2 * COLOUR_SIDE**2 // _THIRDS)
_WHOLE = 127.0
_HASH_SIDE = 8
COLOUR_WEIGHT, HASH_WEIGHT = 2.0, 0.7

Numbers = npt.NDArray[np.float32]  # that hold whole numbers
Pairs = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Signatures:
    """Of N pictures: `colours` (N, 243) of length 127, `hash` (N, 112) of -1, 0 and 1, `mirrored` that of the mirror
    images, and `bits` (N,), how many of the hash are not 0."""

    colours: Numbers
    hash: Numbers
    mirrored: Numbers
    bits: Numbers

    def __len__(self) -> int:
        return len(self.colours)

    def nearness(self, first: slice | Pairs, second: slice | Pairs) -> Numbers:
        """(P, Q) of all pairs of `first` and `second`: 2.7 where both agree in colours and in their hash, mirrored or
        not."""
        colours = self.colours[first] @ self.colours[second].T
        upright, turned = self.hash[first] @ self.hash[second].T, self.hash[first] @ self.mirrored[second].T
        length = np.sqrt(np.outer(self.bits[first], self.bits[second]))
        return _nearness(colours, np.maximum(upright, turned), length)

    def of_pairs(self, first: Pairs, second: Pairs) -> tuple[Numbers, Numbers, Numbers]:
        """(P,) each: how far colours, hash, and the hash of the second's mirror image agree, at most 1."""
        colours = np.einsum("pi,pi->p", self.colours[first], self.colours[second]) / np.float32(_WHOLE**2)
        length = np.maximum(np.sqrt(self.bits[first] * self.bits[second]), 1)
        upright = np.einsum("pi,pi->p", self.hash[first], self.hash[second]) / length
        return colours, upright, np.einsum("pi,pi->p", self.hash[first], self.mirrored[second]) / length


def _nearness(colours: Numbers, hashes: Numbers, length: Numbers) -> Numbers:
    colours *= np.float32(COLOUR_WEIGHT / _WHOLE**2)
    hashes *= np.float32(HASH_WEIGHT)
    hashes /= np.maximum(length, 1)
    colours += hashes
    return colours


def signatures(copies: Copies) -> Signatures:
    """The signatures of small copies, row for row."""
    small = copies.grey.reshape(-1, _HASH_SIDE, SIDE // _HASH_SIDE, _HASH_SIDE, SIDE // _HASH_SIDE)
    small = small.sum(axis=(2, 4), dtype=np.int32)
    upright = _difference_hash(small)
    return Signatures(
        _colours(copies), upright, _difference_hash(small[:, :, ::-1]), np.abs(upright).sum(axis=1, dtype=np.float32)
    )


def _difference_hash(small: npt.NDArray[np.int32]) -> Numbers:
    """Whether brightness grows from each place to the next, across and down."""
    count = len(small)
    across, down = np.sign(np.diff(small, axis=2)), np.sign(np.diff(small, axis=1))
    return np.concatenate([across.reshape(count, -1), down.reshape(count, -1)], axis=1).astype(np.float32)


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
