"""Where in a picture a quality is: each part against the middle of the same picture.

The tiles are those that the quality is measured from; those without texture say nothing. Noise is read from the
flattest tiles of the whole picture together and compression from the middle of all, and neither has places.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imgrank.arrays import Flags, Floats
from imgrank.detail.measure import across, edges_of, flat_of, lacking_of, textured_of
from imgrank.detail.qualities import Quality
from imgrank.detail.tiles import SIDE, Picture, Tiles, tops_of

Places = npt.NDArray[np.intp]
WITH_PLACES = (Quality.sharpness, Quality.motion)
_FINER = 8  # samples a side of each part


def places(picture: Picture, tiles: Tiles, quality: Quality, grid: int) -> Floats:
    """(grid, grid): by how many octaves each part of a picture has more of the quality than the middle of its tiles;
    0 where a part says nothing of it. `tiles` are those of the picture."""
    if quality not in WITH_PLACES:
        return np.zeros((grid, grid))
    textured = textured_of(tiles)
    found = _sharpness(tiles, textured) if quality is Quality.sharpness else _motion(tiles, textured)
    against = np.zeros(len(textured))
    against[textured] = found - np.median(found)
    tops = tops_of(picture)
    by_tile = against.reshape(len(tops), -1)
    down = _nearest(np.array(tops), picture.height, grid)
    right = _nearest(SIDE * np.arange(by_tile.shape[1]), picture.width, grid)
    result: Floats = by_tile[down][:, right].reshape(grid, _FINER, grid, _FINER).mean(axis=(1, 3))
    return result


def _nearest(starts: Places, length: int, grid: int) -> Places:
    """(grid * _FINER,) which tile, of those that start there, is nearest to each sample along a side."""
    samples = (np.arange(grid * _FINER) + 0.5) / (grid * _FINER) * length
    nearest: Places = np.abs(starts[None] + SIDE / 2 - samples[:, None]).argmin(axis=1)
    return nearest


def _sharpness(tiles: Tiles, textured: Flags) -> Floats:
    """(tiles with texture,) octaves of the edges that sharpness is made of, before anything counts off."""
    octaves: Floats = edges_of(tiles.scales[0], textured, flat_of(tiles))[:, :2].mean(axis=1)
    return octaves


def _motion(tiles: Tiles, textured: Flags) -> Floats:
    """(tiles with texture,) what each says of motion along the direction in which the whole picture is shaken."""
    total = np.zeros(int(textured.sum()))
    for fine in tiles.scales[:2]:
        weights, octaves = lacking_of(fine, tiles.scales[2], textured)
        lacking = across(octaves) - octaves
        total += lacking[:, (weights @ lacking).argmax()]
    return total
