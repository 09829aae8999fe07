"""Pictures for the page, made anew from bare pixels: upright, without a path, without what a camera wrote into them."""

from __future__ import annotations

import io
import os
import threading
from collections import OrderedDict

import numpy as np
from PIL import Image

from imgrank.decode import DecodeError, open_image
from imgrank.decode.target import FULL_SIZE
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
            made = _encoded(file.path, size)
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


def _encoded(path: str, size: str) -> bytes:
    try:
        picture = Image.fromarray(np.asarray(open_image(path, SIDES[size])))
    except MemoryError:
        raise DecodeError("it is too large for the memory of this machine") from None
    into = io.BytesIO()
    picture.save(into, "JPEG", quality=QUALITY[size])
    return into.getvalue()
