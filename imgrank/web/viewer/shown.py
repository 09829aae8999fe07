"""Shows pictures: on the page, made anew from bare pixels, and in the system's file manager.

On the page they stand upright, without a path, without what a camera wrote into them.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np
from PIL import Image

from imgrank.decode import DecodeError, open_image
from imgrank.decode.shrink import FULL_SIZE
from imgrank.errors import UsageError
from imgrank.paths import why
from imgrank.web.viewer.library import Library

SIDES = {"small": 200, "medium": 400, "large": 800, "screen": 2400, "full": FULL_SIZE}
QUALITY = {"small": 80, "medium": 80, "large": 85, "screen": 90, "full": 92}
PATIENCE = 2.0  # seconds for an order
KEPT_BYTES = 96 << 20
LARGEST_KEPT = 1 << 20  # thumbnails; of larger ones, few are asked for twice


class Shown:
    """JPEGs of the library's pictures by number and size, the last ones kept in memory. None is made while an order is,
    which somebody waits for, until it is `calm` again."""

    def __init__(self, library: Library, calm: threading.Event) -> None:
        self._library, self._calm = library, calm
        self._kept: OrderedDict[tuple[str, int, int, str], bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._at_once = threading.Semaphore(max(2, os.cpu_count() or 1))  # each holds a whole decoded picture

    def jpeg(self, number: int, size: str) -> bytes:
        """The picture at a size of SIDES. Raises DecodeError where it cannot be read, KeyError where there is none."""
        file = self._library.file(number)
        if file is None or size not in SIDES:
            raise KeyError(number)
        key = (file.path, file.size, file.mtime_ns, size)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        with self._at_once:
            self._calm.wait(PATIENCE)
            made = _encoded(file.path, size, self._library.guarded)
        if len(made) <= LARGEST_KEPT:
            self._keep(key, made)
        return made

    def _keep(self, key: tuple[str, int, int, str], made: bytes) -> None:
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = made
            self._bytes += len(made)
            while self._bytes > KEPT_BYTES:
                self._bytes -= len(self._kept.popitem(last=False)[1])


def _encoded(path: str, size: str, guarded: bool) -> bytes:
    try:
        picture = Image.fromarray(np.asarray(open_image(path, SIDES[size], guarded=guarded)))
    except MemoryError:
        raise DecodeError("it is too large for the memory of this machine") from None
    into = io.BytesIO()
    picture.save(into, "JPEG", quality=QUALITY[size])
    return into.getvalue()


def reveal(path: str) -> None:
    """Ask the file manager to show a file, and wait for nothing. Raises UsageError where there is none to ask."""
    words = _command(os.path.abspath(path))
    if words is None:
        raise UsageError("No file manager was found here; the path is in the list above.")
    nothing = subprocess.DEVNULL
    try:
        subprocess.Popen(words, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True)  # noqa: S603 (no shell)
    except OSError as error:
        raise UsageError(f"The file manager could not be asked: {why(error)}.") from error


def _command(path: str) -> list[str] | None:
    """The file itself is named where the system can mark it, else its folder."""
    if sys.platform == "darwin":
        return ["open", "-R", path]
    if os.name == "nt":
        return ["explorer", f"/select,{path}"]
    if shutil.which("dbus-send") and os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        manager = "org.freedesktop.FileManager1"
        show = ["/org/freedesktop/FileManager1", f"{manager}.ShowItems"]
        return ["dbus-send", f"--dest={manager}", *show, f"array:string:{Path(path).as_uri()}", "string:"]
    opener = shutil.which("xdg-open")
    return None if opener is None else [opener, os.path.dirname(path)]
