"""How alike two small pictures are once one is laid upon the other: shifted, cut, zoomed, a little turned, brighter.

The motion is an affine one, found from coarse to fine by Gauss and Newton's steps (Lucas and Kanade's method in its
inverse compositional form, Baker and Matthews, IJCV 2004); likeness is the correlation of what then overlaps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SIDE = 32
_LEVELS = (8, 16, 32)  # sides at which the motion is looked for
_STEPS = (5, 4, 2)  # at each
_PROMISING = (0.5, 0.75, 0.0)  # correlation after each, below which the next is not looked at
_AT_ONCE = 1024  # pairs
_FARTHEST = 0.6  # of a motion's numbers: more is no picture of the same thing
_LEAST_OVERLAP = 0.5  # of the picture
_DAMPING = 0.02
_FLAT = 1.0  # of 255: what varies less has no texture to speak of

Floats32 = npt.NDArray[np.float32]
Pairs = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class _Level:
    """All pictures at one side: `grey` (N, side * side), `standard` the same with mean 0 and spread 1.

    `steepest` (N, side * side, 6) says how a picture changes with each number of a motion, `inverse` (N, 6, 6) undoes
    the sum of its squares.
    """

    side: int
    grey: Floats32
    standard: Floats32
    steepest: Floats32
    inverse: Floats32


def alignment(grey: npt.NDArray[np.uint8], first: Pairs, second: Pairs, mirrored: bool = False) -> Floats32:
    """(P,) correlations of pictures `first` and `second` (P,) of `grey` (N, 32, 32), each pair laid upon each other.

    `mirrored` turns the second around first. 0 where they do not come to lie upon each other.
    """
    if not len(first):
        return np.zeros(0, np.float32)
    used, at = np.unique(np.concatenate([first, second]), return_inverse=True)
    pictures = grey[used].astype(np.float32)
    levels = [_level(pictures, side) for side in _LEVELS]
    others = [_level(pictures[:, :, ::-1], side) for side in _LEVELS] if mirrored else levels
    found = np.zeros(len(first), np.float32)
    for start in range(0, len(first), _AT_ONCE):
        end = min(start + _AT_ONCE, len(first))
        found[start:end] = _aligned(levels, others, at[start:end], at[len(first) + start : len(first) + end])
    return found


def _aligned(levels: list[_Level], others: list[_Level], first: Pairs, second: Pairs) -> Floats32:
    found, left = np.zeros(len(first), np.float32), np.arange(len(first))
    motion = np.tile(np.eye(2, 3, dtype=np.float32), (len(first), 1, 1))
    for level, other, steps, promising in zip(levels, others, _STEPS, _PROMISING, strict=True):
        template, steepest, inverse = level.standard[first], level.steepest[first], level.inverse[first]
        for _ in range(steps):
            moved, overlap = _moved(other.grey, second, motion, level.side)
            difference = (_standard(moved, overlap) - template) * overlap
            step = inverse @ (steepest.transpose(0, 2, 1) @ difference[:, :, None])
            motion = _composed(motion, step[:, :, 0])
        moved, overlap = _moved(other.grey, second, motion, level.side)
        found[left] = alike = _correlation(level.grey[first], moved, overlap)
        kept = np.flatnonzero(alike >= promising)
        left, motion, first, second = left[kept], motion[kept], first[kept], second[kept]
    found[np.setdiff1d(np.arange(len(found)), left)] = 0
    return found


def _level(pictures: Floats32, side: int) -> _Level:
    count, block = len(pictures), SIDE // side
    small = pictures.reshape(count, side, block, side, block).mean(axis=(2, 4), dtype=np.float32)
    grey = small.reshape(count, -1)
    standard = _standard(grey, np.ones_like(grey))
    whole = standard.reshape(count, side, side)
    down = np.asarray(np.gradient(whole, axis=1)).reshape(count, -1) * (side / 2)
    across = np.asarray(np.gradient(whole, axis=2)).reshape(count, -1) * (side / 2)
    x, y, _ = _places(side)
    steepest = np.stack([across * x, across * y, across, down * x, down * y, down], axis=2).astype(np.float32)
    squares = steepest.transpose(0, 2, 1) @ steepest + np.eye(6, dtype=np.float32) * (side * side * _DAMPING)
    return _Level(side, grey, standard, steepest, np.linalg.inv(squares).astype(np.float32))


def _places(side: int) -> Floats32:
    """(3, side * side): x and y of each place from -1 to 1, and ones."""
    along = ((np.arange(side) + 0.5) * 2 / side - 1).astype(np.float32)
    y, x = np.meshgrid(along, along, indexing="ij")
    return np.stack([x.ravel(), y.ravel(), np.ones(side * side, np.float32)])


def _moved(grey: Floats32, which: Pairs, motion: Floats32, side: int) -> tuple[Floats32, Floats32]:
    """Pictures `which` of `grey` as seen through their motions (P, 2, 3); and 1 where there is a picture to see."""
    at: Floats32 = (motion @ _places(side) + 1) * (side / 2) - 0.5
    inside = np.asarray(((at >= -0.5) & (at <= side - 0.5)).all(axis=1), np.float32)
    at = at.clip(0, side - 1.001)
    whole = at.astype(np.int32)
    right, below = (at - whole)[:, 0], (at - whole)[:, 1]
    corner = which.astype(np.int32)[:, None] * (side * side) + whole[:, 1] * side + whole[:, 0]
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
    a, b = _standard(one, overlap), _standard(other, overlap)
    product = (a * b).sum(axis=1) / (np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1)) + 1e-6)
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
