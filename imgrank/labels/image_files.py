"""The image files that a labels file names: where they are, and whether they are there."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit
from urllib.request import url2pathname


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
    address = urlsplit(text) if ":" in text or "?" in text else None
    if address is not None and address.scheme == "file" and address.netloc in ("", "localhost"):
        yield url2pathname(address.path)
    if address is not None and address.path.endswith("/data/local-files/"):
        yield from (path for name, path in parse_qsl(address.query) if name == "d")


def _names(folder: str) -> frozenset[str]:
    """Files of a folder, listed once: a hundred thousand rows do not ask a hundred thousand times."""
    try:
        with os.scandir(folder or os.curdir) as entries:
            return frozenset(entry.name for entry in entries if entry.is_file())
    except OSError:
        return frozenset()
