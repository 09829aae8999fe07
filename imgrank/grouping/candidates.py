"""Which pairs of pictures are worth a closer look, without looking at all pairs of many.

Up to `WHOLE` pictures, all pairs of signatures are compared at once. Of more, only those that share a block: pictures
taken one after another, and pictures whose colours or difference hash fall into one cell (locality-sensitive hashing
after Datar et al., 2004). Projections are of whole numbers and fixed, so that a cell is the same on any computer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from xxhash import xxh3_64_intdigest

from imgrank.grouping.same_moment import CopiesAndTimes
from imgrank.grouping.signatures import Pairs, Signatures

WHOLE = 16_384
NEAR = 2.0  # of signatures; what is less near was the same moment in one pair of a hundred
MOST_NEIGHBOURS = 24  # of one picture: the nearest
_BLOCK = 2048  # rows of pairs compared at once
_TABLES, _COLOUR_CUTS, _HASH_BITS = 24, 8, 16
_CELL = 0.8  # width of a cell, of colours whose length is 1
_NEXT = 8  # pictures taken after one that are compared with it
_SEED = 20


@dataclass(frozen=True, slots=True, eq=False)
class PairCandidates:
    """Pairs `first` < `second` (P,), nearest first; `cut` tells that a picture had more neighbours than are kept."""

    first: Pairs
    second: Pairs
    cut: bool


def candidates(album: CopiesAndTimes) -> PairCandidates:
    """The pairs of an album that may show the same moment."""
    signs = album.signatures
    known = np.flatnonzero(album.copies.known)
    blocks = [known] if len(known) <= WHOLE else _blocks(album, known)
    firsts: list[Pairs] = []
    seconds: list[Pairs] = []
    nears: list[npt.NDArray[np.float32]] = []
    for block in blocks:
        for first, second, near in _near_pairs(signs, block):
            firsts.append(first)
            seconds.append(second)
            nears.append(near)
    if not firsts:
        return PairCandidates(np.zeros(0, np.intp), np.zeros(0, np.intp), False)
    first, second, near = np.concatenate(firsts), np.concatenate(seconds), np.concatenate(nears)
    _, once = np.unique(first * len(album) + second, return_index=True)
    order = once[np.lexsort((second[once], first[once], -near[once]))]
    return _nearest(first[order], second[order])


def _near_pairs(signs: Signatures, block: Pairs) -> Iterator[tuple[Pairs, Pairs, npt.NDArray[np.float32]]]:
    for start in range(0, len(block), _BLOCK):
        rows = block[start : start + _BLOCK]
        for other in range(start, len(block), _BLOCK):
            columns = block[other : other + _BLOCK]
            near = signs.nearness(rows, columns)
            row, column = np.nonzero(near >= NEAR)
            kept = rows[row] < columns[column]
            row, column = row[kept], column[kept]
            yield rows[row], columns[column], np.round(near[row, column], 4)


def _nearest(first: Pairs, second: Pairs) -> PairCandidates:
    """Pairs that are among the nearest of either of their pictures; they come nearest first."""
    kept = np.minimum(place_among(first), place_among(second)) < MOST_NEIGHBOURS
    return PairCandidates(first[kept], second[kept], not kept.all())


def place_among(owners: Pairs) -> Pairs:
    """(P,) how many before each have the same owner."""
    order = np.argsort(owners, kind="stable")
    place = np.empty(len(owners), np.intp)
    place[order] = np.arange(len(owners)) - np.searchsorted(owners[order], owners[order])
    return place


def _blocks(album: CopiesAndTimes, known: Pairs) -> Iterator[Pairs]:
    yield from _one_after_another(album, known)
    for cells in _cells(album.signatures):
        order = known[np.argsort(cells[known], kind="stable")]
        bounds = np.flatnonzero(np.diff(cells[order])) + 1
        starts, ends = np.concatenate([[0], bounds]), np.concatenate([bounds, [len(order)]])
        for n in np.flatnonzero(ends - starts > 1).tolist():
            yield np.sort(order[starts[n] : ends[n]])


def _one_after_another(album: CopiesAndTimes, known: Pairs) -> Iterator[Pairs]:
    """Runs of pictures by the time of taking, each of which overlaps the next."""
    dated = known[~np.isnan(album.times[known])]
    order = dated[np.argsort(album.times[dated], kind="stable")]
    for start in range(0, max(len(order) - 1, 0), _NEXT):
        yield np.sort(order[start : start + 2 * _NEXT])


def _cells(signs: Signatures) -> Iterator[npt.NDArray[np.uint64]]:
    """Cells (N,) of one table after another; pictures of one cell may be alike."""
    rng = np.random.default_rng(_SEED)
    scale = 127 / 3  # of directions, whose numbers are whole then
    width = _CELL * 127 * scale
    for _ in range(_TABLES):
        directions = np.rint(rng.normal(0, scale, (signs.colours.shape[1], _COLOUR_CUTS))).clip(-127, 127)
        offsets = rng.uniform(0, width, _COLOUR_CUTS)
        yield _hashed(np.floor((signs.colours @ directions.astype(np.float32) + offsets) / width))
        bits = rng.choice(signs.hash.shape[1], _HASH_BITS, replace=False)
        yield _hashed(signs.hash[:, bits] > 0)


def _hashed(rows: npt.NDArray[np.float64] | npt.NDArray[np.bool_]) -> npt.NDArray[np.uint64]:
    whole = np.ascontiguousarray(rows.astype(np.int16))
    return np.array([xxh3_64_intdigest(row.tobytes()) for row in whole], np.uint64)
