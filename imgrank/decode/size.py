"""How large a picture is, from its header alone."""

from __future__ import annotations

from typing import BinaryIO

from PIL import ExifTags, Image

from imgrank.decode import raster
from imgrank.decode.reasons import DecodeError
from imgrank.decode.sniff import HEIC, RAW, picture_kind

_HEAD = 4096  # bytes that tell the kind
_LYING = range(5, 9)  # EXIF orientations that swap width and height


def picture_size(stream: BinaryIO, path: str) -> tuple[int, int] | None:
    """Width and height in pixels, upright; None where the header does not say or only another process could read it."""
    try:
        kind = picture_kind(stream.read(_HEAD), path)
        stream.seek(0)
        if kind in (HEIC, RAW):
            return None
        with Image.open(stream, formats=(raster.pillow_name(kind),)) as image:
            lying = image.getexif().get(ExifTags.Base.Orientation) in _LYING
            width, height = image.size
            return (height, width) if lying else (width, height)
    except DecodeError:
        return None
    except Exception:  # noqa: BLE001 - a hostile file can make a decoder raise anything
        return None
