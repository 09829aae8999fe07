"""How large a picture is, from its header alone."""

from __future__ import annotations

import io

from PIL import ExifTags, Image

from imgrank.decode import raster
from imgrank.decode.reasons import DecodeError
from imgrank.decode.sniff import HEIC, RAW, picture_kind

_LYING = range(5, 9)  # EXIF orientations that swap width and height


def picture_size(data: bytes, path: str) -> tuple[int, int] | None:
    """Width and height in pixels, upright; None where the header does not say or only another process could read it."""
    try:
        kind = picture_kind(data, path)
        if kind in (HEIC, RAW):
            return None
        with Image.open(io.BytesIO(data), formats=(raster.pillow_name(kind),)) as image:
            lying = image.getexif().get(ExifTags.Base.Orientation) in _LYING
            return image.size[::-1] if lying else image.size
    except DecodeError:
        return None
    except Exception:  # noqa: BLE001 - a hostile file can make a decoder raise anything
        return None
