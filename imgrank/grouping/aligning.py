"""How alike two small pictures are once one is laid upon the other: shifted, cut, zoomed, a little turned, brighter.

The motion is an affine one, found from coarse to fine by Gauss and Newton's steps (Lucas and Kanade's method in its
inverse compositional form, Baker and Matthews, IJCV 2004); likeness is the correlation of what then overlaps.
"""

from __future__ import annotations

import functools
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SIDE = 32
_AT_ONCE = 256  # pairs: what they take stays in a processor's cache
_FARTHEST = 0.6  # of a motion's numbers: more is no picture of the same thing
_LEAST_OVERLAP = 0.5  # of the picture
_DAMPING = 0.02
_LEAST_AREA = 0.05  # that a step leaves of a picture
_FLAT = 1.0  # of 255: what varies less has no texture to speak of
_NOISE = 0.5  # of 255: what a shape must stand out of


@dataclass(frozen=True, slots=True)
class _Round:
    """At which `side` the motion is looked for in how many `steps`, and below which correlation no further.

    Where one is asked for: how much less may still become it, and whether it is enough to reach it here.
    """

    side: int
    steps: int
    promising: float
    short: float
    is_enough: bool = False


_ROUNDS = (_Round(8, 4, 0.8, 0.15), _Round(16, 4, 0.9, 0.05), _Round(32, 2, 0.0, 0.0))
# What is laid well at 16 mostly needs no step at 32: to look is enough.
_ROUNDS_TO_REACH = (*_ROUNDS[:2], _Round(32, 0, 0.0, 0.1, is_enough=True), _ROUNDS[2])

Floats32 = npt.NDArray[np.float32]
Pairs = npt.NDArray[np.intp]
Mirrored = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Level:
    """Pictures at one side: `standard` (N, side * side), their brightness with mean 0 and spread 1.

    `steepest` (N, 6, side * side) says how a picture changes with each number of a motion, `inverse` (N, 6, 6) undoes
    the sum of its squares.
    """

    standard: Floats32
    steepest: Floats32
    inverse: Floats32


@dataclass(frozen=True, slots=True)
class _Asked:
    """Pairs of pictures (P,), and the correlation that each must reach; None where it is to be found out."""

    first: Pairs
    second: Pairs
    mirrored: Mirrored
    least: Floats32 | None

    def part(self, rows: slice | Pairs) -> _Asked:
        least = None if self.least is None else self.least[rows]
        return _Asked(self.first[rows], self.second[rows], self.mirrored[rows], least)


def alignment(grey: npt.NDArray[np.uint8], first: Pairs, second: Pairs, mirrored: Mirrored) -> Floats32:
    """(P,) correlations of pictures `first` and `second` (P,) of `grey` (N, 32, 32), the second laid upon the first.

    Where `mirrored` (P,), the second is turned around before. 0 where they do not come to lie upon each other. What is
    found of a pair does not depend on the others.
    """
    return _found(grey, _Asked(first, second, mirrored, None))


def reaches(
    grey: npt.NDArray[np.uint8], first: Pairs, second: Pairs, mirrored: Mirrored, least: Floats32
) -> npt.NDArray[np.bool_]:
    """(P,) whether the correlation of each pair is `least` (P,) or more; quicker, for small copies tell most of it."""
    return np.asarray(_found(grey, _Asked(first, second, mirrored, least)) >= least)


def _found(grey: npt.NDArray[np.uint8], asked: _Asked) -> Floats32:
    order = np.argsort(asked.first, kind="stable")  # what is made ready of a picture serves its pairs
    parts = [asked.part(order[start : start + _AT_ONCE]) for start in range(0, len(order), _AT_ONCE)]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        found = list(threads.map(lambda part: _aligned(grey, part), parts))
    result = np.zeros(len(order), np.float32)
    if found:
        result[order] = np.concatenate(found)
    return result


def _aligned(grey: npt.NDArray[np.uint8], asked: _Asked) -> Floats32:
    found, left = np.zeros(len(asked.first), np.float32), np.arange(len(asked.first))
    motion = np.tile(np.eye(2, 3, dtype=np.float32), (len(left), 1, 1))
    rounds = _ROUNDS if asked.least is None else _ROUNDS_TO_REACH
    for each in rounds:
        pairs = asked.part(left)
        alike, motion = _looked(grey, pairs, motion, each)
        lowest = each.promising if pairs.least is None else pairs.least - np.float32(each.short)
        promising = alike >= lowest
        found[left] = np.where(promising, alike, 0)
        if pairs.least is not None and each.is_enough:
            promising &= alike < pairs.least
        left, motion = left[promising], motion[promising]
        if not len(left):
            break
    return found


def _looked(grey: npt.NDArray[np.uint8], pairs: _Asked, motion: Floats32, how: _Round) -> tuple[Floats32, Floats32]:
    """The correlations, and the motions by which the second of each comes to lie upon the first."""
    side = how.side
    used, which = np.unique(pairs.first, return_inverse=True)
    pictures, others = _shrunk(grey[used], side), _shrunk(grey[pairs.second], side)
    mirrored = pairs.mirrored
    others[mirrored] = others[mirrored].reshape(-1, side, side)[:, :, ::-1].reshape(-1, side * side)
    corners = _corners(others, side)
    if how.steps:
        motion = _nearer(_level(pictures, side), which, corners, motion, how)
    return _correlation(pictures[which], *_moved(corners, motion, side)), motion


def _nearer(
    level: _Level, which: Pairs, corners: npt.NDArray[np.complex128], motion: Floats32, how: _Round
) -> Floats32:
    """The motions after some steps."""
    template, steepest, inverse = level.standard[which], level.steepest[which], level.inverse[which]
    for _ in range(how.steps):
        moved, overlap = _moved(corners, motion, how.side)
        difference = (_standard(moved, overlap) - template) * overlap
        motion = _composed(motion, (inverse @ (steepest @ difference[:, :, None]))[:, :, 0])
    return motion


def _level(grey: Floats32, side: int) -> _Level:
    count = len(grey)
    standard = _standard(grey, np.ones_like(grey))
    whole = standard.reshape(count, side, side)
    down = np.asarray(np.gradient(whole, axis=1)).reshape(count, -1) * np.float32(side / 2)
    across = np.asarray(np.gradient(whole, axis=2)).reshape(count, -1) * np.float32(side / 2)
    x, y, _ = _places(side)
    steepest = np.stack([across * x, across * y, across, down * x, down * y, down], axis=1).astype(np.float32)
    squares = steepest @ steepest.transpose(0, 2, 1) + np.eye(6, dtype=np.float32) * (side * side * _DAMPING)
    return _Level(standard, steepest, _inverse(squares))


def _inverse(squares: Floats32) -> Floats32:
    """Of (N, 6, 6), none of which needs to be turned for it: all are sums of squares, and damped."""
    whole = np.concatenate([squares, np.broadcast_to(np.eye(6, dtype=np.float32), squares.shape)], axis=2)
    for n in range(6):
        whole[:, n] /= whole[:, n, n, None]
        others = whole[:, :, n].copy()
        others[:, n] = 0
        whole -= others[:, :, None] * whole[:, n, None, :]
    return np.ascontiguousarray(whole[:, :, 6:])


def _shrunk(pictures: npt.NDArray[np.uint8], side: int) -> Floats32:
    """(N, side * side) of pictures (N, 32, 32)."""
    block = SIDE // side
    if block == 1:
        return pictures.reshape(len(pictures), -1).astype(np.float32)
    small = pictures.reshape(len(pictures), side, block, side, block).sum(axis=(2, 4), dtype=np.int32)
    return np.asarray(small * np.float32(1 / block**2), np.float32).reshape(len(pictures), -1)


@functools.cache
def _places(side: int) -> Floats32:
    """(3, side * side): x and y of each place from -1 to 1, and ones."""
    along = ((np.arange(side) + 0.5) * 2 / side - 1).astype(np.float32)
    y, x = np.meshgrid(along, along, indexing="ij")
    return np.stack([x.ravel(), y.ravel(), np.ones(side * side, np.float32)])


def _corners(grey: Floats32, side: int) -> npt.NDArray[np.complex128]:
    """(N * side * side,) four numbers of 32 bits in one of 128: a place, the next, and the two below them.

    What lies between four places is then read in one go.
    """
    whole = grey.reshape(-1, side, side)
    four = np.zeros((*whole.shape, 4), np.float32)
    four[..., 0] = whole
    four[:, :, :-1, 1] = whole[:, :, 1:]
    four[:, :-1, :, 2] = whole[:, 1:]
    four[:, :-1, :-1, 3] = whole[:, 1:, 1:]
    return four.reshape(-1, 4).view(np.complex128).ravel()


def _moved(corners: npt.NDArray[np.complex128], motion: Floats32, side: int) -> tuple[Floats32, Floats32]:
    """Pictures (P, side * side) as seen through their motions (P, 2, 3); and 1 where there is a picture to see."""
    half = np.float32(side / 2)
    at = motion * half
    at[:, :, 2] += half - np.float32(0.5)
    at = at @ _places(side)
    seen = (at >= -0.5) & (at <= side - 0.5)
    at = at.clip(0, np.float32(side - 1.001))
    whole = at.astype(np.int32)
    at -= whole
    right, below = at[:, 0], at[:, 1]
    picture = np.arange(len(motion))[:, None] * (side * side)
    four = corners.take(picture + (whole[:, 1] * side + whole[:, 0])).view(np.float32).reshape(len(motion), -1, 4)
    above: Floats32 = four[..., 0] + right * (four[..., 1] - four[..., 0])
    under: Floats32 = four[..., 2] + right * (four[..., 3] - four[..., 2])
    return above + below * (under - above), (seen[:, 0] & seen[:, 1]).astype(np.float32)


def _standard(values: Floats32, weights: Floats32) -> Floats32:
    """Values with mean 0 and spread 1 where weights are 1, and 0 elsewhere; flat ones stay near 0."""
    total = weights.sum(axis=1, keepdims=True) + 1e-6
    centred = (values - (values * weights).sum(axis=1, keepdims=True) / total) * weights
    spread = np.sqrt((centred * centred).sum(axis=1, keepdims=True) / total)
    return np.asarray(centred / (spread + _FLAT))


def _correlation(one: Floats32, other: Floats32, overlap: Floats32) -> Floats32:
    """Of what overlaps; less where one of them is so flat that its shape may be noise."""
    total = overlap.sum(axis=1) + 1e-6
    a, b = ((values - ((values * overlap).sum(axis=1) / total)[:, None]) * overlap for values in (one, other))
    squares = (a * a).sum(axis=1) / total, (b * b).sum(axis=1) / total
    product = (a * b).sum(axis=1) / total / np.sqrt((squares[0] + _NOISE**2) * (squares[1] + _NOISE**2))
    return np.where(overlap.mean(axis=1) < _LEAST_OVERLAP, 0, product).astype(np.float32)


def _composed(motion: Floats32, step: Floats32) -> Floats32:
    """The motion after the inverse of a small one."""
    a, b, c, d = 1 + step[:, 0], step[:, 1], step[:, 3], 1 + step[:, 4]
    area = a * d - b * c
    area = np.where(np.abs(area) < _LEAST_AREA, np.float32(_LEAST_AREA), area)
    undone = np.stack([d, -b, -c, a], axis=1).reshape(-1, 2, 2) / area[:, None, None]
    made = np.empty_like(motion)
    made[:, :, :2] = motion[:, :, :2] @ undone
    made[:, :, 2] = motion[:, :, 2] - (made[:, :, :2] @ step[:, [2, 5], None])[:, :, 0]
    near = np.eye(2, 3, dtype=np.float32)
    return np.asarray(near + (made - near).clip(-_FARTHEST, _FARTHEST), np.float32)
