"""Which parts of a picture move its score: each is washed out in turn, and the score is taken again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from imgrank.arrays import Floats

GRID = 14  # parts a side of the map
WINDOWS = 7  # places a side at which the window stands
WINDOW = 2 / 7  # its side, as a share of the picture's
BLUR = 1 / 8  # what is left of a washed-out part: its colours, no edges; as a share of the side

Pixels = npt.NDArray[np.uint8]
Score = Callable[[Pixels], Floats]


def influence(pixels: Pixels, score: Score) -> tuple[float, Floats]:
    """The score of a square picture (side, side, 3), and by how much it falls where a part is washed out (GRID, GRID).

    `score` takes pictures (N, side, side, 3) and gives (N,). A part gets the mean of the windows that touch it, each
    weighed by how much of the part it covers.
    """
    masks = windows(len(pixels))
    scores = score(np.concatenate([pixels[None], washed_out(pixels, masks)]))
    cover = parts(masks.astype(np.float64))
    falls = scores[0] - scores[1:]
    return float(scores[0]), np.tensordot(falls, cover, axes=1) / cover.sum(axis=0)


def windows(side: int) -> npt.NDArray[np.bool_]:
    """(WINDOWS * WINDOWS, side, side): True where the window stands; together they cover the picture."""
    size = round(side * WINDOW)
    places = np.arange(side)
    starts = np.rint(np.linspace(0, side - size, WINDOWS))[:, None]
    along = (places >= starts) & (places < starts + size)
    return (along[:, None, :, None] & along[None, :, None, :]).reshape(-1, side, side)


def washed_out(pixels: Pixels, masks: npt.NDArray[np.bool_]) -> Pixels:
    """(N, side, side, 3): the picture, blurred where each of N masks is True."""
    blurred = np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(len(pixels) * BLUR)))
    return np.where(masks[..., None], blurred, pixels)


def parts(maps: Floats, grid: int = GRID) -> Floats:
    """Means of maps (..., side, side) over equal parts (..., grid, grid); the sides need not divide."""
    edges = np.rint(np.linspace(0, maps.shape[-1], grid + 1)).astype(int)
    sums = np.add.reduceat(np.add.reduceat(maps, edges[:-1], axis=-1), edges[:-1], axis=-2)
    widths = np.diff(edges)
    result: Floats = sums / np.outer(widths, widths)
    return result
