"""Looks at the disk before a plan is made: files, their size and time, what goes with what, identical copies."""

from __future__ import annotations

import os
import re
import stat
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from imgrank.actions.file_names import companion_keys, companions, is_of_stem, split
from imgrank.actions.no_clobber import RealFolders, identify
from imgrank.actions.records import Action
from imgrank.errors import ActionError
from imgrank.formats import looks_like_picture
from imgrank.paths import from_here, why
from imgrank.records import RankedImage

_DOUBLE = re.compile(r"_\d\d$")  # darktable keeps a_01.jpg.xmp for a duplicate of a.jpg, and there may be an a_01.jpg


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a group: its path, and the part of its name that stays (`.jpg`, `.jpg.xmp`)."""

    path: str
    rest: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Group:
    """A ranked picture, first of `members`, with all that goes with it. `stem` is its name today.

    `unknown` are paths of files with the same stem that are no pictures, and of which nobody knows whose they are.
    """

    image: RankedImage
    folder: str
    stem: str
    members: tuple[Member, ...]
    unknown: tuple[str, ...] = ()


class Siblings:
    """The names in some folders, found fast by what a picture and its companions have in common.

    Raises ActionError where a folder cannot be read.
    """

    def __init__(self, folders: Iterable[str]) -> None:
        self._names: dict[tuple[str, str], list[str]] = defaultdict(list)
        for folder in folders:
            for name in listing(folder):
                for first in _firsts(name):
                    self._names[folder, first].append(name)

    def of(self, folder: str, name: str) -> Sequence[str]:
        """All names that may go with this one, itself among them."""
        found = (each for first in _firsts(name) for each in self._names.get((folder, first), ()))
        return tuple(dict.fromkeys(found))


def gather(images: Iterable[RankedImage], real: RealFolders | None = None) -> list[Group]:
    """Each picture with its companions, in rank order. A file belongs to the first picture that it goes with.

    Raises ActionError where a picture or its folder is not there any more.
    """
    ordered = sorted(images, key=lambda image: image.rank)
    real = real or RealFolders()
    paths = [real.holding(image.path) for image in ordered]
    siblings = Siblings({os.path.dirname(path) for path in paths})
    groups, taken = [], set[str]()
    for image, path in zip(ordered, paths, strict=True):
        if path in taken:
            continue
        folder, name = os.path.split(path)
        beside = companions(name, siblings.of(folder, name))
        found = [name, *(each for each in beside if _is_file(os.path.join(folder, each)))]
        stem = split(name)[0]
        members = [_member(os.path.join(folder, each), each[len(stem) :]) for each in found]
        unknown = (other for other in siblings.of(folder, name) if other not in found and is_of_stem(other, name))
        others = tuple(os.path.join(folder, other) for other in unknown if not looks_like_picture(other))
        groups.append(Group(image, folder, stem, tuple(each for each in members if each.path not in taken), others))
        taken.update(each.path for each in members)
    return groups


def listing(folder: str) -> list[str]:
    """The names in a folder; none if it is not there yet. Raises ActionError where it cannot be read."""
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ActionError(f"{from_here(folder)} cannot be listed: {why(error)}. Nothing was changed.") from error


def _firsts(name: str) -> set[str]:
    first = name[:1] + name[1:].partition(".")[0]
    return companion_keys(first, name) | companion_keys(_DOUBLE.sub("", first), name)


def _is_file(path: str) -> bool:
    """A link counts as one. A folder or a pipe of a companion's name is none, and stays."""
    with suppress(OSError):  # which is told where the file is looked at
        mode = os.lstat(path).st_mode
        return stat.S_ISREG(mode) or stat.S_ISLNK(mode)
    return True


def _member(path: str, rest: str) -> Member:
    try:
        found = os.lstat(path)
    except OSError as error:
        raise ActionError(f"{from_here(path)} cannot be changed: {why(error)}. Nothing was changed.") from error
    return Member(path, rest, found.st_size, found.st_mtime_ns)


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
