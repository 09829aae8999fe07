"""Opening the token store: on disk if that works, in memory otherwise."""

from __future__ import annotations

from collections.abc import Callable

from imgrank.paths import tokens_dir
from imgrank.store.disk import DiskStore, open_afresh, open_disk
from imgrank.store.sqlite_index import FAULTS, DamagedIndex, NewerIndex, OlderIndex
from imgrank.store.token_store import TokenStore, reason_of
from imgrank.tokens import TokenShape


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
