"""Watches a folder, so that the page shows what comes and goes there."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from imgrank.formats import looks_like_picture
from imgrank.web.threads import begin

SETTLED = 800  # milliseconds without a change, so that a copy of many files is looked at once


AGAIN = 1.0  # seconds between two looks for a folder that is gone


class Watch:
    """Calls `changed(sidecars)` in a thread of its own; `sidecars` says whether one of the files was an XMP sidecar.
    A folder that goes is watched again once it, or another of its name, is there. It is called once when watching has
    begun, for what came just before that."""

    def __init__(self, folder: str, recursive: bool, changed: Callable[[bool], None]) -> None:
        self._folder, self._recursive, self._changed = folder, recursive, changed
        self._stop = threading.Event()

    def start(self) -> None:
        """Begin. Raises UsageError where no thread can be had."""
        begin(self._run, "imgrank-watch")

    def close(self) -> None:
        """End."""
        self._stop.set()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                watched = _identity(self._folder)
                if watched is None:
                    self._stop.wait(AGAIN)
                    continue
                self._follow(watched)
        except Exception:  # noqa: BLE001 - whatever a system cannot do here, the page goes on without it
            return

    def _follow(self, watched: tuple[int, int]) -> None:
        """Tell of changes until another folder, or none, has this name; and of the one that has it then.

        A folder made anew at once may have the number of the one before it: that this one went is told as well.
        """
        from watchfiles import Change, watch

        gone = (Change.deleted, self._folder)

        for turn, changes in enumerate(
            watch(
                self._folder,
                watch_filter=lambda _, path: path == self._folder or _is_meant(path),
                debounce=SETTLED,
                rust_timeout=1000,
                yield_on_timeout=True,
                stop_event=self._stop,
                recursive=self._recursive,
                raise_interrupt=False,
                ignore_permission_denied=True,
            )
        ):
            if changes or not turn:
                self._changed(any(path.lower().endswith(".xmp") for _, path in changes))
            if gone in changes or _identity(self._folder) != watched:
                break
        while not self._stop.is_set() and _identity(self._folder) is None:
            self._stop.wait(AGAIN)
        if not self._stop.is_set():
            self._changed(False)


def _identity(folder: str) -> tuple[int, int] | None:
    """What tells a folder from another of its name; None where there is none."""
    try:
        found = os.stat(folder)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _is_meant(path: str) -> bool:
    """Pictures, sidecars, and what may be a folder."""
    name = path.replace("\\", "/").rpartition("/")[2]
    return looks_like_picture(name) or name.lower().endswith(".xmp") or ("." not in name and bool(name))
