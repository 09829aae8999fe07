"""Arrays by what they hold, for annotations, and the averaging of areas."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def area_weights(source: int, target: int) -> Floats:
    """(target, source) weights of area pooling along one axis; each row sums to 1, and every source cell weighs the
    same in total."""
    edges, wanted = np.arange(source + 1) / source, np.arange(target + 1) / target
    low = np.maximum(wanted[:-1, None], edges[None, :-1])
    high = np.minimum(wanted[1:, None], edges[None, 1:])
    result: Floats = (high - low).clip(0) * target
    return result
