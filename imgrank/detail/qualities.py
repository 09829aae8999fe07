"""From the detail of pictures to how much of a quality each has, by fixed formulas.

Their weights were chosen on photographs that were blurred, shaken and made noisy in known amounts;
`benchmarks/detail.py` prints what they tell apart on others.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2

import numpy as np

from imgrank.arrays import Floats
from imgrank.detail.asked_quality import Quality
from imgrank.detail.measure import NAMES, Detail


@dataclass(frozen=True, slots=True)
class _Coarse:
    """A scale that sharpness is held against: what counts off, and from where it does."""

    name: str
    weight: float
    least: float


_SHARPNESS = {
    "mean edges 0.97 at scale 0": 1.0,
    "sharpest tile": 0.25,
    "edges against coarse": 0.15,
    "corners": 0.25,
    "contrast": -0.25,
}
# What the same scene shows at coarser scales is its own, and counts off; where even that is weak, blur has taken it.
_COARSE = (_Coarse("mean edges 0.97 at scale 1", 0.35, 2.0), _Coarse("mean edges 0.97 at scale 2", 0.4, 3.0))
_LOST = 0.5
_MOTION = {"motion": 1.0, "coarse motion": 1.0}
_UNSHARP = 0.1  # what blur of any kind says of motion, against its direction
_HIDES, _HIDES_FROM = 0.6, 1.0  # grain of more than two levels of 255 looks crisp, and hides what is fine
_SCREEN = log2(1600)  # octaves; a picture with fewer pixels on its longer side shows less, however crisp they are


def amount(quality: Quality, detail: Detail) -> Floats:
    """(N,) how much of the quality each picture has, in octaves; detail (N, WIDTH)."""
    if quality is Quality.sharpness:
        return _sharpness(detail) + np.minimum(_column("longer side", detail) - _SCREEN, 0.0)
    if quality is Quality.motion:
        return _weighed(_MOTION, detail) - _UNSHARP * _sharpness(detail)
    return _column("noise" if quality is Quality.noise else "blocks", detail)


def _sharpness(detail: Detail) -> Floats:
    total = _weighed(_SHARPNESS, detail) - _HIDES * np.maximum(_column("noise", detail) - _HIDES_FROM, 0.0)
    for coarse in _COARSE:
        edges = _column(coarse.name, detail)
        total -= coarse.weight * np.maximum(edges, coarse.least) - _LOST * np.minimum(edges - coarse.least, 0.0)
    return total


def _weighed(weights: dict[str, float], detail: Detail) -> Floats:
    total = np.zeros(len(detail))
    for name, weight in weights.items():  # one after another: a matrix product's last bits depend on the number of rows
        total += weight * _column(name, detail)
    return total


def _column(name: str, detail: Detail) -> Floats:
    return detail[:, NAMES.index(name)].astype(np.float64)
