"""What `FoldedModel.encode_images` gave for the pictures last asked about, so that the next sentence starts from there.

Nothing can go stale: what is kept is named by a hash of all that it was made from.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

KEPT_BYTES = 128 << 20  # some 50,000 pictures of the shipped adapter


class ActivationCache:
    """Blocks of image tokens in memory, at most `limit` bytes of them. Safe to use from several threads."""

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self._limit = limit
        self._before: dict[bytes, Tensor] = {}  # of earlier questions
        self._now: dict[bytes, Tensor] = {}  # of this one
        self._lock = threading.Lock()

    def next_question(self) -> None:
        """What this question does not use may go when the next one needs room."""
        with self._lock:
            self._before, self._now = self._now, {}

    def get(self, key: bytes, make: Callable[[], Tensor]) -> Tensor:
        """What was kept under this name, or what `make` gives now; nobody may change it."""
        with self._lock:
            found = self._now.get(key)
            if found is None:
                found = self._before.pop(key, None)
        block = make() if found is None else found
        with self._lock:
            room = self._limit - block.nbytes
            while self._before and self.nbytes > room:
                self._before.popitem()
            if self.nbytes <= room:
                self._now[key] = block
        return block

    @property
    def nbytes(self) -> int:
        """How much is kept."""
        return sum(block.nbytes for kept in (self._before, self._now) for block in kept.values())
