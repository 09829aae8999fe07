"""Area pooling of a grid of any size: means and totals survive where sizes do not divide."""

from __future__ import annotations

import math

import torch

from imgrank.arrays import area_weights

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
