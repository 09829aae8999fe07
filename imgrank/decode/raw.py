"""RAW: the JPEG that the camera put beside the sensor's values, found without a library; else LibRaw develops those.

Previews are found by their first bytes, since every maker keeps them elsewhere.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from PIL import ExifTags, Image

from imgrank.decode.budget import spend
from imgrank.decode.colour import adobe_rgb, names_adobe_rgb
from imgrank.decode.raster import check_size, read_raster
from imgrank.decode.shrink import FULL_SIZE, Target, shrink
from imgrank.decode.sniff import RAW
from imgrank.decode.unreadable import DecodeError, damaged

if TYPE_CHECKING:
    import rawpy

COST = 0.15  # of the memory that pictures may take at once

_START = b"\xff\xd8\xff"
_MOST_STARTS = 4096  # sensor values look like one now and then
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})  # of those that Pillow decodes; sensor values are lossless, 0xC3
_OTHER_FRAMES = frozenset({0xC3, *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)})
_LEAST_IN_FULL = 1600  # pixels a side: what is looked at for focus or noise must not be a small copy
_LIKE_TIFF = {b"IIRO": b"II*\0", b"IIRS": b"II*\0", b"MMOR": b"MM\0*", b"IIU\0": b"II*\0"}
_MOST_OF_A_SIZE = 2  # previews; what there is more of are the tiles of a picture


@dataclass(frozen=True, slots=True)
class Preview:
    """A JPEG in another file: where it begins, and its width and height."""

    start: int
    size: tuple[int, int]


def read_raw(data: bytes, target: Target) -> Image.Image:
    """The picture in a RAW file made into `target`, upright. Raises DecodeError."""
    enough = _LEAST_IN_FULL if target.side == FULL_SIZE else target.side
    orientation, profile = _said_of_preview(data)
    for preview in previews(data):
        if max(preview.size) < enough:
            break
        try:
            return read_raster(data[preview.start :], "JPEG", target, orientation=orientation, profile=profile)
        except DecodeError:
            continue
    if find_spec("rawpy") is None:
        raise DecodeError('a RAW image without a large preview in it; to read it: pip install "imgrank[raw]"')
    return _with_libraw(data, target)


def previews(data: bytes) -> list[Preview]:
    """The JPEG pictures inside a file that are no tiles of one, the largest first."""
    found = [Preview(start, size) for start in _starts(data) if (size := _size(data, start)) is not None]
    often = Counter(preview.size for preview in found)
    whole = (preview for preview in found if often[preview.size] <= _MOST_OF_A_SIZE)
    return sorted(whole, key=lambda preview: -preview.size[0] * preview.size[1])


def _starts(data: bytes) -> Iterator[int]:
    at = -1
    for _ in range(_MOST_STARTS):
        at = data.find(_START, at + 1)
        if at < 0:
            return
        yield at


def _size(data: bytes, start: int) -> tuple[int, int] | None:
    """Width and height of the JPEG that begins at `start`; None where none does, or one of sensor values."""
    at = start + 2
    while data[at : at + 1] == b"\xff":
        marker, length = data[at + 1 : at + 2], int.from_bytes(data[at + 2 : at + 4], "big")
        code = marker[0] if marker else 0
        if code in _FRAMES:
            height, width = (int.from_bytes(data[at + n : at + n + 2], "big") for n in (5, 7))
            is_whole = data[at + 4 : at + 5] == b"\x08" and length == 8 + 3 * data[at + 9] and width and height
            return (width, height) if is_whole else None
        if (
            code in _OTHER_FRAMES
            or code in (0, 0xD8, 0xD9, 0xDA)
            or (code not in _ALONE and code != 0xFF and length < 2)
        ):
            return None
        at += 1 if code == 0xFF else 2 if code in _ALONE else 2 + length
    return None


def _said_of_preview(data: bytes) -> tuple[int | None, bytes | None]:
    """How the camera was held, and its colours if they are not sRGB: most RAW files are TIFF by another name, with its
    tags."""
    start = _LIKE_TIFF.get(data[:4], data[:4])
    if start not in (b"II*\0", b"MM\0*"):
        return None, None
    try:
        exif = Image.Exif()
        exif.load(b"Exif\0\0" + start + data[4:])
        return exif.get(ExifTags.Base.Orientation), adobe_rgb() if names_adobe_rgb(exif) else None
    except Exception:  # noqa: BLE001 - a hostile file can make a reader raise anything
        return None, None


def _with_libraw(data: bytes, target: Target) -> Image.Image:
    import rawpy

    try:
        with spend(COST), rawpy.imread(io.BytesIO(data)) as raw:
            check_size((raw.sizes.raw_width, raw.sizes.raw_height), RAW, target.max_megapixels)
            return _developed(raw, target)
    except DecodeError:
        raise
    except Exception as error:  # a hostile file can make a decoder raise anything
        raise damaged(RAW, error) from error


def _developed(raw: rawpy.RawPy, target: Target) -> Image.Image:
    image = Image.fromarray(raw.postprocess(half_size=True, use_camera_wb=True))
    return shrink(image, target.size(image.size), target.resampling)
