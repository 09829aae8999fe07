"""Whether a name holds already what an action would make of a file, so that doing it again makes no second one."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from functools import lru_cache

from imgrank.actions.no_clobber import identify
from imgrank.actions.records import Action

Twins = Callable[[str, str], bool]


def twins_of(action: Action) -> Twins:
    """A test of a source and a target: bytes for copies, the file for hard links, the way for symbolic links.

    It remembers what it read, for the time in which one plan is made.
    """
    if action is Action.copy:
        return _same_bytes()
    if action is Action.hardlink:
        return _one_file
    return _leads_to if action is Action.symlink else never


def never(_source: str, _target: str) -> bool:
    """No name holds it."""
    return False


def _same_bytes() -> Twins:
    size = lru_cache(maxsize=None)(_size)
    digest = lru_cache(maxsize=None)(lambda path: identify(os.path.realpath(path)).hash)

    def same(source: str, target: str) -> bool:
        try:
            return size(source) == size(target) is not None and digest(source) == digest(target)
        except OSError:
            return False

    return same


def _size(path: str) -> int | None:
    """The size of a regular file; of what a link leads to, which is what would be copied."""
    status = os.stat(path)
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _one_file(source: str, target: str) -> bool:
    try:
        return os.path.samestat(os.lstat(source), os.lstat(target))
    except OSError:
        return False


def _leads_to(source: str, target: str) -> bool:
    return os.path.islink(target) and os.readlink(target) == source
