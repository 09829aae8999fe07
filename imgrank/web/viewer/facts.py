"""What is known of the pictures, for filters, folding and the panel: what their files say, stars given here, groups."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from imgrank.choices import GroupBy
from imgrank.errors import UsageError
from imgrank.facts import Facts, FactsReader
from imgrank.paths import printable
from imgrank.records import ImageFile, Progress
from imgrank.web.viewer.engine import Engine
from imgrank.web.viewer.library import Library

MOST_STARS = 5


class FactBook:
    """Facts by the number of a picture, read once; `version` grows with each that is new.

    Stars given on the page stand before those of the file; they are kept in memory, and written by a tag alone.
    """

    def __init__(self, library: Library, *, cache: bool = True) -> None:
        self._library = library
        self._reader = FactsReader(cache=cache)
        self._lock, self._reading = threading.Lock(), threading.Lock()
        self._facts: dict[int, Facts] = {}
        self._files: dict[int, ImageFile] = {}
        self._stars: dict[int, int] = {}
        self.version = 0

    def read(self, numbers: Iterable[int]) -> None:
        """Read what is not known yet of these pictures."""
        files = {number: file for number in numbers if (file := self._library.file(number)) is not None}
        fresh = {number: file for number, file in files.items() if self._files.get(number) != file}
        if not fresh:
            return
        with self._reading:
            found = self._reader.of(list(fresh.values()))
        self.take_in(dict(zip(fresh, found, strict=True)))
        with self._lock:
            self._files.update(fresh)

    def take_in(self, facts: Mapping[int, Facts]) -> None:
        """Facts that were read, by the number of their picture."""
        with self._lock:
            self._facts.update(facts)
            self.version += 1

    def forget(self) -> None:
        """Sidecars were written: read again when asked next."""
        with self._lock:
            self._files.clear()

    def rate(self, numbers: Iterable[int], stars: int) -> None:
        """Give pictures their stars. Raises UsageError where it is no number of stars, or no picture of the folder."""
        known = list(numbers)
        if not 0 <= stars <= MOST_STARS or not all(self._library.file(number) for number in known):
            raise UsageError(f"Pictures of the folder get 0 to {MOST_STARS} stars.")
        with self._lock:
            self._stars.update((number, stars) for number in known)
            self.version += 1

    def stars(self) -> dict[str, int]:
        """The stars that were given here, by path."""
        with self._lock:
            given = dict(self._stars)
        return {file.path: stars for number, stars in given.items() if (file := self._library.file(number))}

    def columns(self) -> dict[str, Any]:
        """By number of picture: when it was taken, by which camera, how it lies, its stars. Null where unknown."""
        with self._lock:
            count = max(self._facts, default=-1) + 1
            rows = [self._facts.get(number, Facts()) for number in range(count)]
            given = dict(self._stars)
            version = self.version
        cameras = sorted({row.camera for row in rows if row.camera})
        place = {camera: n for n, camera in enumerate(cameras)}
        stars = [given.get(number, _stars_of(row)) for number, row in enumerate(rows)]
        return {
            "version": version,
            "taken": [row.taken and row.taken.local.isoformat(timespec="seconds") for row in rows],
            "cameras": list(map(printable, cameras)),
            "camera": [place.get(row.camera) for row in rows],
            "orientation": [row.orientation and row.orientation.value for row in rows],
            "stars": stars + [given.get(n) for n in range(count, max(given, default=-1) + 1)],
        }

    def about(self, number: int) -> dict[str, str] | None:
        """Names and values of one picture, ready to be shown; None where there is none. No place where it was taken."""
        file = self._library.file(number)
        if file is None:
            return None
        self.read([number])
        with self._lock:
            facts, given = self._facts[number], self._stars.get(number)
        stars = _stars_of(facts) if given is None else given
        told = {
            "Name": printable(os.path.basename(file.path)),
            "Folder": printable(os.path.dirname(self._library.name(file.path))),
            "Taken": facts.doubt if facts.taken is None else facts.taken.local.strftime("%Y-%m-%d %H:%M:%S"),
            "Camera": printable(facts.camera),
            "Dimensions": f"{facts.width} × {facts.height}" if facts.width and facts.height else "",
            "Size": size_in_words(file.size),
            "Changed": time_in_words(file.mtime_ns / 1e9),
            "Stars": "" if stars is None else str(stars),
            "Keywords": printable(", ".join(facts.keywords)),
            "Path": printable(os.path.abspath(file.path)),
        }
        return {name: value for name, value in told.items() if value}

    def close(self) -> None:
        """Let go of the file that facts are kept in."""
        self._reader.close()


def _stars_of(facts: Facts) -> int | None:
    return None if facts.rating is None else max(0, min(MOST_STARS, round(facts.rating)))


def size_in_words(size: int) -> str:
    """1.2 MB."""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"


def time_in_words(seconds: float) -> str:
    """As a clock here shows it; empty where no clock can."""
    try:
        return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M")
    except (OverflowError, OSError, ValueError):
        return ""


RULES = tuple(by.value for by in GroupBy if by is not GroupBy.none)


class GroupBook:
    """Groups by rule, at one version of the library each; `version` grows when some were found."""

    def __init__(self, library: Library, engine: Engine) -> None:
        self._library, self._engine = library, engine
        self._lock = threading.Lock()
        self._found: dict[str, tuple[int, dict[int, int]]] = {}
        self._wanted: dict[str, None] = {}
        self.version = 0

    def of(self, by: str) -> dict[str, Any]:
        """Groups by number of picture, null where nobody knows; `pending` where they are yet to be brought up to date.

        Raises UsageError where there is no such rule.
        """
        if by not in RULES:
            raise UsageError(f"Pictures cannot be grouped by that; there are {', '.join(RULES)}.")
        with self._lock:
            version, found = self._found.get(by, (-1, {}))
            pending = version != self._library.version
            if pending:
                self._wanted[by] = None
            count = max(found, default=-1) + 1
            groups = [found.get(number) for number in range(count)]
            return {"by": by, "version": self.version, "pending": pending, "groups": groups}

    def find(self, progress: Callable[[Progress], None]) -> None:
        """Find out what was asked for and is not known."""
        while True:
            with self._lock:
                by = next(iter(self._wanted), None)
            if by is None:
                return
            version = self._library.version
            files = [(n, file.path) for n in self._library.numbers() if (file := self._library.file(n))]
            try:
                numbers = self._engine.ranker.group([path for _, path in files], by, progress=progress) if files else ()
            except UsageError:  # a file went meanwhile: the page asks again once that was noticed
                return
            with self._lock:
                self._wanted.pop(by, None)
                self._found[by] = (version, {n: group for (n, _), group in zip(files, numbers, strict=True)})
                self.version += 1
