"""Adapters in memory, each read from its file once."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from imgrank.adapter.header import AdapterHeader

if TYPE_CHECKING:
    from imgrank.adapter.files import Adapter

_Version = tuple[int, int]


class Shelf:
    """Loads adapters, and hands out the one in memory while its file is unchanged. Safe to use from several threads."""

    def __init__(self) -> None:
        self._adapters: dict[Path, tuple[_Version, Adapter]] = {}
        self._lock = threading.Lock()

    def load(self, header: AdapterHeader, fingerprint: str) -> Adapter:
        """The adapter of this header. Raises AdapterError as `imgrank.adapter.files.load` does."""
        from imgrank.adapter.files import load

        path = header.path or Path()
        with self._lock:
            version = version_of(path)
            known = self._adapters.get(path)
            if known is None or version is None or known[0] != version:
                known = version or (0, 0), load(path, fingerprint)
                self._adapters[path] = known
            return known[1]


def version_of(path: Path) -> _Version | None:
    """Size and time of a file; None where it cannot be seen, and loading says why."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
