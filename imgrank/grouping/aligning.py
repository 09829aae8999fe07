"""How alike two small pictures are once one is laid upon the other: shifted, cut, zoomed, a little turned, brighter.

The motion is an affine one, found from coarse to fine by Gauss and Newton's steps (Lucas and Kanade's method in its
inverse compositional form, Baker and Matthews, IJCV 2004); likeness is the correlation of what then overlaps.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SIDE = 32
_LEVELS = (8, 16, 32)  # sides at which the motion is looked for
_STEPS = (4, 4, 2)  # at each
_PROMISING = (0.8, 0.9, 0.0)  # correlation after each, below which the next is not looked at
_AT_ONCE = 256  # pairs: what they take stays in a processor's cache
_FARTHEST = 0.6  # of a motion's numbers: more is no picture of the same thing
_LEAST_OVERLAP = 0.5  # of the picture
_DAMPING = 0.02
_FLAT = 1.0  # of 255: what varies less has no texture to speak of
_NOISE = 0.5  # of 255: what a shape must stand out of

Floats32 = npt.NDArray[np.float32]
Pairs = npt.NDArray[np.intp]
Mirrored = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Level:
    """Pictures at one side: `grey` (N, side * side), `standard` the same with mean 0 and spread 1.

    `steepest` (N, side * side, 6) says how a picture changes with each number of a motion, `inverse` (N, 6, 6) undoes
    the sum of its squares.
    """

    grey: Floats32
    standard: Floats32
    steepest: Floats32
    inverse: Floats32


def alignment(grey: npt.NDArray[np.uint8], first: Pairs, second: Pairs, mirrored: Mirrored) -> Floats32:
    """(P,) correlations of pictures `first` and `second` (P,) of `grey` (N, 32, 32), the second laid upon the first.

    Where `mirrored` (P,), the second is turned around before. 0 where they do not come to lie upon each other. What is
    found of a pair does not depend on the others.
    """
    parts = [slice(start, start + _AT_ONCE) for start in range(0, len(first), _AT_ONCE)]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        found = list(threads.map(lambda part: _aligned(grey, first[part], second[part], mirrored[part]), parts))
    return np.concatenate(found) if found else np.zeros(0, np.float32)


def _aligned(grey: npt.NDArray[np.uint8], first: Pairs, second: Pairs, mirrored: Mirrored) -> Floats32:
    used, template_of = np.unique(first, return_inverse=True)
    pictures = grey[used].astype(np.float32)
    others = grey[second].astype(np.float32)
    others[mirrored] = others[mirrored, :, ::-1]
    found, left = np.zeros(len(first), np.float32), np.arange(len(first))
    motion = np.tile(np.eye(2, 3, dtype=np.float32), (len(first), 1, 1))
    for side, steps, promising in zip(_LEVELS, _STEPS, _PROMISING, strict=True):
        level, which = _level(pictures, side), template_of[left]
        other = _shrunk(others[left], side)
        template, steepest, inverse = level.standard[which], level.steepest[which], level.inverse[which]
        for _ in range(steps):
            moved, overlap = _moved(other, motion, side)
            difference = (_standard(moved, overlap) - template) * overlap
            step = inverse @ (steepest.transpose(0, 2, 1) @ difference[:, :, None])
            motion = _composed(motion, step[:, :, 0])
        moved, overlap = _moved(other, motion, side)
        found[left] = alike = _correlation(level.grey[which], moved, overlap)
        kept = alike >= promising
        found[left[~kept]] = 0
        left, motion = left[kept], motion[kept]
        if not len(left):
            break
    return found


def _level(pictures: Floats32, side: int) -> _Level:
    count = len(pictures)
    grey = _shrunk(pictures, side)
    standard = _standard(grey, np.ones_like(grey))
    whole = standard.reshape(count, side, side)
    down = np.asarray(np.gradient(whole, axis=1)).reshape(count, -1) * (side / 2)
    across = np.asarray(np.gradient(whole, axis=2)).reshape(count, -1) * (side / 2)
    x, y, _ = _places(side)
    steepest = np.stack([across * x, across * y, across, down * x, down * y, down], axis=2).astype(np.float32)
    squares = steepest.transpose(0, 2, 1) @ steepest + np.eye(6, dtype=np.float32) * (side * side * _DAMPING)
    return _Level(grey, standard, steepest, np.linalg.inv(squares).astype(np.float32))


def _shrunk(pictures: Floats32, side: int) -> Floats32:
    """(N, side * side) of pictures (N, 32, 32)."""
    block = SIDE // side
    if block == 1:
        return pictures.reshape(len(pictures), -1)
    small = pictures.reshape(len(pictures), side, block, side, block)
    return np.asarray(small.sum(axis=(2, 4)) * np.float32(1 / block**2)).reshape(len(pictures), -1)


def _places(side: int) -> Floats32:
    """(3, side * side): x and y of each place from -1 to 1, and ones."""
    along = ((np.arange(side) + 0.5) * 2 / side - 1).astype(np.float32)
    y, x = np.meshgrid(along, along, indexing="ij")
    return np.stack([x.ravel(), y.ravel(), np.ones(side * side, np.float32)])


def _moved(grey: Floats32, motion: Floats32, side: int) -> tuple[Floats32, Floats32]:
    """Pictures (P, side * side) as seen through their motions (P, 2, 3); and 1 where there is a picture to see."""
    at: Floats32 = (motion @ _places(side) + 1) * (side / 2) - 0.5
    inside = np.asarray(((at >= -0.5) & (at <= side - 0.5)).all(axis=1), np.float32)
    at = at.clip(0, side - 1.001)
    whole = at.astype(np.int32)
    right, below = (at - whole)[:, 0], (at - whole)[:, 1]
    picture = np.arange(len(grey), dtype=np.int32)[:, None] * (side * side)
    corner = picture + whole[:, 1] * side + whole[:, 0]
    flat = grey.ravel()
    above: Floats32 = flat.take(corner) * (1 - right) + flat.take(corner + 1) * right
    under: Floats32 = flat.take(corner + side) * (1 - right) + flat.take(corner + side + 1) * right
    return above * (1 - below) + under * below, inside


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
    whole = np.tile(np.eye(3, dtype=np.float32), (len(motion), 1, 1))
    small = whole.copy()
    small[:, :2] += step.reshape(-1, 2, 3)
    whole[:, :2] = motion
    made = (whole @ np.linalg.inv(small))[:, :2]
    near = np.eye(2, 3, dtype=np.float32)
    return np.asarray(near + (made - near).clip(-_FARTHEST, _FARTHEST), np.float32)
