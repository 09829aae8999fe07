"""Folders and globs -> ImageFile. Everything here is names and `stat`; only what may be a plot of ours is opened."""

from __future__ import annotations

import difflib
import glob
import os
import stat
from collections import Counter, deque
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from imgrank.counting import counted
from imgrank.errors import UsageError
from imgrank.formats import (
    OTHER_EXTENSIONS,
    PLOT_EXTENSION,
    PLOT_MARK,
    UNREAD_EXTENSIONS,
    extension,
    looks_like_picture,
)
from imgrank.path_order import path_order
from imgrank.paths import printable, why
from imgrank.patterns import NOTHING_EXCLUDED, Exclusion, fits
from imgrank.records import ImageFile, Unreadable

# Folders that systems keep beside pictures and people do not mean. Names that begin with a dot need no listing.
_KEPT_BY_SYSTEMS = frozenset(
    {
        "$recycle.bin",
        "recycler",
        "recycled",
        "system volume information",
        "@eadir",
        "#recycle",
        "lost+found",
        "__macosx",
    }
)
_MARK = b"tEXtSoftware\0" + PLOT_MARK.encode()
_BEGINNING = 256  # bytes of a PNG that hold its first texts
_KINDS = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}


@dataclass(frozen=True, slots=True)
class Discovered:
    """The files that may be pictures, in natural order of their paths, and what was passed by.

    `subfolders` counts the folders that were not entered; `others`, by extension, what is no picture by its name.
    """

    files: tuple[ImageFile, ...]
    skipped: tuple[Unreadable, ...]
    subfolders: int = 0
    others: tuple[tuple[str, int], ...] = ()


def discover(
    sources: Sequence[str],
    *,
    listed: Sequence[str] = (),
    recursive: bool = False,
    exclude: Exclusion = NOTHING_EXCLUDED,
) -> Discovered:
    """Find the pictures that `sources` name: files, folders and globs; and those of a list.

    `listed` paths are taken literally, and one that does not exist is skipped by name. `recursive` goes down into
    folders; what `exclude` covers is neither entered nor named. Paths stay as given. Raises UsageError where a source
    does not exist, or a glob matches nothing.
    """
    search = _Search(recursive, exclude)
    for source in sources:
        if not search.add(source):
            _expand(source, search)
    for path in listed:
        if not search.add(path):
            search.skip(path, "no such file or folder")
    return search.found()


@dataclass(frozen=True, slots=True)
class _Candidate:
    file: ImageFile
    is_link: bool


@dataclass(slots=True)
class _Search:
    """Collects what was found: files by the place they really stand, so that each counts once."""

    recursive: bool
    exclude: Exclusion = NOTHING_EXCLUDED
    _files: dict[str, _Candidate] = field(default_factory=dict)
    _skipped: dict[str, Unreadable] = field(default_factory=dict)
    _folders: set[str] = field(default_factory=set)
    _passed: int = 0
    _others: Counter[str] = field(default_factory=Counter)

    def add(self, source: str) -> bool:
        """Take a file or folder that was named; False where there is none of that name."""
        try:
            mode = os.stat(source).st_mode
        except (OSError, ValueError) as error:
            return self._add_what_stat_refused(source, error)
        if stat.S_ISDIR(mode):
            self.walk(source)
        elif not self.exclude.covers(source):
            self.take(source, os.path.dirname(os.path.realpath(source)), os.path.islink(source))
        return True

    def _add_what_stat_refused(self, source: str, error: OSError | ValueError) -> bool:
        if not os.path.lexists(source) and not isinstance(error, PermissionError):
            return False
        reason = "a broken link" if isinstance(error, FileNotFoundError) else _words(error)
        self.skip(source, reason)
        return True

    def walk(self, folder: str) -> None:
        """Take the pictures of a folder, and below it where `recursive`; real folders before linked ones."""
        pending = deque([(folder, os.path.realpath(folder))])
        while pending:
            here, real = pending.popleft()
            if real in self._folders:
                continue
            self._folders.add(real)
            for entry in self._entries(here):
                if self.exclude.covers(entry.path, folder):
                    continue
                if _is_folder(entry):
                    self._plan_descent(entry, real, pending)
                elif looks_like_picture(entry.name):
                    self.take(entry.path, real, entry.is_symlink())
                else:
                    self._pass_by(entry.path)

    def _entries(self, folder: str) -> Iterator[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self.skip(folder, f"the folder cannot be read: {why(error)}")
            return
        names = {entry.name for entry in listed}
        yield from (entry for entry in listed if not _left_out(entry) and not _is_plot(entry, names))

    def _plan_descent(self, entry: os.DirEntry[str], real_parent: str, pending: deque[tuple[str, str]]) -> None:
        if not self.recursive:
            self._passed += 1
            if looks_like_picture(entry.name):
                self.skip(entry.path, "a folder, not an image")
        elif entry.is_symlink():
            pending.append((entry.path, os.path.realpath(entry.path)))
        else:
            pending.appendleft((entry.path, os.path.join(real_parent, entry.name)))

    def take(self, path: str, real_folder: str, is_link: bool) -> None:
        """Take one path that is no folder; a regular file becomes an ImageFile, anything else is skipped."""
        try:
            status = os.stat(path)
        except FileNotFoundError:
            return self.skip(path, "a broken link" if is_link else "it no longer exists")
        except OSError as error:
            return self.skip(path, why(error))
        if not stat.S_ISREG(status.st_mode):
            return self.skip(path, f"{_KINDS.get(stat.S_IFMT(status.st_mode), 'a special file')}, not an image")
        real = os.path.realpath(path) if is_link else os.path.join(real_folder, os.path.basename(path))
        known = self._files.get(real)
        if known is None or (known.is_link and not is_link):
            self._files[real] = _Candidate(ImageFile(path, status.st_size, status.st_mtime_ns), is_link)
        return None

    def _pass_by(self, path: str) -> None:
        kind = extension(path)
        if kind in UNREAD_EXTENSIONS:
            self.skip(path, f"an unsupported image format ({kind})")
        elif kind in OTHER_EXTENSIONS:
            self._others[kind] += 1

    def skip(self, path: str, reason: str) -> None:
        """Remember that `path` was passed by."""
        self._skipped.setdefault(path, Unreadable(path, reason))

    def found(self) -> Discovered:
        """Everything so far, in natural order."""
        files = sorted((candidate.file for candidate in self._files.values()), key=lambda file: path_order(file.path))
        skipped = sorted(self._skipped.values(), key=lambda item: path_order(item.path))
        return Discovered(tuple(files), tuple(skipped), self._passed, tuple(self._others.most_common()))


def told_of_others(others: Sequence[tuple[str, int]]) -> tuple[str, ...]:
    """One line about what `Discovered.others` counts, or none."""
    if not others:
        return ()
    count = sum(number for _, number in others)
    kinds = list(dict.fromkeys(OTHER_EXTENSIONS[extension] for extension, _ in others))
    named = " or ".join(filter(None, (", ".join(kinds[:-1]), kinds[-1])))
    each = ", ".join(f"{number:,} {extension}" for extension, number in others)
    ignored = counted(count, "file is not an image and was", f"files are {named} and were")
    return (f"{ignored} ignored: {each}",)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _is_plot(entry: os.DirEntry[str], names: Container[str]) -> bool:
    """Whether a file of a folder with these names is the plot of a ranker that stands there: training put it there,
    and says so in the file."""
    ranker = f"{entry.name.removesuffix(PLOT_EXTENSION)}.safetensors"
    if not (entry.name.endswith(PLOT_EXTENSION) and ranker in names and _is_file(entry)):
        return False
    try:
        with open(entry.path, "rb") as file:
            return _MARK in file.read(_BEGINNING)
    except OSError:
        return False


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link that leads to itself
        return False


def _left_out(entry: os.DirEntry[str]) -> bool:
    return _is_left_out_name(entry.name) or _is_hidden_on_windows(entry)


def _is_left_out_name(name: str) -> bool:
    return name.startswith(".") or name.lower() in _KEPT_BY_SYSTEMS


def _is_hidden_on_windows(entry: os.DirEntry[str]) -> bool:
    if os.name != "nt":
        return False
    return bool(getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0) & stat.FILE_ATTRIBUTE_HIDDEN)


def _words(error: OSError | ValueError) -> str:
    return why(error) if isinstance(error, OSError) else "no file can have this name"


# Globs, where the shell did not expand them


def _expand(pattern: str, search: _Search) -> None:
    if not glob.has_magic(pattern):
        raise UsageError(_no_such_source(pattern))
    matches = list(_matches(pattern))
    if not matches:
        raise UsageError(f'No file matches "{printable(pattern)}".')
    for path in matches:
        if os.path.isdir(path) or looks_like_picture(path):
            search.add(path)


def _matches(pattern: str) -> Iterable[str]:
    parts = pattern.split(os.sep) if os.altsep is None else pattern.replace(os.altsep, os.sep).split(os.sep)
    parts = _literal_first(parts)
    pattern = os.sep.join(parts)
    if "**" not in parts:
        return [path for path in glob.glob(pattern) if not _is_left_out_name(os.path.basename(path))]
    # glob's own ** follows every link and walks loops to their limit; ours walks each folder once
    start = parts.index("**")
    base = os.sep.join(parts[:start]) + (os.sep if start else "")
    roots = glob.glob(base) if glob.has_magic(base) else [base]
    return [path for root in roots for path in _below(root, parts[start:])]


def _literal_first(parts: list[str]) -> list[str]:
    """The parts of a pattern; the first ones are names, brackets and all, as long as there are folders called so."""
    there = 0
    while there < len(parts) and os.path.isdir(os.sep.join(parts[: there + 1]) or os.sep):
        there += 1
    return [glob.escape(part) for part in parts[:there]] + parts[there:]


def _below(root: str, pattern: list[str]) -> Iterator[str]:
    search = _Search(recursive=True)
    search.walk(root or os.curdir)
    found = search.found()
    for path in [file.path for file in found.files] + [item.path for item in found.skipped]:
        relative = os.path.relpath(path, root or os.curdir)
        if fits(relative.split(os.sep), pattern):
            yield path if root else relative


# Words for the user


def _no_such_source(source: str) -> str:
    if not source:
        return "An empty path was given; name an image or a folder."
    folder, name = os.path.split(source.rstrip(os.sep) or source)
    try:
        neighbours = [entry for entry in os.listdir(folder or os.curdir) if not _is_left_out_name(entry)]
    except (OSError, ValueError):
        neighbours = []
    close = difflib.get_close_matches(name, neighbours[:5000], n=3)
    hint = " or ".join(f'"{printable(os.path.join(folder, match))}"' for match in close)
    ending = f"; did you mean {hint}?" if hint else "; check the spelling."
    return f'There is no file or folder "{printable(source)}"{ending}'
