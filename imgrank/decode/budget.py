"""How many large pictures may be in memory at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Spending(Protocol):
    """Gives parts of the memory that pictures may take."""

    def spend(self, part: float) -> AbstractContextManager[None]: ...


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


_whole: Spending = Budget()


def spend(part: float) -> AbstractContextManager[None]:
    """Hold `part` of the memory for pictures of this process while the body runs."""
    return _whole.spend(part)


def spend_from(other: Spending) -> None:
    """Let what is spent in this process come from elsewhere."""
    global _whole
    _whole = other
