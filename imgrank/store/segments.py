"""`segment-<n>.tok`: a header that names version, fingerprint and shape, then rows of one size.

A place is one number for a row: segment * ROWS + row. Rows are read by plain reads, not by a memory
map: as fast, while memory stays flat and a file cut short by someone else is a miss, not a crash.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import re
from io import FileIO
from pathlib import Path

import numpy as np
import numpy.typing as npt

from imgrank.store.row_format import Rows, row_type
from imgrank.tokens import TokenShape

STORE_VERSION = 2  # raise it when the layout of rows, segments or the index changes, or an earlier one is not trusted
ROWS = 1 << 14  # in one segment: some 100 MB
HEADER = 256  # bytes


class Segments:
    """The segment files of one folder. A file once open stays open, so its rows outlive its deletion."""

    def __init__(self, folder: Path, fingerprint: str, shape: TokenShape) -> None:
        self._folder = folder
        self._header = header(fingerprint, shape)
        self.row_size = row_type(shape).itemsize
        self._open: dict[int, FileIO] = {}

    def read(self, places: npt.NDArray[np.int64]) -> Rows:
        """Rows at `places` (N,), ascending without repeats; zeros where there is nothing to read."""
        rows = np.empty((len(places), self.row_size), np.uint8)
        breaks = np.flatnonzero((np.diff(places) != 1) | (places[1:] % ROWS == 0)) + 1
        bounds = [0, *breaks.tolist(), len(places)] if len(places) else []
        for begin, end in itertools.pairwise(bounds):
            self._fill(rows[begin:end], int(places[begin]))
        return rows

    def write(self, place: int, rows: Rows) -> None:
        """Write rows from `place` on, all within one prepared segment. Raises OSError."""
        segment, row = divmod(place, ROWS)
        file = self._open[segment]
        file.seek(HEADER + row * self.row_size)
        _write_all(file, rows.data.cast("B"))

    def prepare(self, segment: int) -> bool:
        """Make a segment ready for writing; False where a file that is not ours has its name. Raises OSError."""
        if segment not in self._open:
            with contextlib.suppress(FileExistsError):
                self._open[segment] = FileIO(self._path(segment), "x+")
                _write_all(self._open[segment], memoryview(self._header))
        file = self._file(segment)
        return file is not None and file.writable()

    def numbers(self) -> list[int]:
        """The segments there are."""
        names = (re.fullmatch(r"segment-(\d+)\.tok", path.name) for path in self._folder.iterdir())
        return sorted(int(name[1]) for name in names if name)

    def rows(self, segment: int) -> int:
        """How many rows a segment has room for on disk."""
        return max(0, self._path(segment).stat().st_size - HEADER) // self.row_size

    def remove(self, segment: int) -> None:
        """Delete a segment that no row of the index points to any more."""
        if file := self._open.pop(segment, None):
            file.close()
        with contextlib.suppress(OSError):
            self._path(segment).unlink()

    def close(self) -> None:
        for file in self._open.values():
            file.close()
        self._open.clear()

    def _fill(self, rows: Rows, place: int) -> None:
        segment, row = divmod(place, ROWS)
        target, done = rows.reshape(-1), 0
        with contextlib.suppress(OSError):
            if file := self._file(segment):
                file.seek(HEADER + row * self.row_size)
                while done < len(target) and (count := file.readinto(target[done:].data)):
                    done += count
        target[done:] = 0

    def _file(self, segment: int) -> FileIO | None:
        if segment not in self._open:
            file = self._open_existing(segment)
            if file is None:
                return None
            self._open[segment] = file
        return self._open[segment]

    def _open_existing(self, segment: int) -> FileIO | None:
        path = self._path(segment)
        try:
            file = FileIO(path, "r+")
        except FileNotFoundError:
            return None
        except OSError:
            file = FileIO(path, "r")
        if file.read(HEADER) == self._header:
            return file
        file.close()
        return None

    def _path(self, segment: int) -> Path:
        return self._folder / f"segment-{segment}.tok"


def header(fingerprint: str, shape: TokenShape) -> bytes:
    """The first 256 bytes of a segment: one line of text that says what follows."""
    facts = {
        "version": STORE_VERSION,
        "fingerprint": fingerprint,
        "tokens": shape.tokens,
        "width": shape.width,
        "embedding": shape.embedding,
        "moments": shape.moments,
    }
    return f"imgrank tokens {json.dumps(facts)}\n".encode().ljust(HEADER, b"\0")


def _write_all(file: FileIO, data: memoryview) -> None:
    while data:
        data = data[file.write(data) :]
