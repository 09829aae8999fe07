"""From the detail of pictures to how much of a quality each has, by fixed formulas.

Their weights were chosen on photographs that were blurred, shaken and made noisy in known amounts;
`benchmarks/detail.py` prints what they tell apart on others.
"""

from __future__ import annotations

from math import log2

import numpy as np
import numpy.typing as npt

from imgrank.detail.measure import NAMES, Detail
from imgrank.detail.wording import Quality

Floats = npt.NDArray[np.float64]

# Edges at the finest scale, less part of what the same scene shows at coarser ones.
_SHARPNESS = {
    "mean edges 0.97 at scale 0": 1.0,
    "mean edges 0.97 at scale 1": -0.35,
    "mean edges 0.97 at scale 2": -0.4,
    "sharpest tile": 0.25,
    "edges against coarse": 0.15,
    "corners": 0.25,
    "contrast": -0.25,
}
_MOTION = {"motion": 1.0, "coarse motion": 1.0} | {name: -0.1 * weight for name, weight in _SHARPNESS.items()}
_NOISE = {"noise": 1.0}
_BLOCKS = {"blocks": 1.0}
_HIDES, _HIDES_FROM = 0.6, 1.0  # grain of more than two levels of 255 looks crisp, and hides what is fine
_SCREEN = log2(1600)  # octaves; a picture with fewer pixels on its longer side shows less, however crisp they are


def amount(quality: Quality, detail: Detail) -> Floats:
    """(N,) how much of the quality each picture has, in octaves; detail (N, WIDTH)."""
    if quality is Quality.sharpness:
        grain = _HIDES * np.maximum(_column("noise", detail) - _HIDES_FROM, 0.0)
        return _weighed(_SHARPNESS, detail) - grain + np.minimum(_column("longer side", detail) - _SCREEN, 0.0)
    weights = {Quality.motion: _MOTION, Quality.noise: _NOISE, Quality.blocks: _BLOCKS}[quality]
    return _weighed(weights, detail)


def _weighed(weights: dict[str, float], detail: Detail) -> Floats:
    total = np.zeros(len(detail))
    for name, weight in weights.items():  # one after another: a matrix product's last bits depend on the number of rows
        total += weight * _column(name, detail)
    return total


def _column(name: str, detail: Detail) -> Floats:
    return detail[:, NAMES.index(name)].astype(np.float64)
