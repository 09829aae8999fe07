"""The image files that a labels file names: where they are, and whether they are there."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit
from urllib.request import url2pathname

from imgrank.counting import agreeing
from imgrank.paths import printable

_MOST_FOLDERS, _DEEPEST = 300, 3  # where images are looked for that are not where the labels say


@dataclass(slots=True)
class ImageFiles:
    """Finds the images of one labels file; without `pictures`, they must exist as files.

    Relative paths start at the folder of the labels file.
    """

    labels: str
    pictures: Collection[str] | None = None
    _found: dict[str, str | None] = field(default_factory=dict)
    _folders: dict[str, frozenset[str]] = field(default_factory=dict)

    def find(self, text: str) -> str | None:
        """The path of the image that a cell names; None where there is none."""
        if text not in self._found:
            spellings = dict.fromkeys((text, text.replace("\\", "/"), *_from_address(text)))  # Windows' files travel
            places = [*map(self._place, spellings), *(self._in_index(spellings) if self.pictures is not None else ())]
            self._found[text] = next(filter(self._is_there, places), None)
        return self._found[text]

    def elsewhere(self, texts: Sequence[str]) -> str:
        """Of images that are not found, in which folder below the labels file most of their names are; or empty."""
        if self.pictures is not None:
            return ""
        names = {_name(text): text for text in texts}
        top = os.path.dirname(self.labels)
        best, found = "", set[str]()
        for folder in _folders_below(top):
            here = names.keys() & _names(folder)
            best, found = (folder, here) if len(here) > len(found) else (best, found)
        if not found:
            return ""
        name = next(name for name in names if name in found)
        written = os.path.relpath(os.path.join(best, name), top or os.curdir).replace(os.sep, "/")
        which = f"{len(found):,} of these names" if len(texts) > 1 else "its name"
        where = f"in {printable(os.path.dirname(written))}/" if "/" in written else "beside the labels file"
        exists = agreeing(len(found), "exists", "exist") if len(texts) > 1 else "exists"
        return f"; {which} {exists} {where}: write {printable(written)} instead of {printable(names[name])}"

    def _in_index(self, spellings: Iterable[str]) -> Iterator[str]:
        """An index has paths as they were given to it, a labels file may have whole ones."""
        for text in spellings:
            yield text
            with suppress(ValueError):  # another drive on Windows
                yield os.path.relpath(text) if os.path.isabs(text) else text

    def _place(self, text: str) -> str:
        return os.path.normpath(os.path.join(os.path.dirname(self.labels), text))

    def _is_there(self, path: str) -> bool:
        return self._is_file(path) if self.pictures is None else path in self.pictures

    def _is_file(self, path: str) -> bool:
        folder, name = os.path.split(path)
        if folder not in self._folders:
            self._folders[folder] = _names(folder)
        return name in self._folders[folder] or os.path.isfile(path)


def _from_address(text: str) -> Iterator[str]:
    """The path in a file:// address, or in what Label Studio writes for a file that it serves."""
    address = None
    if ":" in text or "?" in text:
        with suppress(ValueError):  # as of http://[::1
            address = urlsplit(text)
    if address is not None and address.scheme == "file" and address.netloc in ("", "localhost"):
        yield url2pathname(address.path)
    if address is not None and address.path.endswith("/data/local-files/"):
        yield from (path for name, path in parse_qsl(address.query) if name == "d")


def _name(text: str) -> str:
    return text.replace("\\", "/").rpartition("/")[2]


def _folders_below(top: str) -> Iterator[str]:
    """A folder and those in it, the nearest first; of many, those that are looked through in a moment."""
    waiting = deque([(top, 0)])
    for _ in range(_MOST_FOLDERS):
        if not waiting:
            return
        folder, depth = waiting.popleft()
        yield folder
        with suppress(OSError), os.scandir(folder or os.curdir) as entries:
            inner = sorted(e.name for e in entries if not e.name.startswith(".") and e.is_dir(follow_symlinks=False))
            waiting.extend((os.path.join(folder, name), depth + 1) for name in inner if depth < _DEEPEST)


def _names(folder: str) -> frozenset[str]:
    """Files of a folder, listed once: a hundred thousand rows do not ask a hundred thousand times."""
    try:
        with os.scandir(folder or os.curdir) as entries:
            return frozenset(entry.name for entry in entries if entry.is_file())
    except OSError:
        return frozenset()
