"""Small pictures to look at, made anew from bare pixels: no EXIF, no place, no profile comes along."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from PIL import Image

from imgrank.decode import DecodeError, open_image
from imgrank.records import Standing

SIDE = 240
_QUALITY = 75
_AT_ONCE = 4  # each holds a whole decoded picture


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A WebP of at most SIDE pixels a side; without bytes where the picture could not be read, and why."""

    data: bytes
    width: int = 0
    height: int = 0
    fault: str = ""

    @property
    def inline(self) -> str:
        """The picture as an address that needs no file."""
        return "data:image/webp;base64," + base64.b64encode(self.data).decode("ascii")

    @property
    def picture(self) -> Image.Image:
        """Its pixels, RGB; ValueError where it has none."""
        if not self.data:
            raise ValueError(self.fault)
        return Image.open(io.BytesIO(self.data)).convert("RGB")

    @property
    def file_name(self) -> str:
        """A name that follows from the bytes: the same picture has the same name, and no other has it."""
        return f"imgrank-{blake2b(self.data, digest_size=12).hexdigest()}.webp"


def thumbnails(places: Sequence[Standing]) -> Iterator[Thumbnail]:
    """One for each picture, in their order."""
    pool = ThreadPoolExecutor(min(_AT_ONCE, os.cpu_count() or 1))
    try:
        yield from pool.map(_thumbnail_of, places)
    finally:
        pool.shutdown(cancel_futures=True)


def _thumbnail_of(place: Standing) -> Thumbnail:
    return Thumbnail(b"", fault=place.fault) if place.file is None else thumbnail(place.file)


def thumbnail(path: str) -> Thumbnail:
    """The picture upright and small; one that has become unreadable says so and stops nothing."""
    try:
        picture = Image.fromarray(np.asarray(open_image(path, SIDE)))
    except DecodeError as error:
        return Thumbnail(b"", fault=error.reason)
    into = io.BytesIO()
    picture.save(into, "WEBP", quality=_QUALITY, method=3)
    return Thumbnail(into.getvalue(), picture.width, picture.height)
