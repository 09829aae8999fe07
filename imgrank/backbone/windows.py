"""Squares cut from a long picture, which together show all of it, how what they say becomes one answer, and pooling.

Pooling is over areas of a grid of any size: means and totals survive where sizes do not divide.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch

from imgrank.arrays import area_weights
from imgrank.backbone.contract import Pixels

GRID = 7


def pool_grid(
    grid: torch.Tensor, rows: torch.Tensor | None = None, columns: torch.Tensor | None = None, most: int = GRID
) -> torch.Tensor:
    """(B, D, H, W) to (B, P, D), averaged over areas to at most so many cells a side (0: any); the mean stays.

    With `rows` (B, R, H) and `columns` (B, C, W) each grid is averaged by weights of its own.
    """
    if rows is not None and columns is not None:
        grid = torch.einsum("bchw,bih,bjw->bcij", grid, rows.to(grid), columns.to(grid))
    elif max(grid.shape[2:]) > (most or math.inf):
        rows, columns = (torch.from_numpy(area_weights(size, min(size, most))).to(grid) for size in grid.shape[2:])
        grid = torch.einsum("bchw,ih,jw->bcij", grid, rows, columns)
    return grid.flatten(2).transpose(1, 2)


@dataclass(frozen=True, slots=True)
class Window:
    """The `number`-th square of a picture of `height` x `width`, one of which is the square's side."""

    height: int
    width: int
    number: int


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """All squares of some pictures: pixels (W, side, side, 3), where each stands, and of which picture it is."""

    pixels: Pixels
    places: tuple[Window, ...]
    owners: npt.NDArray[np.intp]


def cut(pictures: Sequence[Pixels], side: int) -> Windows:
    """Squares of pictures (height, width, 3) whose shorter side is `side`: one where both are, else some that overlap
    as evenly as pixels allow. Of an odd number the middle one is the centre crop."""
    squares, places, owners = [], [], []
    for owner, picture in enumerate(pictures):
        height, width = picture.shape[:2]
        for number, start in enumerate(starts(max(height, width), side)):
            rows, columns = (slice(start, start + side) if length > side else slice(None) for length in (height, width))
            squares.append(picture[rows, columns])
            places.append(Window(height, width, number))
            owners.append(owner)
    return Windows(np.stack(squares), tuple(places), np.array(owners))


def starts(length: int, side: int) -> list[int]:
    """Where the squares begin along the longer side."""
    count = -(-length // side)
    return [round(number * (length - side) / max(count - 1, 1)) for number in range(count)]


def shares(
    windows: Sequence[Window], side: int, rows: int, columns: int, most: int = GRID
) -> tuple[torch.Tensor, torch.Tensor]:
    """Weights (W, rows', rows) and (W, columns', columns) by which each square's grid of cells becomes its part of the
    whole picture's grid of at most so many a side (0: any); the parts of all squares of a picture add up to its means
    over areas."""
    down = [_along(window.height, side, rows, most)[_number(window.height, side, window)] for window in windows]
    across = [_along(window.width, side, columns, most)[_number(window.width, side, window)] for window in windows]
    return torch.stack(down), torch.stack(across)


def _number(length: int, side: int, window: Window) -> int:
    return window.number if length > side else 0


@lru_cache(maxsize=4096)
def _along(length: int, side: int, cells: int, most: int) -> torch.Tensor:
    """(squares, target, cells) float32. What two squares both show counts half from each."""
    begins = np.array(starts(length, side), float)
    target = min(cells, most or cells)
    edges = begins[:, None] + np.arange(cells + 1) * (side / cells)  # (squares, cells + 1)
    wanted = np.arange(target + 1) * (length / target)
    cuts = np.unique(np.concatenate([edges.ravel(), wanted]))
    middle, widths = (cuts[1:] + cuts[:-1]) / 2, np.diff(cuts)
    seen = (middle >= begins[:, None]) & (middle < begins[:, None] + side)  # (squares, pieces)
    piece = np.where(seen, widths / np.maximum(seen.sum(axis=0), 1), 0) * target / length
    cell = ((middle - begins[:, None]) * cells / side).astype(int).clip(0, cells - 1)
    place = (middle * target / length).astype(int).clip(0, target - 1)
    weights = np.zeros((len(begins), target, cells))
    for square in range(len(begins)):
        np.add.at(weights[square], (place, cell[square]), piece[square])
    return torch.from_numpy(weights.astype(np.float32))
