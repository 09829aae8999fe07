"""Names the points between two effects on the disk, so that tests can stop the process at each of them."""

from __future__ import annotations

from collections.abc import Callable


def _nobody(_point: str) -> None:
    pass


_listener: Callable[[str], None] = _nobody


def listen(listener: Callable[[str], None] | None) -> None:
    """Call `listener` with the name of each point that is reached; None: nobody listens. For tests."""
    global _listener
    _listener = listener or _nobody


def reached(point: str) -> None:
    """Say that all effects before `point` are on the disk, and none after it."""
    _listener(point)
