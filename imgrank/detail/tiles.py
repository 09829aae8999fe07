"""A picture at its full size as square tiles, and the energies of each at three scales.

A tile is SIDE pixels wide. Scale 0 is the picture as it is, each further one is smoothed and halved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np
import numpy.typing as npt

SIDE = 64
SCALES = 3
DIRECTIONS = 4
_STEPS = ((0, 1), (1, 0), (1, 1), (1, -1))  # rows and columns from a pixel to its neighbour in each direction
_WIDE = 2  # pixels from the middle of a wide second difference to either end
_MARGIN = 22  # rows and columns around a tile that its coarsest scale looks at
_SMOOTHING = 2  # pixels that smoothing takes off each side
_MOST_PIXELS = 8_500_000  # of larger pictures, evenly spread bands are read
_BLACK, _WHITE = 2, 253

Floats32 = npt.NDArray[np.float32]


class Picture(Protocol):
    """Brightness, some rows at a time."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    def rows(self, top: int, bottom: int) -> npt.NDArray[np.uint8]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Energies:
    """Of T tiles at one scale: mean squares `fine` (T,) of what smoothing takes away and `xx`, `yy`, `xy` (T,) of the
    gradient; `curves` (T, DIRECTIONS), the mean fourth powers of second differences along rows, columns and both
    diagonals, which the strongest edges make up."""

    fine: Floats32
    xx: Floats32
    yy: Floats32
    xy: Floats32
    curves: Floats32


@dataclass(frozen=True, slots=True, eq=False)
class Tiles:
    """T tiles: `mean` brightness (T,), its `variance` (T,), `black` and `white` (T,) shares of clipped pixels,
    `grain` (T,), the mean square of what no edge leaves behind, `steps` (T, 8), the mean absolute step between
    neighbouring columns by their place modulo 8, `wide` (T, DIRECTIONS), the same as `curves` at scale 0 of pixels
    twice as far apart, and energies by scale."""

    mean: Floats32
    variance: Floats32
    black: Floats32
    white: Floats32
    grain: Floats32
    steps: Floats32
    wide: Floats32
    scales: tuple[Energies, ...]


def tiles_of(picture: Picture) -> Tiles:
    """The tiles of a picture; what is left at its right and lower rim counts for none, unless it is all there is."""
    bands = [_tiles_of_band(band) for band in _bands(picture)]
    return _joined(bands)


def _bands(picture: Picture) -> Iterator[Floats32]:
    """(SIDE + margins, whole tiles + margins) brightness, mirrored where the picture ends."""
    columns = max(1, picture.width // SIDE)
    for top in tops_of(picture):
        first, last = max(0, top - _MARGIN), min(picture.height, top + SIDE + _MARGIN)
        rows = picture.rows(first, last)[:, : columns * SIDE + _MARGIN]
        above, left = first - (top - _MARGIN), _MARGIN
        below, right = SIDE + 2 * _MARGIN - len(rows) - above, columns * SIDE + _MARGIN - rows.shape[1]
        yield np.pad(rows, ((above, below), (left, right)), mode="symmetric").astype(np.float32)


def tops_of(picture: Picture) -> list[int]:
    count = max(1, picture.height // SIDE)
    affordable = max(1, _MOST_PIXELS // (max(1, picture.width // SIDE) * SIDE * SIDE))
    kept = min(count, affordable)
    return [SIDE * (number * count // kept) for number in range(kept)]


def _tiles_of_band(band: Floats32) -> Tiles:
    inner = _inner(band, _MARGIN)
    mean = _means(inner, SIDE)
    scales, picture, margin, side = [], band, _MARGIN, SIDE
    for _ in range(SCALES):
        smoothed = _smoothed(picture)
        scales.append(_energies(picture, smoothed, margin, side))
        picture, margin, side = smoothed[::2, ::2], (margin - _SMOOTHING) // 2, side // 2
    return Tiles(
        mean=mean,
        variance=_means(inner * inner, SIDE) - mean * mean,
        black=_means((inner <= _BLACK).astype(np.float32), SIDE),
        white=_means((inner >= _WHITE).astype(np.float32), SIDE),
        grain=_grain(band),
        steps=_steps(band),
        wide=_curves(band, _MARGIN, SIDE, _WIDE),
        scales=tuple(scales),
    )


def _energies(picture: Floats32, smoothed: Floats32, margin: int, side: int) -> Energies:
    centre = _inner(picture, margin)
    fine = centre - _inner(smoothed, margin - _SMOOTHING)
    x = (_moved(picture, margin, 0, 1) - _moved(picture, margin, 0, -1)) * np.float32(0.5)
    y = (_moved(picture, margin, 1, 0) - _moved(picture, margin, -1, 0)) * np.float32(0.5)
    return Energies(
        _means(fine * fine, side),
        _means(x * x, side),
        _means(y * y, side),
        _means(x * y, side),
        _curves(picture, margin, side),
    )


def _curves(picture: Floats32, margin: int, side: int, apart: int = 1) -> Floats32:
    """(T, DIRECTIONS) mean fourth powers of second differences, of pixels so many steps apart."""
    doubled = 2 * _inner(picture, margin)
    powers = []
    for down, right in _STEPS:
        down, right = apart * down, apart * right
        curve = _moved(picture, margin, down, right) + _moved(picture, margin, -down, -right)
        curve -= doubled
        curve *= curve
        curve *= curve
        powers.append(_means(curve, side))
    return np.stack(powers, axis=1)


def _grain(band: Floats32) -> Floats32:
    """Mean squares of second differences along both axes, of unit gain for white noise: straight edges leave none."""
    around = _inner(band, _MARGIN - 1)
    across = around[:, 2:] - 2 * around[:, 1:-1] + around[:, :-2]
    both = (across[2:] - 2 * across[1:-1] + across[:-2]) / 6
    return _means(both * both, SIDE)


def _steps(band: Floats32) -> Floats32:
    around = _inner(band, _MARGIN - 1)[1:-1, 1:]
    steps = np.abs(around[:, 1:] - around[:, :-1])
    by_place: Floats32 = steps.reshape(SIDE, -1, SIDE // 8, 8).mean(axis=(0, 2))
    return by_place


def _smoothed(picture: Floats32) -> Floats32:
    """Binomial weights 1 4 6 4 1 along both axes, as pairs averaged four times."""
    for _ in range(2 * _SMOOTHING):
        picture = (picture[1:] + picture[:-1]) * np.float32(0.5)
    for _ in range(2 * _SMOOTHING):
        picture = (picture[:, 1:] + picture[:, :-1]) * np.float32(0.5)
    return picture


def _inner(picture: Floats32, margin: int) -> Floats32:
    return picture[margin : len(picture) - margin, margin : picture.shape[1] - margin]


def _moved(picture: Floats32, margin: int, down: int, right: int) -> Floats32:
    """What `_inner` gives of the picture, some pixels further on."""
    height, width = picture.shape
    return picture[margin + down : height - margin + down, margin + right : width - margin + right]


def _means(values: Floats32, side: int) -> Floats32:
    """(T,) the mean of each of T squares side by side."""
    means: Floats32 = values.mean(axis=0).reshape(-1, side).mean(axis=1)  # rows first: a third of the time
    return means


def _joined(bands: list[Tiles]) -> Tiles:
    scales = tuple(
        Energies(*(np.concatenate([getattr(band.scales[k], one.name) for band in bands]) for one in fields(Energies)))
        for k in range(SCALES)
    )
    whole = {
        one.name: np.concatenate([getattr(band, one.name) for band in bands])
        for one in fields(Tiles)
        if one.name != "scales"
    }
    return Tiles(**whole, scales=scales)
