"""`index.sqlite`: (digest, view) -> place of its row, and (path, size, mtime_ns) -> digest as a shortcut.

Every method may raise one of FAULTS. Many processes share one index: what is written stands
between BEGIN IMMEDIATE and COMMIT, and whoever holds that also owns the end of the segments.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from xxhash import xxh3_64_intdigest

from imgrank.store.segments import ROWS, STORE_VERSION, Key, View
from imgrank.tokens import TokenShape, parse_shape

FILE_NAME = "index.sqlite"
PATIENCE = 20.0  # seconds to wait for another process that writes
UNTRUSTED = -1  # as a size: the path is known to exist, but is no shortcut
FAULTS = (OSError, sqlite3.Error, UnicodeError)  # the last: Python reading SQLite's own message on damage
AT_ONCE = 900  # bound values in one statement; old SQLite takes 999

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE images (
    digest BLOB, view BLOB, place INTEGER NOT NULL, PRIMARY KEY (digest, view)
) WITHOUT ROWID;
CREATE TABLE paths (
    path BLOB PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, digest BLOB NOT NULL,
    checksum INTEGER NOT NULL
) WITHOUT ROWID;
"""


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Holds the file for writing; undone whole if the body fails."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:  # Ctrl-C as well; it goes on
        with contextlib.suppress(*FAULTS):
            connection.execute("ROLLBACK")
        raise


class DamagedIndex(sqlite3.DatabaseError):
    """The file is no index, or not the index of this fingerprint and shape: it may be set aside."""


class OlderIndex(DamagedIndex):
    """An earlier imgrank wrote this index, in a form that is not trusted any more: it may be set aside."""


class NewerIndex(sqlite3.DatabaseError):
    """A newer imgrank wrote this index: it stays as it is."""


class Shortcut(NamedTuple):
    """A file as it was when its bytes were hashed: path in the system's bytes, size, time, and the digest."""

    path: bytes
    size: int
    mtime_ns: int
    digest: str

    def checksum(self) -> int:
        """63 bits over all of it: a damaged shortcut would lead to the tokens of another picture."""
        return xxh3_64_intdigest(b"%d %d %s %s" % (self.size, self.mtime_ns, self.digest.encode(), self.path)) >> 1


class Index:
    """One open index. Built by `open_index`."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.fingerprint, self.shape = _read_owner(connection)
        self._path = path
        self._connection = connection
        self._identity = _identity(path)

    def places(self, digests: Sequence[str], view: View) -> dict[str, int]:
        """Where the rows of those digests stand that are known in this view."""
        query = "SELECT digest, place FROM images WHERE view = ? AND digest IN ({})"
        found = self._select_in(query, [digest.encode() for digest in digests], view.value.encode())
        return {_text(digest): _number(place) for digest, place in found}

    def shortcuts(self, paths: Sequence[bytes]) -> Iterator[Shortcut]:
        """What is remembered of those paths, as far as it is whole."""
        query = "SELECT path, size, mtime_ns, digest, checksum FROM paths WHERE path IN ({})"
        for path, size, mtime_ns, digest, checksum in self._select_in(query, paths):
            if isinstance(path, bytes) and isinstance(size, int) and isinstance(mtime_ns, int):
                shortcut = Shortcut(path, size, mtime_ns, _text(digest))
                if shortcut.checksum() == checksum:
                    yield shortcut

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction; other writers wait. Undone whole if the body fails."""
        if _identity(self._path) != self._identity:
            raise sqlite3.OperationalError("it was deleted meanwhile")
        with transaction(self._connection):
            yield

    def next_place(self, count: int) -> int:
        """The first of `count` free places in one segment. Places are never given out twice."""
        value = _read_meta(self._connection).get("next_place", "")
        place = _number(int(value) if re.fullmatch("[0-9]{1,15}", str(value)) else None)
        return place if place % ROWS + count <= ROWS else next_segment(place)

    def take_places(self, end: int) -> None:
        """Give out every place before `end`."""
        self._connection.execute("UPDATE meta SET value = ? WHERE key = 'next_place'", [str(end)])

    def add(self, keys: Iterable[Key], places: Iterable[int]) -> None:
        """Say where rows stand; a key that had a place gets the new one."""
        rows = [(*_bytes(key), place) for key, place in zip(keys, places, strict=True)]
        self._connection.executemany("INSERT OR REPLACE INTO images VALUES (?, ?, ?)", rows)

    def remember(self, shortcuts: Iterable[Shortcut]) -> None:
        rows = [(s.path, s.size, s.mtime_ns, s.digest.encode(), s.checksum()) for s in shortcuts]
        self._connection.executemany("INSERT OR REPLACE INTO paths VALUES (?, ?, ?, ?, ?)", rows)

    def all_paths(self) -> list[bytes]:
        return [path for (path,) in self._connection.execute("SELECT path FROM paths") if isinstance(path, bytes)]

    def all_places(self) -> dict[Key, int]:
        """Every row and its place, by place: oldest first."""
        found = self._connection.execute("SELECT digest, view, place FROM images ORDER BY place")
        return {_key(digest, view): _number(place) for digest, view, place in found}

    def forget_paths(self, paths: Iterable[bytes]) -> None:
        self._connection.executemany("DELETE FROM paths WHERE path = ?", [(path,) for path in paths])

    def forget_images(self, keys: Iterable[Key]) -> None:
        """Drop rows, and the paths of pictures that have none left."""
        self._connection.executemany("DELETE FROM images WHERE digest = ? AND view = ?", map(_bytes, keys))
        self._connection.execute("DELETE FROM paths WHERE digest NOT IN (SELECT digest FROM images)")

    def count(self) -> int:
        """How many pictures are stored."""
        ((images,),) = self._connection.execute("SELECT COUNT(DISTINCT digest) FROM images").fetchall()
        return int(images)

    def images_without_path(self) -> list[Key]:
        query = "SELECT digest, view FROM images WHERE digest NOT IN (SELECT digest FROM paths)"
        return [_key(digest, view) for digest, view in self._connection.execute(query)]

    def shrink(self) -> None:
        """Give room that rows left back to the disk."""
        self._connection.execute("VACUUM")

    def close(self) -> None:
        with contextlib.suppress(*FAULTS):
            self._connection.close()

    def _select_in(self, query: str, values: Sequence[bytes], *before: bytes) -> Iterator[tuple[Any, ...]]:
        for start in range(0, len(values), AT_ONCE):
            some = values[start : start + AT_ONCE]
            yield from self._connection.execute(query.format(",".join("?" * len(some))), [*before, *some]).fetchall()


def is_damage(error: Exception) -> bool:
    """True if the index itself is broken, not merely out of reach."""
    # The bare class is what SQLite raises for "malformed" and "file is not a database".
    return isinstance(error, (DamagedIndex, UnicodeError)) or type(error) is sqlite3.DatabaseError


def next_segment(place: int) -> int:
    """The first place of the segment after the one that holds `place`."""
    return (place // ROWS + 1) * ROWS


def open_index(folder: Path, fingerprint: str, shape: TokenShape) -> Index:
    """Open the index of a folder, made if there is none.

    Raises DamagedIndex, NewerIndex, or another of FAULTS where it cannot be opened at all.
    """
    path = folder / FILE_NAME
    writable = os.access(folder, os.W_OK)
    connection = _connect(path, writable)
    try:
        if writable:
            _prepare(connection, fingerprint, shape)
        _check(connection, fingerprint, shape)
        return Index(path, connection)
    except FAULTS as error:
        connection.close()
        if is_damage(error) and not isinstance(error, DamagedIndex):
            raise DamagedIndex(str(error)) from error
        raise


def open_as_found(folder: Path) -> Index:
    """Open an index for upkeep, whatever its fingerprint. Raises as `open_index`."""
    path = folder / FILE_NAME
    path.stat()
    connection = _connect(path, os.access(folder, os.W_OK))
    try:
        _check_version(_read_meta(connection))
        return Index(path, connection)
    except FAULTS:
        connection.close()
        raise


def _connect(path: Path, writable: bool) -> sqlite3.Connection:
    # Without write access SQLite cannot share a WAL index with writers, but can read it as it lies there.
    target = path if writable else path.absolute().as_uri() + "?immutable=1"
    connection = sqlite3.connect(
        target, uri=not writable, timeout=PATIENCE, isolation_level=None, check_same_thread=False
    )
    connection.text_factory = _decode  # damaged text shall fail our checks, not SQLite's decoder
    return connection


def _prepare(connection: sqlite3.Connection, fingerprint: str, shape: TokenShape) -> None:
    with contextlib.suppress(sqlite3.OperationalError):  # some file systems cannot; then without
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    if connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        return
    connection.execute("BEGIN IMMEDIATE")
    if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():  # nobody was faster
        for statement in _TABLES.split(";"):
            connection.execute(statement)
        facts = {**_facts(fingerprint, shape), "next_place": "0"}
        connection.executemany("INSERT INTO meta VALUES (?, ?)", facts.items())
    connection.execute("COMMIT")


def _check(connection: sqlite3.Connection, fingerprint: str, shape: TokenShape) -> None:
    meta = _read_meta(connection)
    _check_version(meta)
    if any(meta.get(key) != value for key, value in _facts(fingerprint, shape).items()):
        raise DamagedIndex("it belongs to another backbone")


def _check_version(meta: dict[str, str]) -> None:
    try:
        version = int(meta["version"])
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedIndex("it names no version") from error
    if version > STORE_VERSION:
        raise NewerIndex("a newer imgrank wrote it")
    if version < STORE_VERSION:
        raise OlderIndex("an earlier imgrank wrote it")


def _read_meta(connection: sqlite3.Connection) -> dict[str, str]:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if "meta" not in tables:
        raise DamagedIndex("it is no index of imgrank")
    return dict(connection.execute("SELECT key, value FROM meta"))


def _read_owner(connection: sqlite3.Connection) -> tuple[str, TokenShape]:
    meta = _read_meta(connection)
    try:
        return meta["fingerprint"], parse_shape(meta["shape"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedIndex("it does not say whose it is") from error


def _facts(fingerprint: str, shape: TokenShape) -> dict[str, str]:
    return {"version": str(STORE_VERSION), "fingerprint": fingerprint, "shape": shape.packed()}


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _bytes(key: Key) -> tuple[bytes, bytes]:
    return key.digest.encode(), key.view.value.encode()


def _key(digest: object, view: object) -> Key:
    try:
        return Key(_text(digest), View(_text(view)))
    except ValueError as error:
        raise DamagedIndex("a view is none") from error


def _text(value: object) -> str:
    if not isinstance(value, bytes):
        raise DamagedIndex("a digest is none")
    return _decode(value)


def _decode(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _number(value: object) -> int:
    # A place beyond any disk is damage; left alone it would overflow far from here.
    if not isinstance(value, int) or not 0 <= value < 1 << 50:
        raise DamagedIndex("a place is none")
    return value
