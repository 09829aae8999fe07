"""Members of tar and Parquet files as files of their own, for whatever takes a path: the last ones that were asked for.

They lie in a temporary folder that nobody else can read, and go with the page.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

KEPT_BYTES = 512 << 20


@dataclass(frozen=True, slots=True)
class _Copy:
    path: str
    size: int


class Unpacked:
    """Copies by number, together no larger than KEPT_BYTES. Holds no folder until there is one."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._kept: OrderedDict[int, _Copy] = OrderedDict()
        self._lock = threading.Lock()

    def path(self, number: int, name: str, read: Callable[[], bytes]) -> str:
        """The copy of a picture, made of what `read` gives where there is none. Raises what `read` does, OSError."""
        with self._lock:
            if number in self._kept:
                self._kept.move_to_end(number)
                return self._kept[number].path
        data = read()
        with self._lock:
            if number not in self._kept:
                self._kept[number] = _Copy(self._written(number, name, data), len(data))
                self._let_go()
            return self._kept[number].path

    def close(self) -> None:
        """Remove all."""
        with self._lock:
            self._kept.clear()
            if self._folder is not None:
                self._folder.cleanup()
                self._folder = None

    def _written(self, number: int, name: str, data: bytes) -> str:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="imgrank-", ignore_cleanup_errors=True)
        suffix = os.path.splitext(name)[1]
        path = Path(
            self._folder.name, f"{number}{suffix if suffix[1:].isalnum() else ''}"
        )  # its kind shows in its name
        path.write_bytes(data)
        return str(path)

    def _let_go(self) -> None:
        while len(self._kept) > 1 and sum(copy.size for copy in self._kept.values()) > KEPT_BYTES:
            os.unlink(self._kept.popitem(last=False)[1].path)
