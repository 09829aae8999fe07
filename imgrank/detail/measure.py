"""A picture at its full size to the few numbers that say how sharp, shaken, noisy and blocky it is.

They are read from energies of square tiles at three scales. A tile is SIDE pixels wide. Scale 0 is the picture as it
is, each further one is smoothed and halved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np
import numpy.typing as npt

from imgrank.arrays import Floats

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


DETAIL_VERSION = 3  # changes with any number below, or with what is decoded: it names where they are stored

_QUANTILES = (0.9, 0.97)
NAMES = (
    *(
        f"{which} edges {quantile} at scale {scale}"
        for scale in range(SCALES)
        for which in ("weakest", "mean")
        for quantile in _QUANTILES
    ),
    "sharpest tile",
    "edges against coarse",
    "corners",
    "noise",
    "coarse noise",
    "motion",
    "coarse motion",
    "blocks",
    "white",
    "black",
    "textured",
    "contrast",
    "longer side",
    "edges against wide",
    "fine motion",
)
WIDTH = len(NAMES)
LEAST_SIDE = 16  # pixels on the longer side; of fewer, nothing is measured that any quality could be read from

_TEXTURED_FROM = 30.0  # variance of brightness in a tile, of 255 squared
_FEWEST = 8  # tiles that a statement rests on, where there are so many
_UNCLIPPED = 0.02  # the share of black and white pixels that a tile may have where noise is read
_FLAT = 0.1  # the share of tiles, flattest first, that noise is read from
_STRONGER = 1.6  # noise in tiles with texture against flat ones, at most, as bright parts have more of it
_HIDDEN = 0.25  # of the noise: edges weaker than that cannot be told from none
_LEAST = 0.05  # amplitudes below mean nothing with 8 bits
_ANGLES = np.pi * np.arange(12) / 12
_CROSSED = 0.2  # the share of tiles with texture, of the strongest edges across a direction, that fineness is read from
_SMOOTH = 16.0  # the square of a wide second difference against a near one where nothing is fine,
_TEXTURE, _FINEST = 0.25, 0.5  # and that of a near one against a wide one in texture, and in the crispest photographs
_NOISIEST = 4.0  # how much more noise bright tiles may have than flat ones, in squares
_ROUNDED = 1.0  # the mean square of second differences that rounding to 8 bits leaves
_DIAGONAL = 1.0  # octaves that a second difference gains where its pixels lie a diagonal apart

Mask = npt.NDArray[np.bool_]
Detail = npt.NDArray[np.float32]


def measure(picture: Picture) -> Detail:
    """(WIDTH,) float32, one number for each of NAMES, all finite.

    `edges` are octaves of amplitude: the fourth power mean of second differences in a tile, less what noise adds,
    in the weakest direction and in the mean of rows and columns; then the quantile over tiles with texture.
    `edges against coarse` compares the finest scale with the next, so that the scene's contrast cancels; `corners` are
    crisp in both directions at once. `edges against wide` compares second differences with those of pixels twice as far
    apart, where edges are strongest, in the direction in which most is lacking: a shake of two pixels shows there, and
    neither contrast nor a soft lens hides it. `fine motion` is how much more is lacking there than across. `noise` is
    octaves of its standard deviation in the flattest tiles. `motion` is how much more fine gradients lack along one
    direction than across it, in octaves; `blocks` how much steps stand out every eight pixels. `white`, `black` and
    `textured` are shares; `contrast` and `longer side` octaves of brightness and of pixels.
    """
    return of_tiles(tiles_of(picture), max(picture.width, picture.height))


def of_tiles(tiles: Tiles, longer_side: int) -> Detail:
    """As `measure`, from the tiles of a picture."""
    textured, flat = textured_of(tiles), flat_of(tiles)
    edges = [edges_of(energies, textured, flat) for energies in tiles.scales]
    fineness = _fineness(tiles, textured, flat)
    numbers = (
        *(number for one in edges for number in _spread(one)),
        edges[0].min(axis=1).max(),
        float(np.quantile((edges[0] - edges[1])[:, :2].mean(axis=1), _QUANTILES[0])),
        _corners(tiles.grain, textured, flat),
        _noise(tiles.grain[flat]),
        _noise(tiles.scales[1].fine[flat]),
        _motion(tiles.scales[0], tiles.scales[2], textured),
        _motion(tiles.scales[1], tiles.scales[2], textured),
        _blocks(tiles.steps),
        tiles.white.mean(),
        tiles.black.mean(),
        (tiles.variance > _TEXTURED_FROM).mean(),
        np.log2(max(float(np.median(tiles.variance)), _LEAST)) / 2,
        np.log2(longer_side),
        fineness.min(),
        np.abs(fineness[::2] - fineness[1::2]).max(),
    )
    return np.array(numbers, np.float32)


def is_measurable(detail: Detail) -> Mask:
    """(N,) whether pictures were large enough for their detail (N, WIDTH) to mean anything; False of no numbers."""
    return np.asarray(detail[:, NAMES.index("longer side")] >= np.log2(LEAST_SIDE))


def textured_of(tiles: Tiles) -> Mask:
    """The tiles that have edges to look at; the likeliest where there are next to none."""
    least = np.sort(tiles.variance)[-min(_FEWEST, len(tiles.variance))]
    return np.asarray(tiles.variance >= min(_TEXTURED_FROM, least))


def flat_of(tiles: Tiles) -> Mask:
    """The tiles that noise is read from: the flattest of those without clipped pixels, where it would be hidden."""
    clipped = tiles.white + tiles.black
    allowed = clipped <= max(_UNCLIPPED, np.sort(clipped)[min(_FEWEST, len(clipped)) - 1])
    return np.asarray(allowed & (tiles.grain <= np.quantile(tiles.grain[allowed], _FLAT)))


def edges_of(energies: Energies, textured: Mask, flat: Mask) -> Floats:
    """(T, DIRECTIONS) octaves of the amplitude of edges in each tile with texture, less what noise adds."""
    squares = np.sqrt(energies.curves.astype(np.float64))
    noise = _STRONGER * np.median(squares[flat], axis=0)
    octaves: Floats = np.log2(np.maximum(squares[textured] - noise, _LEAST + _HIDDEN * noise)) / 2
    octaves[:, 2:] -= _DIAGONAL
    return octaves


def _fineness(tiles: Tiles, textured: Mask, flat: Mask) -> Floats:
    """(DIRECTIONS,) octaves of second differences against wide ones, where edges across that direction are strongest.

    What noise may hide counts as smooth, so that no noise on a blurred picture makes it fine.
    """
    near, wide = np.sqrt(tiles.scales[0].curves.astype(np.float64)), np.sqrt(tiles.wide.astype(np.float64))
    noise = _alike(near[flat], wide[flat])
    taken = np.maximum(_STRONGER * noise, _ROUNDED)
    near, wide = near[textured] - taken, wide[textured] - taken
    count = max(_FEWEST, int(_CROSSED * len(wide)))
    strongest = np.argsort(-wide, axis=0, kind="stable")[:count]
    fine, coarse = (np.take_along_axis(squares, strongest, axis=0).mean(axis=0).clip(0) for squares in (near, wide))
    beyond = np.minimum((fine - _FINEST * coarse).clip(0), _NOISIEST * noise)
    hidden = 2 * _ROUNDED + noise / 2 + beyond
    octaves: Floats = np.log2((fine + hidden) / (coarse + _SMOOTH * hidden)) / 2
    return octaves


def _alike(near: Floats, wide: Floats) -> Floats:
    """(DIRECTIONS,) what noise adds to both alike; texture adds less to near differences than to wide ones."""
    both: Floats = (np.median(near, axis=0) - _TEXTURE * np.median(wide, axis=0)) / (1 - _TEXTURE)
    return both.clip(0)


def _spread(edges: Floats) -> Floats:
    """(4,): quantiles over tiles in the weakest direction, and in the mean of rows and columns."""
    quantiles = np.quantile(edges, _QUANTILES, axis=0)
    return np.concatenate([quantiles.min(axis=1), quantiles[:, :2].mean(axis=1)])


def _corners(grain: npt.NDArray[np.float32], textured: Mask, flat: Mask) -> float:
    """Octaves of what is crisp in both directions at once, in a tile that has much of it, less what noise adds."""
    strong = float(np.quantile(grain[textured], _QUANTILES[1]))
    noise = _STRONGER**2 * float(np.median(grain[flat]))
    return float(np.log2(max(strong - noise, _LEAST**2 + _HIDDEN**2 * noise)) / 2)


def _noise(squares: npt.NDArray[np.float32]) -> float:
    return float(np.log2(max(float(squares.max()), _LEAST**2)) / 2)


def _motion(fine: Energies, coarse: Energies, textured: Mask) -> float:
    """The most that fine gradients lack along one direction against the one across it, in octaves."""
    weights, lacking = lacking_of(fine, coarse, textured)
    by_angle = weights @ lacking / weights.sum()
    return float((across(by_angle) - by_angle).max())


def lacking_of(fine: Energies, coarse: Energies, textured: Mask) -> tuple[Floats, Floats]:
    """(T,) what each tile with texture weighs, and (T, angles) what its fine gradients have along an angle, in octaves.

    Gradients at a coarse scale say what the scene has in each direction.
    """
    weights = np.sqrt(coarse.xx + coarse.yy)[textured].astype(np.float64) + _LEAST
    return weights, np.log2(_along(fine, textured) / _along(coarse, textured))


def across(by_angle: Floats) -> Floats:
    """(..., angles) what stands at the angle across each."""
    return np.roll(by_angle, len(_ANGLES) // 2, axis=-1)


def _along(energies: Energies, textured: Mask) -> Floats:
    """(T, angles) the gradient's mean square along each angle."""
    x, y = np.cos(_ANGLES), np.sin(_ANGLES)
    xx, yy, xy = (part[textured, None].astype(np.float64) for part in (energies.xx, energies.yy, energies.xy))
    squares: Floats = np.maximum(xx * x * x + yy * y * y + 2 * xy * x * y, _LEAST)
    return squares


def _blocks(steps: npt.NDArray[np.float32]) -> float:
    """Octaves by which the steps at one place of eight stand out from the others, in the middle of all tiles."""
    by_place = np.log2(np.maximum(steps.astype(np.float64), _LEAST))
    usual = np.median(by_place, axis=1, keepdims=True)
    return float(np.median(by_place - usual, axis=0).max())
