"""What the store holds, and making it smaller: what stands behind `imgrank cache`."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imgrank.errors import StoreError
from imgrank.paths import facts_file, printable, text_dir, tokens_dir
from imgrank.store import remembered
from imgrank.store.disk import DiskStore, is_aside, remove_folder
from imgrank.store.segments import ROWS, Key, Segments, are_sound
from imgrank.store.sqlite_index import FAULTS, NewerIndex, is_damage, next_segment, open_as_found
from imgrank.store.token_store import reason_of

_OURS = re.compile(r"[0-9a-f]{16}(\.aside-.*)?")
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """What is stored of one backbone; `images` is None where its index cannot be read, `last_used` a Unix time."""

    fingerprint: str
    images: int | None
    bytes: int
    last_used: float


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """Where the store lies and what it holds, last used first."""

    tokens_folder: str
    text_folder: str
    backbones: tuple[StoredTokens, ...]
    sentences: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Pruned:
    """What has gone: whole backbones, pictures of those that stay, and bytes in all."""

    backbones: int
    images: int
    bytes: int


def store_info() -> StoreInfo:
    """Look at the store on disk. What cannot be read counts as nothing."""
    backbones = sorted(map(_look_at, _live_folders()), key=lambda stored: -stored.last_used)
    sentences = sum(1 for folder in _folders(text_dir()) for _ in folder.glob("*.tok"))
    return StoreInfo(str(tokens_dir()), str(text_dir()), tuple(backbones), sentences, _all_bytes())


def clear() -> Pruned:
    """Remove everything stored. Raises StoreError where something may not be removed."""
    before, backbones = _all_bytes(), len(_live_folders())
    for folder in [*_folders(tokens_dir()), *_folders(text_dir())]:
        _remove(folder)
    remembered.remove(facts_file())
    return Pruned(backbones, 0, before - _all_bytes())


def prune(*, unused_days: float | None = None, max_bytes: int | None = None) -> Pruned:
    """Remove backbones unused for `unused_days`, pictures that are no longer where they were, and then,
    down to `max_bytes` of image tokens, the backbones used longest ago and the pictures stored first.

    Raises StoreError where something may not be removed or rewritten.
    """
    before, folders = _all_bytes(), len(_live_folders())
    _remove_unused(unused_days)
    images = sum(_drop_gone(folder) for folder in _live_folders())
    remembered.drop_gone(facts_file())
    if max_bytes is not None:
        images += _fit(max_bytes)
    return Pruned(folders - len(_live_folders()), images, before - _all_bytes())


def _remove_unused(days: float | None) -> None:
    for folder in [*_folders(tokens_dir()), *_folders(text_dir())]:
        unused = days is not None and folder.stat().st_mtime < time.time() - days * _DAY
        if unused or is_aside(folder):
            _remove(folder)


def _drop_gone(folder: Path) -> int:
    with _opened(folder) as disk:
        return drop_gone(disk) if disk else 0


def _fit(limit: int) -> int:
    by_use = sorted(_live_folders(), key=lambda folder: folder.stat().st_mtime)
    for folder in by_use[:-1]:
        if sum(map(_bytes_in, by_use)) > limit:
            _remove(folder)
    if not by_use:
        return 0
    with _opened(by_use[-1]) as disk:
        over = _bytes_in(by_use[-1]) - limit
        return drop_oldest(disk, -(-over // disk.row_size)) if disk and over > 0 else 0


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[DiskStore | None]:
    """The store in `folder`; None where it was damaged (and is removed) or a newer imgrank wrote it."""
    used = folder.stat()
    try:
        disk = _open(folder)
    except NewerIndex:
        yield None
        return
    except FAULTS as error:
        if not (is_damage(error) or isinstance(error, FileNotFoundError)):
            raise _refusal(folder, error) from error
        _remove(folder)
        yield None
        return
    try:
        yield disk
    except FAULTS as error:
        raise _refusal(folder, error) from error
    finally:
        disk.close()
        with contextlib.suppress(OSError):
            os.utime(folder, ns=(used.st_atime_ns, used.st_mtime_ns))  # upkeep is no use


def _open(folder: Path) -> DiskStore:
    index = open_as_found(folder)
    return DiskStore(folder, index, Segments(folder, index.fingerprint, index.shape))


def _look_at(folder: Path) -> StoredTokens:
    used, images = folder.stat(), None
    with contextlib.suppress(*FAULTS), contextlib.closing(open_as_found(folder)) as index:
        images = index.count()
    with contextlib.suppress(OSError):
        os.utime(folder, ns=(used.st_atime_ns, used.st_mtime_ns))
    return StoredTokens(folder.name, images, _bytes_in(folder), used.st_mtime)


def _remove(folder: Path) -> None:
    try:
        remove_folder(folder)
    except OSError as error:
        raise _refusal(folder, error) from error


def _refusal(folder: Path, error: Exception) -> StoreError:
    return StoreError(
        f"The cache in {printable(str(folder))} cannot be made smaller: {reason_of(error)}.",
        "You can delete that folder; it is created again when needed.",
    )


def _folders(parent: Path) -> list[Path]:
    try:
        return [folder for folder in parent.iterdir() if folder.is_dir() and _OURS.fullmatch(folder.name)]
    except OSError:
        return []


def _live_folders() -> list[Path]:
    return [folder for folder in _folders(tokens_dir()) if not is_aside(folder)]


def _all_bytes() -> int:
    folders = sum(map(_bytes_in, [*_folders(tokens_dir()), *_folders(text_dir())]))
    return folders + remembered.bytes_of(facts_file())


def _bytes_in(folder: Path) -> int:
    total = 0
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            with contextlib.suppress(OSError):  # it may go while we look
                total += entry.stat().st_size
    return total


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
