"""Taking pictures out of one store on disk and giving their room back."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from imgrank.store.disk import DiskStore
from imgrank.store.row_format import Key, are_sound
from imgrank.store.segments import ROWS
from imgrank.store.sqlite_index import FAULTS, next_segment

_BLOCK = 4096  # rows moved at once
_WORTH_KEEPING = 0.75  # a segment with a smaller part of its rows in use is written anew


def drop_gone(disk: DiskStore) -> int:
    """Drop pictures whose every known path is gone; the count of them. Raises one of the index's FAULTS."""
    gone = [path for path in disk.index.all_paths() if not os.path.lexists(path)]
    with disk.index.writing():
        disk.index.forget_paths(gone)
        unneeded = disk.index.images_without_path()
        disk.index.forget_images(unneeded)
    _compact(disk)
    return _pictures(unneeded)


def drop_oldest(disk: DiskStore, count: int) -> int:
    """Drop the `count` rows that were stored first; the count of their pictures. Raises one of the index's FAULTS."""
    with disk.index.writing():
        oldest = list(disk.index.all_places())[:count]
        disk.index.forget_images(oldest)
    _compact(disk)
    return _pictures(oldest)


def _compact(disk: DiskStore) -> None:
    """Move the rows of thinly used segments to the end, then delete segments that nothing points to."""
    with disk.index.writing():
        places = disk.index.all_places()
        used = Counter(place // ROWS for place in places.values())
        thin = {
            segment
            for segment in disk.segments.numbers()
            if used[segment] < _WORTH_KEEPING * disk.segments.rows(segment)
        }
        moving = [key for key, place in places.items() if place // ROWS in thin]
        if thin:
            disk.index.take_places(next_segment(disk.index.next_place(1)))
        for start in range(0, len(moving), _BLOCK):
            _move(disk, moving[start : start + _BLOCK], places)
    for segment in thin:
        disk.segments.remove(segment)
    with contextlib.suppress(*FAULTS):  # another process may be at it; next time then
        disk.index.shrink()


def _move(disk: DiskStore, keys: Sequence[Key], places: dict[Key, int]) -> None:
    rows = disk.read(np.array([places[key] for key in keys], np.int64))
    sound = are_sound(rows, [key.owner for key in keys])
    kept = [key for key, good in zip(keys, sound, strict=True) if good]
    disk.index.forget_images(key for key, good in zip(keys, sound, strict=True) if not good)
    if kept:
        disk.index.add(kept, disk.write_rows(rows[sound]))


def _pictures(keys: Iterable[Key]) -> int:
    return len({key.digest for key in keys})
