"""The digits of a score: those that hold, for processors differ in the last bits of a sum; and those worth reading."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from imgrank.arrays import Floats

HOLDS = 1e-5  # of the scale; sums in float32 differ by a tenth of that between processors
ALMOST = 1e-9  # of a digit: what a logarithm may be off
MOST_DIGITS = 15  # after the point; float64 has no more


def digits_of(scale: float) -> int:
    """How many digits after the point such scores keep; below 0 where whole tens do not hold."""
    return min(-math.ceil(math.log10(scale * HOLDS) - ALMOST), MOST_DIGITS)


def rounded(scores: npt.NDArray[np.floating], scale: float = 1.0) -> Floats:
    """Scores (N,) to the least power of ten that is no less than `HOLDS` of their scale, without negative zeros.

    `scale` is by how much such scores differ: a query's own, or 1 for cosines, probabilities and logits.
    """
    digits = digits_of(scale)
    return np.asarray(np.round(scores.astype(np.float64), digits) + 0.0)


def decimals_for(span: float) -> int:
    """As many as tell a few hundred steps of the span apart."""
    return min(6, max(0, 2 - math.floor(math.log10(span)))) if span > 0 else 3
