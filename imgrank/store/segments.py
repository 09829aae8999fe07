"""Rows of tokens on disk: one picture's tokens as one row of bytes, and `segment-<n>.tok`, a file of many rows.

A row has its checksum first, then scales, embedding and tokens. Rows travel as uint8 (N, row_size). The checksum is
seeded with the row's owner (the picture's digest and the view), so a row that is whole but belongs to another picture
or view fails too.

A segment is a header that names version, fingerprint and shape, then rows of one size. A place is one number for a row:
segment * ROWS + row. Rows are read by plain reads, not by a memory map: as fast, while memory stays flat and a file cut
short by someone else is a miss, not a crash.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import re
from collections.abc import Sequence
from enum import Enum
from io import FileIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from xxhash import xxh3_64_intdigest

from imgrank.tokens import PackedTokens, TokenShape


class View(str, Enum):
    """A picture may be stored in several views, each a row of its own.

    Files lead to the digest of their bytes and to nothing else: what is wanted of the picture, the asker says.
    """

    plain = "plain"
    mirrored = "mirrored"


class Key(NamedTuple):
    """The name of a row: the hash of a file's bytes, and the view."""

    digest: str
    view: View

    @property
    def owner(self) -> str:
        """What the row's checksum is seeded with, so that a row of another picture or view fails."""
        return owner_of(self.digest, self.view)


def owner_of(digest: str, view: View) -> str:
    """As `Key.owner`, for many digests of one view."""
    return digest if view is View.plain else f"{view.value} {digest}"


Rows = npt.NDArray[np.uint8]

CHECKSUM = 8  # bytes


def row_type(shape: TokenShape) -> np.dtype[np.void]:
    """How the bytes of one row are read; its size is a multiple of 8, so that every field stays aligned."""
    scales, embedding = CHECKSUM, CHECKSUM + 2 * shape.rows
    quantised = embedding + 2 * shape.embedding
    size = quantised + shape.rows * shape.width
    return np.dtype(
        {
            "names": ["checksum", "scales", "embedding", "quantised"],
            "formats": [
                "<u8",
                ("<f2", (shape.rows,)),
                ("<f2", (shape.embedding,)),
                ("i1", (shape.rows, shape.width)),
            ],
            "offsets": [0, scales, embedding, quantised],
            "itemsize": -(-size // 8) * 8,
        }
    )


def to_rows(owners: Sequence[str], packed: PackedTokens) -> Rows:
    """The rows of N pictures, checksums set."""
    kind = row_type(packed.shape)
    rows = np.zeros((len(packed), kind.itemsize), np.uint8)
    fields = rows.view(kind)[:, 0]
    fields["scales"] = packed.scales
    fields["embedding"] = packed.embedding
    fields["quantised"] = packed.quantised
    fields["checksum"] = _checksums(rows, owners)
    return rows


def to_packed(rows: Rows, shape: TokenShape) -> PackedTokens:
    """The tokens in rows, as views on them: nothing is copied."""
    fields = rows.view(row_type(shape))[:, 0]
    return PackedTokens(fields["quantised"], fields["scales"], fields["embedding"], shape.moments)


def are_sound(rows: Rows, owners: Sequence[str]) -> npt.NDArray[np.bool_]:
    """(N,) True where a row is whole and belongs to that owner."""
    written = np.ascontiguousarray(rows[:, :CHECKSUM]).view("<u8")[:, 0]
    return np.asarray(written == _checksums(rows, owners))


def _checksums(rows: Rows, owners: Sequence[str]) -> npt.NDArray[np.uint64]:
    # A memoryview slice costs a tenth of a numpy one: 100,000 rows of 7 KB take some 0.1 s.
    size = rows.shape[1]
    data = rows.data.cast("B") if len(rows) else memoryview(b"")
    sums = (
        xxh3_64_intdigest(data[start + CHECKSUM : start + size], xxh3_64_intdigest(owner.encode()))
        for start, owner in zip(range(0, len(rows) * size, size), owners, strict=True)
    )
    return np.fromiter(sums, np.uint64, len(rows))


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
