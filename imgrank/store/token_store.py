"""Tokens by content hash and view, whatever happens to the disk: a fault costs encoding again, never a result."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType

import numpy as np
import numpy.typing as npt

from imgrank.counting import counted
from imgrank.errors import StoreError
from imgrank.paths import tokens_dir, why
from imgrank.records import ImageFile
from imgrank.store.disk import DiskStore, open_afresh, open_disk, remove_folder
from imgrank.store.segments import Key, Rows, View, are_sound, owner_of, row_type, to_packed, to_rows
from imgrank.store.sqlite_index import FAULTS, UNTRUSTED, DamagedIndex, NewerIndex, OlderIndex, Shortcut, is_damage
from imgrank.tokens import PackedTokens, TokenShape

RACY_NS = 2_000_000_000  # the coarsest clock of a file system in use (FAT)
_BLOCK = 4096  # rows checked or written at once
_WAITING = 512  # shortcuts that may wait for the next write


@dataclass(frozen=True, slots=True)
class Found:
    """Tokens in the order asked; where `missing` (N,) is True the store has none, and `packed` is zero."""

    packed: PackedTokens
    missing: npt.NDArray[np.bool_]


class TokenStore:
    """Tokens of one backbone. Made by `open_store`; safe to use from several threads.

    What cannot be written to disk is kept in memory until the store is closed.
    """

    def __init__(self, shape: TokenShape, disk: DiskStore | None, note: Callable[[str], None]) -> None:
        self.shape = shape
        self._row_size = row_type(shape).itemsize
        self._disk = disk
        self._note = note
        self._searching = self._writing = disk is not None
        self._places: dict[View, dict[str, int]] = {view: {} for view in View}  # on disk, read once and found sound
        self._rows: dict[View, dict[str, Rows]] = {view: {} for view in View}  # in memory
        self._shortcuts: dict[bytes, Shortcut] = {}  # made in this run
        self._waiting: list[Shortcut] = []  # of these, not yet on disk
        self._looked_at = time.time_ns()
        self._lock = threading.RLock()

    def recall(self, files: Sequence[ImageFile]) -> list[str | None]:
        """The digest of each file whose path, size and time are as they were when it was hashed, or None.

        It names the file's bytes, whatever view of the picture is wanted.
        """
        with self._lock:
            self._looked_at = time.time_ns()
            keys = path_keys(files)
            known = self._recall_from_disk(keys) | self._shortcuts
            return [_digest_if_same(file, known.get(key)) for file, key in zip(files, keys, strict=True)]

    def have(self, digests: Sequence[str], view: View = View.plain) -> list[bool]:
        """True where the tokens of that view can be read; the rows have been checked."""
        with self._lock:
            self._find(digests, view)
            return [self._knows(digest, view) for digest in digests]

    def has(self, digest: str, view: View = View.plain) -> bool:
        """As `have`, for one."""
        with self._lock:
            return self._knows(digest, view) or self._find([digest], view)

    def put(
        self, files: Sequence[ImageFile], digests: Sequence[str], packed: PackedTokens, view: View = View.plain
    ) -> None:
        """Keep the tokens of N pictures in one view, and remember their files. What is known is kept as it is.

        `digests` are of the files' bytes. Raises ValueError on tokens of another shape.
        """
        if packed.shape != self.shape or not len(files) == len(digests) == len(packed):
            raise ValueError(
                f"{counted(len(files), 'file')}, {len(digests)} digests, {len(packed)} tokens of {packed.shape}"
            )
        with self._lock:
            first: dict[str, int] = {}
            for row, digest in enumerate(digests):
                first.setdefault(digest, row)
            fresh = [digest for digest in first if not self._knows(digest, view)]
            rows = to_rows(
                [owner_of(digest, view) for digest in fresh],
                packed[np.array([first[digest] for digest in fresh], np.intp)],
            )
            self._remember(files, digests)
            for start in range(0, len(fresh), _BLOCK):
                self._append(fresh[start : start + _BLOCK], view, rows[start : start + _BLOCK])
            if len(self._waiting) >= _WAITING:
                self._flush()

    def remember(self, files: Sequence[ImageFile], digests: Sequence[str]) -> None:
        """Let these files be recalled by path, size and time."""
        with self._lock:
            self._remember(files, digests)
            if len(self._waiting) >= _WAITING:
                self._flush()

    def flush(self) -> None:
        """Write what waits: for the end of a walk over files, so that the next one need not hash them."""
        with self._lock:
            self._flush()

    def read(self, digests: Sequence[str], view: View = View.plain) -> Found:
        """Tokens in the order asked. A row that fails its checksum is missing, and no longer known."""
        with self._lock:
            self._find(list(dict.fromkeys(digests)), view)
            rows, sound = self._read_from_disk(digests, view)
            for i in np.flatnonzero(~sound).tolist():
                self._places[view].pop(digests[i], None)
                kept = self._rows[view].get(digests[i])
                rows[i] = 0 if kept is None else kept
                sound[i] = kept is not None
            return Found(to_packed(rows, self.shape), ~sound)

    def read_blocks(self, digests: Sequence[str], size: int, view: View = View.plain) -> Iterator[PackedTokens]:
        """Tokens in the order asked, `size` pictures at a time, so that memory stays flat.

        Raises StoreError if rows that were there have gone meanwhile; `has` is False for them then, so
        encoding what is missing and reading again goes on.
        """
        for start in range(0, len(digests), size):
            found = self.read(digests[start : start + size], view)
            if found.missing.any():
                gone = counted(int(found.missing.sum()), "image has", "images have")
                raise StoreError(f"{gone} disappeared from the cache; run the command again.")
            yield found.packed

    def close(self) -> None:
        """Write what waits, and let go of the files. What was kept in memory alone is forgotten."""
        with self._lock:
            self._flush()
            if self._disk:
                self._disk.close()
            self._disk, self._searching, self._writing = None, False, False
            for view in View:
                self._places[view].clear()
                self._rows[view].clear()

    def __enter__(self) -> TokenStore:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _knows(self, digest: str, view: View) -> bool:
        return digest in self._places[view] or digest in self._rows[view]

    def _recall_from_disk(self, keys: Sequence[bytes]) -> dict[bytes, Shortcut]:
        if self._disk and self._searching:
            try:
                return {shortcut.path: shortcut for shortcut in self._disk.index.shortcuts(keys)}
            except FAULTS as error:
                self._stop_searching(error)
        return {}

    def _find(self, digests: Sequence[str], view: View) -> bool:
        """Look for rows on disk that are not known yet, and check them; True if one was found."""
        known = self._places[view]
        unknown = [digest for digest in digests if digest not in known]
        if not (self._disk and self._searching and unknown):
            return False
        try:
            found = self._disk.index.places(unknown, view)
        except FAULTS as error:
            self._stop_searching(error)
            return False
        before = len(known)
        by_place = sorted(found, key=found.__getitem__)
        for start in range(0, len(by_place), _BLOCK):
            some = by_place[start : start + _BLOCK]
            places = np.fromiter((found[digest] for digest in some), np.int64, len(some))
            sound = are_sound(self._disk.read(places), [owner_of(digest, view) for digest in some])
            known.update((some[i], int(places[i])) for i in np.flatnonzero(sound))
        return len(known) > before

    def _read_from_disk(self, digests: Sequence[str], view: View) -> tuple[Rows, npt.NDArray[np.bool_]]:
        count, known = len(digests), self._places[view]
        if self._disk is None or not known:
            return np.zeros((count, self._row_size), np.uint8), np.zeros(count, np.bool_)
        places = np.fromiter((known.get(digest, -1) for digest in digests), np.int64, count)
        ascending, inverse = np.unique(places, return_inverse=True)
        rows = self._disk.read(ascending)
        if not np.array_equal(inverse, np.arange(len(ascending))):
            rows = rows[inverse]
        return rows, are_sound(rows, [owner_of(digest, view) for digest in digests])

    def _append(self, digests: Sequence[str], view: View, rows: Rows) -> None:
        if self._disk and self._writing:
            try:
                places = self._disk.append([Key(digest, view) for digest in digests], rows, self._waiting)
            except FAULTS as error:
                self._stop_writing(error)
            else:
                self._places[view].update(zip(digests, places, strict=True))
                self._waiting.clear()
                return
        self._rows[view].update(zip(digests, rows, strict=True))

    def _remember(self, files: Sequence[ImageFile], digests: Sequence[str]) -> None:
        for file, key, digest in zip(files, path_keys(files), digests, strict=True):
            # A file changed just before it was hashed may change again within the same tick of its clock.
            racy = file.mtime_ns > self._looked_at - RACY_NS
            shortcut = Shortcut(key, UNTRUSTED if racy else file.size, file.mtime_ns, digest)
            self._shortcuts[key] = shortcut
            if self._writing:
                self._waiting.append(shortcut)

    def _flush(self) -> None:
        if self._disk and self._writing and self._waiting:
            try:
                self._disk.remember(self._waiting)
            except FAULTS as error:
                self._stop_writing(error)
        self._waiting.clear()

    def _stop_searching(self, error: Exception) -> None:
        self._searching = False
        self._give_up_damaged(error)
        self._note(f"the cache cannot be read ({reason_of(error)}): images are encoded again")

    def _stop_writing(self, error: Exception) -> None:
        self._give_up_damaged(error)
        self._note(f"the cache cannot be written ({reason_of(error)}): nothing is cached in this run")

    def _give_up_damaged(self, error: Exception) -> None:
        self._writing = False
        if self._disk and is_damage(error):
            self._searching = False
            with contextlib.suppress(OSError):
                remove_folder(self._disk.folder)  # the next run begins anew; open segments stay readable


def path_keys(files: Sequence[ImageFile]) -> list[bytes]:
    """Absolute paths in the system's bytes: any name survives. `..` is left alone: it may follow a link."""
    try:
        here = os.getcwd()
    except OSError:  # deleted under our feet; absolute paths need none
        here = ""
    full = [os.path.join(here, file.path) for file in files]
    return [os.fsencode(path if ".." in path else os.path.normpath(path)) for path in full]


def _digest_if_same(file: ImageFile, known: Shortcut | None) -> str | None:
    same = known is not None and (known.size, known.mtime_ns) == (file.size, file.mtime_ns)
    return known.digest if known and same else None


def reason_of(error: Exception) -> str:
    """What went wrong, in a few plain words that may stand in brackets."""
    return why(error) if isinstance(error, OSError) else str(error)


def open_store(fingerprint: str, shape: TokenShape, *, cache: bool = True, note: Callable[[str], None]) -> TokenStore:
    """The tokens of one backbone. Without `cache`, or where the disk does not serve, they live in memory.

    Never raises for a cache that is broken; `note` is called at most once, with one plain line.
    """
    once = _Once(note)
    disk = _open(fingerprint, shape, once) if cache else None
    return TokenStore(shape, disk, once)


def _open(fingerprint: str, shape: TokenShape, note: Callable[[str], None]) -> DiskStore | None:
    folder = tokens_dir() / fingerprint
    try:
        try:
            return open_disk(folder, fingerprint, shape)
        except OlderIndex:
            note(
                "the cache of an earlier imgrank, which could confuse an image with "
                "its mirror image, starts empty: images are encoded again"
            )
            return open_afresh(folder, fingerprint, shape)
        except DamagedIndex:
            note("the cache was damaged and starts empty: images are encoded again")
            return open_afresh(folder, fingerprint, shape)
    except NewerIndex:
        note("the cache was written by a newer imgrank and is left alone: nothing is cached in this run")
    except FAULTS as error:
        note(f"the cache cannot be opened ({reason_of(error)}): nothing is cached in this run")
    return None


class _Once:
    """Passes on the first note and no other."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note
        self._told = False

    def __call__(self, text: str) -> None:
        if not self._told:
            self._told = True
            self._note(text)
