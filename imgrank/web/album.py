"""Pictures by opaque names, made anew for the page: no path goes out, no path comes in, and no EXIF either."""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from PIL import Image

from imgrank.decode import DecodeError, open_image

LARGE, SMALL = 1400, 240
KEPT_IN_MEMORY = 64


class Album:
    """The pictures of one folder. A name is drawn for each and holds as long as the program runs."""

    def __init__(self, folder: str, paths: Iterable[str]) -> None:
        self._folder = os.path.realpath(folder)
        self._real_of = {path: os.path.realpath(path) for path in paths}
        self.outside = tuple(path for path, real in self._real_of.items() if not self._is_inside(real))
        for path in self.outside:
            del self._real_of[path]
        self._name_of = {path: secrets.token_urlsafe(12) for path in self._real_of}
        self._path_of = {name: path for path, name in self._name_of.items()}
        self._jpeg = lru_cache(KEPT_IN_MEMORY)(self._encode)

    def __contains__(self, path: str) -> bool:
        return path in self._name_of

    def name(self, path: str) -> str:
        """The opaque name of a picture of this album; KeyError on any other."""
        return self._name_of[path]

    def jpeg(self, name: str, side: int) -> bytes | None:
        """The picture upright, no side longer than `side`, with no metadata; None where there is no such picture.

        A file that has gone, is no picture any more, or now leads out of the folder, is no such picture.
        """
        path = self.path(name)
        try:
            return None if path is None else self._jpeg(path, side)
        except DecodeError:
            return None

    def path(self, name: str) -> str | None:
        """The picture of an opaque name; None where there is none, or it now leads elsewhere than at the start."""
        path = self._path_of.get(name)
        return None if path is None or os.path.realpath(path) != self._real_of[path] else path

    def _encode(self, path: str, side: int) -> bytes:
        pixels = np.asarray(open_image(path, side))
        into = io.BytesIO()
        Image.fromarray(pixels).save(into, "JPEG", quality=88)  # from bare pixels: nothing else can come along
        return into.getvalue()

    def _is_inside(self, real: str) -> bool:
        try:
            return os.path.commonpath([self._folder, real]) == self._folder
        except ValueError:  # another drive on Windows
            return False
