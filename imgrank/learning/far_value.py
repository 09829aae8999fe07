"""A value that lies so far from all others that it may be a typing error: 416 among 20.5 to 60.

A long tail is no error: prices and counts end in a few values that are large and far apart. So the others must reach
about as far to both sides of their middle, as they are or, where all are positive, in logarithms.
"""

from __future__ import annotations

import numpy as np

from imgrank.arrays import Floats

FEWEST = 30  # values; of fewer, a tail cannot be told from an error
_GAP = 3  # times what all others span
_QUARTILES = 6  # times what the middle half of the others spans
_TAIL = 3  # times as far to one side of the middle as to the other
_LOG_GAP = 0.5  # times what all others span, in logarithms


def far_value(values: Floats) -> int | None:
    """The place of the value that is far from all others (N,); None where there is none, or more than one."""
    if len(values) < FEWEST:
        return None
    logs = np.log(values) if values.min() > 0 else None
    for place, sign in ((int(values.argmax()), 1.0), (int(values.argmin()), -1.0)):
        if _is_far(sign * values, place):
            if logs is None or _gap(sign * logs, place) > _LOG_GAP:
                return place
        elif logs is not None and _is_far(sign * logs, place):
            return place
    return None


def _is_far(values: Floats, place: int) -> bool:
    """Whether the value at `place`, the largest, is alone, and the others have no tail that leads there."""
    others, middle = _others(values, place)
    above, below = others.max() - middle, middle - others.min()
    quarters = np.subtract(*np.quantile(others, [0.75, 0.25]))
    if not 0 < max(above, below) <= _TAIL * min(above, below) or quarters <= 0:
        return False
    return bool(_gap(values, place) > _GAP and values[place] - middle > _QUARTILES * quarters)


def _gap(values: Floats, place: int) -> float:
    """From the largest value to the next, in spans of the others."""
    others, _ = _others(values, place)
    span = others.max() - others.min()
    return float((values[place] - others.max()) / span) if span > 0 else 0.0


def _others(values: Floats, place: int) -> tuple[Floats, float]:
    others = np.delete(values, place)
    return others, float(np.median(others))
