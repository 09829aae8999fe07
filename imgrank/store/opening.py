"""Opening the token store: on disk if that works, in memory otherwise."""

from __future__ import annotations

from collections.abc import Callable

from imgrank.paths import tokens_dir
from imgrank.store.disk import DiskStore, open_afresh, open_disk
from imgrank.store.index import FAULTS, DamagedIndex, NewerIndex, OlderIndex
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
                "the token store of an earlier imgrank, which could take a mirror image for the picture, begins anew: "
                "pictures are encoded again"
            )
            return open_afresh(folder, fingerprint, shape)
        except DamagedIndex:
            note("the token store was damaged and begins anew: pictures are encoded again")
            return open_afresh(folder, fingerprint, shape)
    except NewerIndex:
        note("the token store was written by a newer imgrank and is left alone: tokens of this run are not kept")
    except FAULTS as error:
        note(f"the token store cannot be opened ({reason_of(error)}): tokens of this run are not kept")
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
