"""By how much a score falls where parts of a picture are washed out: a map of what speaks for it, whoever scores."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from imgrank.arrays import Floats

Pixels = npt.NDArray[np.uint8]
GRID = 14  # parts a side of the map
WINDOWS = 7  # places a side at which the window stands
WINDOW = 2 / 7  # its side, as a share of the picture's
BLUR = 1 / 8  # what is left of a washed-out part: its colours, no edges; as a share of the side

Score = Callable[[Pixels], Floats]


def influence(pixels: Pixels, score: Score) -> tuple[float, Floats]:
    """The score of a picture (height, width, 3), and by how much it falls where a part is washed out (GRID, GRID).

    `score` takes pictures (N, height, width, 3) and gives (N,). A part gets the mean of the windows that touch it, each
    weighed by how much of the part it covers.
    """
    masks = windows(*pixels.shape[:2])
    scores = score(np.concatenate([pixels[None], washed_out(pixels, masks)]))
    cover = parts(masks.astype(np.float64))
    falls = scores[0] - scores[1:]
    return float(scores[0]), np.tensordot(falls, cover, axes=1) / cover.sum(axis=0)


def windows(height: int, width: int) -> npt.NDArray[np.bool_]:
    """(WINDOWS * WINDOWS, height, width): True where the window stands; together they cover the picture."""
    down, across = _along(height), _along(width)
    return (down[:, None, :, None] & across[None, :, None, :]).reshape(-1, height, width)


def _along(side: int) -> npt.NDArray[np.bool_]:
    size = round(side * WINDOW)
    places = np.arange(side)
    starts = np.rint(np.linspace(0, side - size, WINDOWS))[:, None]
    return (places >= starts) & (places < starts + size)


def washed_out(pixels: Pixels, masks: npt.NDArray[np.bool_]) -> Pixels:
    """(N, height, width, 3): the picture, blurred where each of N masks is True."""
    blurred = np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(min(pixels.shape[:2]) * BLUR)))
    return np.where(masks[..., None], blurred, pixels)


def parts(maps: Floats, grid: int = GRID) -> Floats:
    """Means of maps (..., height, width) over equal parts (..., grid, grid); the sides need not divide."""
    down, across = (np.rint(np.linspace(0, size, grid + 1)).astype(int) for size in maps.shape[-2:])
    sums = np.add.reduceat(np.add.reduceat(maps, across[:-1], axis=-1), down[:-1], axis=-2)
    result: Floats = sums / np.outer(np.diff(down), np.diff(across))
    return result
