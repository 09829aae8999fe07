"""A file at a URL as Parquet is read: its end at once, and then what one question needs of it in few requests."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from imgrank.index.remote import file_system, retried

TAIL = 192 << 10  # bytes: the footer of a part, and the keys of its paths
GAP = 64 << 10  # bytes that are read along rather than asked around: about what a request costs


@dataclass(frozen=True, slots=True, eq=False)
class Tail:
    """The last bytes of a file of `size` bytes."""

    size: int
    end: bytes

    @staticmethod
    def of(url: str, share: float = 0.0) -> Tail:
        """Read now; at least that share of the file. Raises OSError."""
        size = int(retried(lambda: file_system(url).info(url))["size"])
        return Tail(size, _read(url, max(0, size - TAIL - int(share * size)), size))


class RangedFile(io.RawIOBase):
    """A file to read and seek. What it does not hold is asked for, again where the store is busy."""

    def __init__(self, url: str, tail: Tail) -> None:
        self._url, self._size, self._at = url, tail.size, 0
        self._tail = _Piece(tail.size - len(tail.end), tail.end)
        self._held: list[_Piece] = []

    def hold(self, ranges: Iterable[tuple[int, int]]) -> None:
        """Fetch these ranges (start, end) before they are read, in as few requests as may be, and let go of others."""
        self._held = []
        for start, end in _merged((max(0, start), min(end, self._size)) for start, end in ranges):
            if self._tail.slice(start, end) is None:
                known = self._tail.data[: max(0, end - self._tail.start)]
                self._held.append(_Piece(start, _read(self._url, start, end - len(known)) + known))

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = max(0, offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence])
        return self._at

    def read(self, size: int = -1) -> Any:  # noqa: ANN401 (a view, so that nothing is copied)
        start = min(self._at, self._size)
        end = self._size if size is None or size < 0 else min(self._size, start + size)
        self._at = end
        found = (piece.slice(start, end) for piece in (self._tail, *self._held))
        known = next((one for one in found if one is not None), None)
        return _read(self._url, start, end) if known is None else known


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    start: int
    data: bytes

    def slice(self, start: int, end: int) -> memoryview | None:
        """The bytes from `start` to `end` of the file, None where they are not all here."""
        if start < self.start or end > self.start + len(self.data):
            return None
        return memoryview(self.data)[start - self.start : end - self.start]


def _merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if found and start <= found[-1][1] + GAP:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _read(url: str, start: int, end: int) -> bytes:
    return bytes(retried(lambda: file_system(url).cat_file(url, start=start, end=end))) if end > start else b""
