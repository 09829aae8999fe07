"""So many at once that stored pictures come in thousands, and new ones are seen as they come."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

FIRST, MOST = 32, 4096  # pictures read at once; as many as take about a second
QUICK, SLOW = 0.3, 1.5  # seconds

Item = TypeVar("Item")
Report = Callable[[int, float], None]
"""Is told how many are done, and how many a second."""


def in_chunks(
    items: Sequence[Item], read: Callable[[Sequence[Item], Report], None], go_on: Callable[[int], bool], report: Report
) -> bool:
    """Read all items, a chunk at a time, while `go_on(done)`; whether that was to the end.

    `read` gets a chunk and a report of its own, for how many of the chunk are done.
    """
    done, size, started = 0, FIRST, time.perf_counter()
    while done < len(items):
        if not go_on(done):
            return False
        chunk, before = items[done : done + size], time.perf_counter()

        def within(part: int, _: float, done: int = done) -> None:
            report(done + part, (done + part) / (time.perf_counter() - started))

        read(chunk, within)
        done += len(chunk)
        report(done, done / (time.perf_counter() - started))
        size = _next_size(size, time.perf_counter() - before)
    return True


def _next_size(size: int, seconds: float) -> int:
    if seconds < QUICK:
        return min(MOST, 4 * size)
    return max(FIRST, size // 2) if seconds > SLOW else size
