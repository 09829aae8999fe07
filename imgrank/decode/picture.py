"""One picture: from its bytes or its path to pixels, whichever decoder it needs; or to its size, from the header."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from typing import BinaryIO, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, TiffImagePlugin

from imgrank.decode import raster
from imgrank.decode.guarded import measure_guarded, read_guarded
from imgrank.decode.raster import measure_raster, read_raster
from imgrank.decode.shrink import Luma, Target
from imgrank.decode.sniff import GUARDED, HEIC, JXL, RAW, picture_kind
from imgrank.decode.unreadable import DEFAULT_MAX_MEGAPIXELS, DecodeError
from imgrank.paths import why

_MAX_FILE_BYTES = 512 << 20

_T = TypeVar("_T")


def decode_bytes(
    data: bytes,
    path: str,
    side: int,
    interpolation: str,
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    crop: bool = False,
    pad: tuple[int, int, int] | None = None,
    *,
    guarded: bool = False,
) -> npt.NDArray[np.uint8]:
    """(side, side, 3) uint8 RGB: the picture upright, over white, squashed to the square and never cropped.

    With `crop` a long picture keeps its proportions, and its shorter side is `side`: for who cuts squares from it.
    With `pad`, a colour, it keeps them within the square, and the colour fills the rest on both sides.

    `path` only names the kind where the bytes leave a doubt. `guarded` decodes every kind in another process, not only
    those that had better be. Raises DecodeError with a reason for the user.
    """
    padded = pad is not None
    target = Target(side, not padded, interpolation, max_megapixels, crop, padded)
    pixels = np.asarray(_read(data, path, target, guarded))
    return pixels if pad is None else _padded(pixels, side, pad)


def _padded(pixels: npt.NDArray[np.uint8], side: int, colour: tuple[int, int, int]) -> npt.NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    top, left = (side - height) // 2, (side - width) // 2
    whole = np.full((side, side, 3), colour, np.uint8)
    whole[top : top + height, left : left + width] = pixels
    return whole


def open_image(
    path: str, max_side: int, max_megapixels: float = DEFAULT_MAX_MEGAPIXELS, *, guarded: bool = False
) -> Image.Image:
    """The picture upright, RGB, with its proportions, no side longer than `max_side`; `guarded` as in `decode_bytes`.
    Raises DecodeError."""
    return _read(read_file(path), path, Target(max_side, False, "bicubic", max_megapixels), guarded)


def measure_pixels(
    data: bytes,
    path: str,
    measure: Callable[[Luma], _T],
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    *,
    guarded: bool = False,
) -> _T:
    """What `measure` makes of the brightness of the picture at its full size, as it lies in the file, over white.

    Of RAW it is the camera's own preview where that is large, else the picture developed at half size. Raises
    DecodeError.
    """
    kind = picture_kind(data, path)
    if guarded or kind in GUARDED:
        return measure_guarded(data, kind, measure, max_megapixels)
    return measure_raster(data, kind, measure, max_megapixels)


def read_file(path: str) -> bytes:
    """The bytes of a regular file; a pipe or a device is never waited for. Raises DecodeError."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        with open(os.open(path, flags), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise DecodeError("not a regular file")
            if status.st_size > _MAX_FILE_BYTES:
                raise DecodeError(f"the file is larger than {_MAX_FILE_BYTES >> 20} MB")
            data = file.read(_MAX_FILE_BYTES)
    except OSError as error:
        raise DecodeError(why(error)) from error
    except ValueError as error:
        raise DecodeError("no file can have this name") from error
    if data is None:  # what is no file on a disk may have nothing to give yet, and would have to be waited for
        raise DecodeError("reading it gives nothing")
    return data


def _read(data: bytes, path: str, target: Target, guarded: bool = False) -> Image.Image:
    kind = picture_kind(data, path)
    return read_guarded(data, kind, target) if guarded or kind in GUARDED else read_raster(data, kind, target)


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
