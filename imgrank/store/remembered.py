"""What was read of files, as short texts by path, size and time. Any fault of it costs reading again."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from xxhash import xxh3_64_intdigest

from imgrank.records import ImageFile
from imgrank.store.sqlite_index import AT_ONCE, FAULTS, PATIENCE, is_damage, transaction
from imgrank.store.token_store import RACY_NS, path_keys, reason_of

VERSION = 1  # raise it when the texts change their meaning
_T = TypeVar("_T")
_SUFFIXES = ("", "-wal", "-shm")  # of the files that SQLite keeps

_TABLE = """CREATE TABLE IF NOT EXISTS said (
    path BLOB PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, text TEXT NOT NULL,
    checksum INTEGER NOT NULL
) WITHOUT ROWID"""


class Remembered:
    """Texts about files, in one SQLite file at `path`; nothing is kept where it is None or does not serve.

    `note` is called at most once, with one plain line.
    """

    def __init__(self, path: Path | None, note: Callable[[str], None]) -> None:
        self._path, self._note = path, note
        self._connection: sqlite3.Connection | None = None
        if path is not None:
            self._try(lambda: self._open(path))

    def recall(self, files: Sequence[ImageFile]) -> list[str | None]:
        """The text of each file whose path, size and time are as they were, or None."""
        keys = path_keys(files)
        known = self._try(lambda: dict(self._rows(keys))) or {}
        return [known.get(_row_key(key, file)) for key, file in zip(keys, files, strict=True)]

    def remember(self, files: Sequence[ImageFile], texts: Sequence[str]) -> None:
        """Keep what was read of files just now."""
        # A file changed just before it was read may change again within the same tick of its clock.
        latest = time.time_ns() - RACY_NS
        rows = [
            (key, file.size, file.mtime_ns, text, _checksum(*_row_key(key, file), text))
            for key, file, text in zip(path_keys(files), files, texts, strict=True)
            if file.mtime_ns <= latest
        ]
        self._try(lambda: self._write(rows))

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            with contextlib.suppress(*FAULTS):
                self._connection.close()
        self._connection = None

    def _open(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = connection = sqlite3.connect(
            path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
        )
        with contextlib.suppress(sqlite3.OperationalError):  # some file systems cannot; then without
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version not in (0, VERSION):
            raise sqlite3.DatabaseError("another version of imgrank wrote it")
        connection.execute(_TABLE)
        connection.execute(f"PRAGMA user_version = {VERSION}")

    def _rows(self, keys: Sequence[bytes]) -> Iterator[tuple[tuple[bytes, int, int], str]]:
        if self._connection is None:
            return
        for start in range(0, len(keys), AT_ONCE):
            some = keys[start : start + AT_ONCE]
            marks = ",".join("?" * len(some))
            query = f"SELECT path, size, mtime_ns, text, checksum FROM said WHERE path IN ({marks})"  # noqa: S608 (`marks` are question marks)
            for path, size, mtime_ns, text, checksum in self._connection.execute(query, some):
                if (
                    isinstance(path, bytes)
                    and isinstance(text, str)
                    and _checksum(path, size, mtime_ns, text) == checksum
                ):
                    yield (path, size, mtime_ns), text

    def _write(self, rows: Sequence[tuple[bytes, int, int, str, int]]) -> None:
        if self._connection is None or not rows:
            return
        with transaction(self._connection):
            self._connection.executemany("INSERT OR REPLACE INTO said VALUES (?, ?, ?, ?, ?)", rows)

    def _try(self, work: Callable[[], _T]) -> _T | None:
        """What `work` gives; None where the file does not serve, and then it is not asked again."""
        try:
            return work()
        except FAULTS as error:
            self.close()
            if self._path is not None and is_damage(error):
                remove(self._path)  # the next run begins anew
            self._note(f"cached metadata of images cannot be used ({reason_of(error)}): it is read again")
            return None


def remove(path: Path) -> None:
    """Take the file away, with what SQLite keeps beside it."""
    for each in _files(path):
        with contextlib.suppress(OSError):
            each.unlink(missing_ok=True)


def drop_gone(path: Path) -> None:
    """Forget files that are no longer where they were. Where it cannot be done now, it is left as it is."""
    if not path.exists():
        return
    with contextlib.suppress(*FAULTS), contextlib.closing(sqlite3.connect(path, timeout=PATIENCE)) as connection:
        known = [key for (key,) in connection.execute("SELECT path FROM said") if isinstance(key, bytes)]
        gone = [(key,) for key in known if not os.path.lexists(key)]
        with connection:
            connection.executemany("DELETE FROM said WHERE path = ?", gone)
        connection.execute("VACUUM")


def bytes_of(path: Path) -> int:
    """What it takes on the disk."""
    total = 0
    for each in _files(path):
        with contextlib.suppress(OSError):
            total += each.stat().st_size
    return total


def _files(path: Path) -> list[Path]:
    return [path.with_name(path.name + suffix) for suffix in _SUFFIXES]


def _row_key(key: bytes, file: ImageFile) -> tuple[bytes, int, int]:
    return key, file.size, file.mtime_ns


def _checksum(path: bytes, size: object, mtime_ns: object, text: str) -> int:
    return xxh3_64_intdigest(f"{size} {mtime_ns} {text} ".encode("utf-8", "surrogatepass") + path) >> 1
