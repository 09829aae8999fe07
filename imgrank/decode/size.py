"""How large a picture is, from its header alone."""

from __future__ import annotations

from typing import BinaryIO

from PIL import ExifTags, Image, TiffImagePlugin

from imgrank.decode import raster
from imgrank.decode.sniff import HEIC, JXL, RAW, picture_kind
from imgrank.decode.unreadable import DecodeError

_HEAD = 4096  # bytes that tell the kind
_LYING = range(5, 9)  # EXIF orientations that swap width and height


def picture_size(stream: BinaryIO, path: str) -> tuple[int, int] | None:
    """Width and height in pixels, upright; None where the header does not say or only another process could read it."""
    try:
        kind = picture_kind(stream.read(_HEAD), path)
        stream.seek(0)
        if kind in (HEIC, RAW, JXL):
            return None
        with Image.open(stream, formats=(raster.pillow_name(kind),)) as image:
            return upright(size_in_file(image), image.getexif().get(ExifTags.Base.Orientation))
    except DecodeError:
        return None
    except Exception:  # noqa: BLE001 - a hostile file can make a decoder raise anything
        return None


def size_in_file(image: Image.Image) -> tuple[int, int]:
    """The size of a picture that was not loaded, before its orientation is heeded: Pillow heeds that of a TIFF."""
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return image.tag_v2[ExifTags.Base.ImageWidth], image.tag_v2[ExifTags.Base.ImageLength]
    return image.size


def upright(size: tuple[int, int], orientation: object) -> tuple[int, int]:
    """Width and height of a picture that lies in its file as an EXIF orientation says."""
    return (size[1], size[0]) if orientation in _LYING else size
