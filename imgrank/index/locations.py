"""Where an index stands, a folder or an object store's prefix: its parts, listed, and written whole or not at all.

A file at a URL is read as Parquet is: its end at once, and then what one question needs of it in few requests.
"""

from __future__ import annotations

import contextlib
import io
import os
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from imgrank.atomic import SUFFIX, atomic_file
from imgrank.errors import IndexFault, UsageError
from imgrank.formats import looks_like_picture
from imgrank.index.format import (
    MANIFEST,
    PART_ROWS,
    IndexRows,
    Manifest,
    from_json,
    is_part,
    part_name,
    to_json,
    to_table,
)
from imgrank.index.needs import arrow, parquet
from imgrank.index.remote import file_system, is_url, read_url, reason_of, retried
from imgrank.paths import printable, why

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

    def read(self, size: int = -1) -> Any:
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


_UNFINISHED = (SUFFIX, ".unfinished")  # the latter by imgrank 0.1
_PAGE = 1 << 20  # bytes, as Arrow has it
_TAILS_KEPT = 500  # 94 MB
_FORGOTTEN_AFTER = 86_400.0  # seconds; an unfinished part of a run that was killed


class Location:
    """A folder or URL prefix. Cheap to make; holds no open file. Each method may raise IndexFault or UsageError."""

    def __init__(self, where: str | Path) -> None:
        self.where = str(where).rstrip("/") if is_url(str(where)) else str(where)
        self.is_url = is_url(self.where)
        self._manifest: Manifest | None = None
        self._tails: dict[str, Tail] = {}  # of remote parts, which do not change once they stand

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_tails": {}}  # a worker reads its own

    def path(self, name: str) -> str:
        """The path or URL of a file in it."""
        return f"{self.where}/{name}" if self.is_url else os.path.join(self.where, name)

    def manifest(self) -> Manifest | None:
        """The manifest, or None where there is no index."""
        with self._sentence("read"):
            try:
                data = read_url(self.path(MANIFEST)) if self.is_url else Path(self.path(MANIFEST)).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None
        self._manifest = from_json(data, self.where)
        return self._manifest

    def known_manifest(self) -> Manifest | None:
        """The manifest as it was read or written last; read now where nobody has yet."""
        return self.manifest() if self._manifest is None else self._manifest

    def write_manifest(self, manifest: Manifest) -> None:
        """Begin an index here. Raises UsageError in a folder of images: an index would stand before them."""
        if not self.is_url and any(map(looks_like_picture, self._names())):
            raise UsageError(
                f"The folder {printable(self.where)} contains images, and an index in it would hide them from imgrank. "
                "Choose another folder for the index."
            )
        with self._sentence("written"), self._writing(MANIFEST) as file:
            file.write(to_json(manifest))
        self._manifest = manifest

    def parts(self) -> list[str]:
        """The names of the parts that stand, sorted."""
        with self._sentence("read"):
            return sorted(filter(is_part, self._names()))

    def open(self, name: str, ahead: Collection[str] = ()) -> Any:
        """A part in it, to read and seek: a file of Arrow's, which copies its bytes once less than Python's, or a
        `RangedFile`, which fetches the columns `ahead` along with the end. Raises OSError."""
        if not self.is_url:
            return arrow().memory_map(os.fsencode(self.path(name)))
        tail = self._tails.get(name)
        manifest = self.known_manifest()
        share = manifest.layout.share(ahead) if manifest is not None and ahead else 0.0
        if tail is None:
            tail = Tail.of(self.path(name), share)
            if not share and len(self._tails) < _TAILS_KEPT:
                self._tails[name] = tail
        return RangedFile(self.path(name), tail)

    def write_part(self, rows: IndexRows, manifest: Manifest) -> str:
        """Write one part of rows, and give its name; the same rows give the same name, and then it is replaced.

        Until it is whole it has another name, or none: whoever is killed in between leaves no part.
        """
        name = part_name(rows.rows)
        table = to_table(rows, manifest, time.time_ns())
        with self._sentence("written"), self._writing(name) as file:
            layout, plain = manifest.layout, manifest.layout.uncompressed
            widest = max((width for name, width in layout.widths.items() if name in plain), default=0)
            packed = [name for name in table.column_names if name not in plain]
            parquet().write_table(
                table,
                file,
                row_group_size=PART_ROWS,
                compression={name: "none" if name in plain else "zstd" for name in table.column_names},
                compression_level=dict.fromkeys(packed, 1),
                use_dictionary=["error", "folder"],
                write_statistics=["path"],
                write_page_checksum=True,
                data_page_size=max(_PAGE, PART_ROWS * (widest + 1)),  # what is read as it stands is one page
            )
        self._tails.pop(name, None)
        return name

    def remove(self, name: str) -> None:
        """Remove a part. One that has gone already is no error."""
        self._tails.pop(name, None)
        with self._sentence("changed"), contextlib.suppress(FileNotFoundError):
            if self.is_url:
                retried(lambda: file_system(self.where).rm_file(self.path(name)))
            else:
                os.unlink(self.path(name))

    def tidy(self) -> None:
        """Remove what killed runs have left half written, where that can be seen."""
        if self.is_url:
            return  # an object store shows nothing before it is whole
        with contextlib.suppress(OSError):
            for entry in os.scandir(self.where):
                if entry.name.endswith(_UNFINISHED) and entry.stat().st_mtime < time.time() - _FORGOTTEN_AFTER:
                    os.unlink(entry.path)

    def _names(self) -> list[str]:
        if not self.is_url:
            return os.listdir(self.where) if os.path.isdir(self.where) else []
        system = file_system(self.where)
        system.invalidate_cache()
        try:
            found = retried(lambda: system.ls(self.where, detail=False))
        except FileNotFoundError:
            return []
        return [str(path).rstrip("/").rsplit("/", 1)[-1] for path in found]

    @contextlib.contextmanager
    def _writing(self, name: str) -> Iterator[BinaryIO]:
        if self.is_url:
            # An upload shows once it is finished, and a failed one is put back as a whole.
            with self._buffered(name) as file:
                yield file
            return
        os.makedirs(self.where, exist_ok=True)
        with atomic_file(self.path(name), durable=True) as file:
            yield file

    @contextlib.contextmanager
    def _buffered(self, name: str) -> Iterator[BinaryIO]:
        buffer = io.BytesIO()
        yield buffer
        system = file_system(self.where)
        retried(lambda: system.pipe_file(self.path(name), buffer.getvalue()))

    @contextlib.contextmanager
    def _sentence(self, verb: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = reason_of(error) if self.is_url else why(error)
            raise IndexFault(f"The index {printable(self.where)} cannot be {verb}: {reason}.") from error
