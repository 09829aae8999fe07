"""Ctrl-C and SIGTERM while files are changed: the step in hand is finished first."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stop:
    """Whether someone asked to stop."""

    asked = False

    def ask(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Stop before the next step."""
        self.asked = True


@contextmanager
def listening(stop: Stop | None = None) -> Iterator[Stop]:
    """Take both signals as a wish to stop between two steps. Outside the main thread they stay as they are.

    `stop` is one that somebody else may ask, too.
    """
    stop = stop or Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    former = {number: signal.signal(number, stop.ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
