"""From files to their facts: recall what was read before, read the rest, in input order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from imgrank.facts.file_header import read_header
from imgrank.facts.records import Facts, FileFacts, doubt_of, from_text, to_text
from imgrank.facts.xmp import read_sidecar, sidecars_of
from imgrank.paths import facts_file
from imgrank.records import ImageFile, Progress
from imgrank.store import Remembered

_READERS = 8
_AT_ONCE = 512  # files between two writes


def facts_of(files: Sequence[str | Path | ImageFile], *, cache: bool = True) -> tuple[Facts, ...]:
    """What is known of each file, row for row; nothing of one that cannot be read. Never raises for a bad picture."""
    reader = FactsReader(cache=cache)
    try:
        return reader.of(list(map(_as_file, files)))
    finally:
        reader.close()


class FactsReader:
    """Reads facts, and keeps what it read. The file that it is kept in is opened when the first is asked for."""

    def __init__(self, *, cache: bool = True, note: Callable[[str], None] = lambda _: None) -> None:
        self._cache, self._note = cache, note
        self._remembered: Remembered | None = None

    def of(
        self,
        files: Sequence[ImageFile],
        progress: Callable[[Progress], None] = lambda _: None,
        now: datetime | None = None,
    ) -> tuple[Facts, ...]:
        """As `facts_of`. `now` (UTC) is what the future begins with."""
        sidecars = [list(_sidecars(file.path, folder)) for file, folder in zip(files, _folders(files), strict=True)]
        flat = [*files, *(sidecar for some in sidecars for sidecar in some)]
        told = self._file_facts(flat, len(files), progress)
        own, beside = told[: len(files)], iter(told[len(files) :])
        found = []
        for each, some in zip(own, sidecars, strict=True):
            whole = FileFacts()
            for sidecar in [next(beside) for _ in some]:
                whole = whole.before(sidecar)
            found.append(_facts(whole.before(each), now))
        return tuple(found)

    def close(self) -> None:
        """Let go of the file."""
        if self._remembered is not None:
            self._remembered.close()
            self._remembered = None

    def _file_facts(
        self, files: Sequence[ImageFile], pictures: int, progress: Callable[[Progress], None]
    ) -> list[FileFacts]:
        """What each file says; the first `pictures` of them are pictures, the others sidecars."""
        if self._remembered is None:
            self._remembered = Remembered(facts_file() if self._cache else None, self._note)
        told = [None if text is None else from_text(text) for text in self._remembered.recall(files)]
        missing = [n for n, known in enumerate(told) if known is None]
        with ThreadPoolExecutor(_READERS, thread_name_prefix="imgrank-facts") as threads:
            for start in range(0, len(missing), _AT_ONCE):
                some = missing[start : start + _AT_ONCE]
                read = list(threads.map(lambda n: _read(files[n].path, n < pictures), some))
                self._remembered.remember([files[n] for n in some], list(map(to_text, read)))
                for n, each in zip(some, read, strict=True):
                    told[n] = each
                progress(Progress(start + len(some), len(missing), "reading dates, cameras and stars"))
        return [each or FileFacts() for each in told]


def _read(path: str, is_picture: bool) -> FileFacts:
    if is_picture:
        return read_header(path)
    packet = read_sidecar(path)
    return FileFacts(taken=packet.taken, rating=packet.rating, keywords=packet.keywords)


def _facts(told: FileFacts, now: datetime | None) -> Facts:
    doubt = doubt_of(told.taken, now)
    return Facts(None if doubt else told.taken, doubt, told.camera, told.width, told.height, told.rating, told.keywords)


def _folders(files: Sequence[ImageFile]) -> Iterator[dict[str, os.DirEntry[str]]]:
    """For each file the sidecars that stand in its folder, which is listed once."""
    listed: dict[str, dict[str, os.DirEntry[str]]] = {}
    for file in files:
        folder = os.path.dirname(file.path)
        if folder not in listed:
            listed[folder] = _listed(folder)
        yield listed[folder]


def _listed(folder: str) -> dict[str, os.DirEntry[str]]:
    try:
        with os.scandir(folder or os.curdir) as entries:
            return {entry.name: entry for entry in entries if entry.name.lower().endswith(".xmp")}
    except OSError:
        return {}


def _sidecars(path: str, folder: dict[str, os.DirEntry[str]]) -> Iterator[ImageFile]:
    if not folder:
        return
    seen = set()
    for sidecar in sidecars_of(path):
        entry = folder.get(os.path.basename(sidecar))
        if entry is not None and entry.name not in seen:
            seen.add(entry.name)
            try:
                status = entry.stat()
            except OSError:
                continue
            yield ImageFile(sidecar, status.st_size, status.st_mtime_ns)


def _as_file(file: str | Path | ImageFile) -> ImageFile:
    if isinstance(file, ImageFile):
        return file
    try:
        status = os.stat(file)
    except (OSError, ValueError):
        return ImageFile(str(file), -1, -1)
    return ImageFile(str(file), status.st_size, status.st_mtime_ns)
