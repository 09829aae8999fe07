"""A picture at its full size to the few numbers that say how sharp, shaken, noisy and blocky it is."""

from __future__ import annotations

from collections.abc import Callable
from math import log2

import numpy as np
import numpy.typing as npt

from imgrank.detail.tiles import Energies, Picture, Tiles, tiles_of

DETAIL_VERSION = 1  # changes with any number below: it names where they are stored

_QUANTILES = {"half": 0.5, "upper": 0.9, "top": 0.97, "best": 1.0}
NAMES = (
    *(f"laplacian {name}" for name in _QUANTILES),
    *(f"octave {name}" for name in _QUANTILES),
    *(f"edge {name}" for name in _QUANTILES),
    *(f"wide edge {name}" for name in _QUANTILES),
    "crispest edge",
    "noise",
    "coarse noise",
    "motion",
    "coarse motion",
    "blocks",
    "white",
    "black",
    "textured",
    "longer side",
)
WIDTH = len(NAMES)

_TEXTURED_FROM = 30.0  # variance of brightness in a tile, of 255 squared
_FEWEST = 4  # tiles that are looked at, however flat
_LEAST = 0.01  # below what 8 bits can hold
_FLAT = 0.1  # the share of tiles, flattest first, that noise is read from
# Of white noise of variance 1, what is left of it in each energy.
_NOISE_IN_FINE = (0.78, 0.07)
_NOISE_IN_GRADIENT = (1.0, 0.1)
_DIRECTIONS = 12

Floats = npt.NDArray[np.float64]
Detail = npt.NDArray[np.float32]


def measure(picture: Picture) -> Detail:
    """(WIDTH,) float32, one number for each of NAMES.

    Logarithms are to base 2. Of tiles with texture and their quantiles: `laplacian`, of the mean square of second
    differences; `octave`, of the finest octave's energy against the next, `edge` and `wide edge`, of the fourth
    power mean of gradients against that at twice the scale, which a scene's own texture cancels from; each less what
    the picture's noise adds. `motion` is how much more fine gradients lack along one direction than across it, in
    octaves, and `blocks` how steps stand out every eight pixels. `white`, `black` and `textured` are shares.
    """
    return of_tiles(tiles_of(picture), max(picture.width, picture.height))
