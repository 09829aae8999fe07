"""Which pictures belong together, by each rule that was asked for: found out in the indexer's thread, and kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from imgrank.choices import GroupBy
from imgrank.errors import UsageError
from imgrank.records import Progress
from imgrank.web.viewer.engine import Engine
from imgrank.web.viewer.library import Library

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
