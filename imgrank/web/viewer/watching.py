"""Notices that a folder changes. Where the system cannot tell, the page's own looks at the folder remain."""

from __future__ import annotations

import threading
from collections.abc import Callable

from imgrank.formats import looks_like_picture

SETTLED = 800  # milliseconds without a change, so that a copy of many files is looked at once


class Watch:
    """Calls `changed(sidecars)` in a thread of its own; `sidecars` says whether one of the files was an XMP sidecar."""

    def __init__(self, folder: str, recursive: bool, changed: Callable[[bool], None]) -> None:
        self._folder, self._recursive, self._changed = folder, recursive, changed
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="imgrank-watch", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End."""
        self._stop.set()

    def _run(self) -> None:
        try:
            from watchfiles import watch

            for changes in watch(
                self._folder,
                watch_filter=lambda _, path: _is_meant(path),
                debounce=SETTLED,
                rust_timeout=1000,
                stop_event=self._stop,
                recursive=self._recursive,
                raise_interrupt=False,
                ignore_permission_denied=True,
            ):
                self._changed(any(path.lower().endswith(".xmp") for _, path in changes))
        except Exception:  # noqa: BLE001 - whatever a system cannot do here, the page goes on without it
            return


def _is_meant(path: str) -> bool:
    """Pictures, sidecars, and what may be a folder."""
    name = path.replace("\\", "/").rpartition("/")[2]
    return looks_like_picture(name) or name.lower().endswith(".xmp") or ("." not in name and bool(name))
