"""How many decimals of a score are worth reading."""

from __future__ import annotations

import math


def decimals_for(span: float) -> int:
    """As many as tell a few hundred steps of the span apart."""
    return min(6, max(0, 2 - math.floor(math.log10(span)))) if span > 0 else 3
