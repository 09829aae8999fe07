"""How many large pictures may be in memory at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Budget:
    """A whole of 1.0 shared by threads; who wants more than is left waits, who wants it all runs alone."""

    def __init__(self) -> None:
        self._left = 1.0
        self._changed = threading.Condition()

    @contextmanager
    def spend(self, part: float) -> Iterator[None]:
        """Hold `part` of the whole while the body runs."""
        part = min(part, 1.0)
        with self._changed:
            self._changed.wait_for(lambda: self._left >= part or self._left > 1 - 1e-9)
            self._left -= part
        try:
            yield
        finally:
            with self._changed:
                self._left += part
                self._changed.notify_all()


BUDGET = Budget()
