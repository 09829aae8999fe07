"""The few numbers that say how sharp, shaken, noisy and blocky a picture is, read from its tiles at full size."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imgrank.arrays import Floats
from imgrank.detail.tiles import SCALES, Energies, Picture, Tiles, tiles_of

# Changes with any number here or in tiles.py, or with what is decoded: it names where they are stored
DETAIL_VERSION = 3

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
