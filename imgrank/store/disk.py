"""One fingerprint's folder on disk: an index and its segments. Raises on every fault; the token store catches."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from imgrank.store.segments import ROWS, Key, Rows, Segments
from imgrank.store.sqlite_index import Index, Shortcut, next_segment, open_index
from imgrank.tokens import TokenShape

_ASIDE = ".aside-"  # in the name of a folder that is on its way out


class DiskStore:
    """Rows and shortcuts on disk. Raises one of the index's FAULTS."""

    def __init__(self, folder: Path, index: Index, segments: Segments) -> None:
        self.folder = folder
        self.index = index
        self.segments = segments
        self.row_size = segments.row_size  # bytes

    def read(self, places: npt.NDArray[np.int64]) -> Rows:
        """Rows at ascending places; zeros where there is nothing to read. Never raises."""
        return self.segments.read(places)

    def append(self, keys: Sequence[Key], rows: Rows, shortcuts: Sequence[Shortcut]) -> range:
        """Write rows, then say in the index where they stand; a crash between the two leaves them unused."""
        with self.index.writing():
            places = self.write_rows(rows)
            self.index.add(keys, places)
            self.index.remember(shortcuts)
        return places

    def write_rows(self, rows: Rows) -> range:
        """Write at most ROWS rows at the end, inside a transaction of the index that the caller holds."""
        place = self.index.next_place(len(rows))
        while not self.segments.prepare(place // ROWS):
            place = next_segment(place)
        places = range(place, place + len(rows))
        self.segments.write(place, rows)
        self.index.take_places(places.stop)
        return places

    def remember(self, shortcuts: Sequence[Shortcut]) -> None:
        with self.index.writing():
            self.index.remember(shortcuts)

    def close(self) -> None:
        self.index.close()
        self.segments.close()


def open_disk(folder: Path, fingerprint: str, shape: TokenShape) -> DiskStore:
    """Open the store in `folder`, made if there is none.

    Raises DamagedIndex, NewerIndex or another of the index's FAULTS.
    """
    folder.mkdir(parents=True, exist_ok=True)
    index = open_index(folder, fingerprint, shape)
    with contextlib.suppress(OSError):
        os.utime(folder)  # when it was last used
    return DiskStore(folder, index, Segments(folder, fingerprint, shape))


def open_afresh(folder: Path, fingerprint: str, shape: TokenShape) -> DiskStore:
    """Put a damaged store aside and begin anew. Raises as `open_disk`."""
    remove_folder(folder)
    return open_disk(folder, fingerprint, shape)


def remove_folder(folder: Path) -> None:
    """Delete a store's folder, in one step as others see it. Raises OSError where it may not go."""
    aside = folder.with_name(f"{folder.name}{_ASIDE}{os.getpid()}-{time.time_ns()}")
    folder.rename(aside)
    shutil.rmtree(aside, ignore_errors=True)


def is_aside(folder: Path) -> bool:
    """True for what a `remove_folder` that was cut short has left."""
    return _ASIDE in folder.name
