"""Decoders of what Pillow does not read: camera raw, Photoshop's deep and large documents, the rest by libvips.

Of camera raw the JPEG that the camera put beside the sensor's values is taken, found without a library by its first
bytes, since every maker keeps it elsewhere; else LibRaw develops the values. Photoshop's are documents of 16 and 32
bits a channel, and large ones (PSB). libvips is a second decoder, where the extra `vips` is installed.
"""

from __future__ import annotations

import io
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image

from imgrank.decode.budget import spend
from imgrank.decode.colour import adobe_rgb, names_adobe_rgb
from imgrank.decode.raster import check_size, made_into, read_raster
from imgrank.decode.shrink import FULL_SIZE, Target, shrink
from imgrank.decode.sniff import PHOTOSHOP, RAW
from imgrank.decode.unreadable import DecodeError, cut_off, damaged

if TYPE_CHECKING:
    import rawpy

RAW_COST = 0.15  # of the memory that pictures may take at once

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
    found = [Preview(start, size) for start in _starts(data) if (size := _size_at(data, start)) is not None]
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


def _size_at(data: bytes, start: int) -> tuple[int, int] | None:
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
        with spend(RAW_COST), rawpy.imread(io.BytesIO(data)) as raw:
            check_size((raw.sizes.raw_width, raw.sizes.raw_height), RAW, target.max_megapixels)
            return _developed(raw, target)
    except DecodeError:
        raise
    except Exception as error:  # a hostile file can make a decoder raise anything
        raise damaged(RAW, error) from error


def _developed(raw: rawpy.RawPy, target: Target) -> Image.Image:
    image = Image.fromarray(raw.postprocess(half_size=True, use_camera_wb=True))
    return shrink(image, target.size(image.size), target.resampling)


_PHOTOSHOP_MODES = {1: "L", 3: "RGB", 4: "CMYK", 8: "L", 9: "LAB"}  # Photoshop's number -> Pillow's name
_PLAIN, _PACKED, _ZIPPED = 0, 1, 2
_PROFILE = 0x040F
_OF_NO_KIND = "a Photoshop document in colours that cannot be read"


@dataclass(frozen=True, slots=True)
class _Header:
    is_large: bool
    channels: int
    height: int
    width: int
    depth: int
    mode: int


def is_deep_or_large(data: bytes) -> bool:
    """Whether a Photoshop document is one of those."""
    return data[4:6] == b"\0\2" or data[22:24] in (b"\0\x10", b"\0\x20")


def photoshop_size(data: bytes) -> tuple[int, int]:
    """Width and height. Raises DecodeError."""
    header = _read_header(data)
    return header.width, header.height


def read_photoshop(data: bytes) -> Image.Image:
    """The picture beside the layers, 8 bits a channel, with its profile. Raises DecodeError."""
    header = _read_header(data)
    mode = _PHOTOSHOP_MODES.get(header.mode)
    bands = Image.getmodebands(mode) if mode else 0
    if mode is None or header.channels < bands or header.depth not in (8, 16, 32):
        raise DecodeError(_OF_NO_KIND)
    _, at = _section(data, 26, 4)
    resources, at = _section(data, at, 4)
    _, at = _section(data, at, 8 if header.is_large else 4)
    planes = _planes(data, at, header, bands)
    whole = [_eight_bits(plane, header.depth) for plane in planes]
    inks = [255 - plane for plane in whole] if mode == "CMYK" else whole  # where all light is, there is no ink
    image = Image.merge(mode, [Image.fromarray(plane) for plane in inks])
    profile = _resource(resources, _PROFILE)
    if profile is not None and header.depth != 32:
        image.info["icc_profile"] = profile
    return image


def _read_header(data: bytes) -> _Header:
    if len(data) < 26:
        raise cut_off(PHOTOSHOP)
    number = [int.from_bytes(data[a:b], "big") for a, b in ((4, 6), (12, 14), (14, 18), (18, 22), (22, 24), (24, 26))]
    header = _Header(number[0] == 2, *number[1:])
    if not (header.width and header.height):
        raise DecodeError("the Photoshop image is damaged")
    return header


def _section(data: bytes, at: int, size: int) -> tuple[bytes, int]:
    """What stands behind its length of `size` bytes, and where the next begins."""
    start = at + size
    end = start + int.from_bytes(data[at:start], "big")
    if end > len(data):
        raise cut_off(PHOTOSHOP)
    return data[start:end], end


def _resource(resources: bytes, wanted: int) -> bytes | None:
    at = 0
    while resources[at : at + 4] == b"8BIM" and at + 12 <= len(resources):
        name = 1 + resources[at + 6]
        start = at + 6 + name + name % 2
        length = int.from_bytes(resources[start : start + 4], "big")
        if int.from_bytes(resources[at + 4 : at + 6], "big") == wanted:
            return resources[start + 4 : start + 4 + length]
        at = start + 4 + length + length % 2
    return None


def _planes(data: bytes, at: int, header: _Header, bands: int) -> list[npt.NDArray[np.uint8]]:
    """(height, bytes of a row) of each channel that is a colour."""
    kind, at = int.from_bytes(data[at : at + 2], "big"), at + 2
    row = header.width * header.depth // 8
    if kind == _PACKED:
        return _unpacked(data, at, header, row, bands)
    if kind not in (_PLAIN, _ZIPPED):
        raise DecodeError(_OF_NO_KIND)
    wanted = bands * header.height * row
    try:
        body = data[at : at + wanted] if kind == _PLAIN else zlib.decompressobj().decompress(data[at:], wanted)
    except zlib.error as error:
        raise DecodeError("the Photoshop image is damaged") from error
    if len(body) < wanted:
        raise cut_off(PHOTOSHOP)
    return list(np.frombuffer(body, np.uint8).reshape(bands, header.height, row))


def _unpacked(data: bytes, at: int, header: _Header, row: int, bands: int) -> list[npt.NDArray[np.uint8]]:
    """Rows packed each by itself, behind the lengths of all rows of all channels."""
    width = 4 if header.is_large else 2
    count = header.channels * header.height
    start, planes = at + width * count, []
    if start > len(data):
        raise cut_off(PHOTOSHOP)
    lengths = np.frombuffer(data[at:start], f">u{width}")
    for plane in lengths.reshape(header.channels, header.height)[:bands]:
        end = start + int(plane.sum(dtype=np.uint64))
        if end > len(data):
            raise cut_off(PHOTOSHOP)
        try:
            image = Image.frombytes("L", (row, header.height), data[start:end], "packbits", "L")
        except ValueError as error:
            raise DecodeError("the Photoshop image is damaged") from error
        planes.append(np.asarray(image))
        start = end
    return planes


def _eight_bits(plane: npt.NDArray[np.uint8], depth: int) -> npt.NDArray[np.uint8]:
    if depth == 8:
        return np.ascontiguousarray(plane)
    if depth == 16:
        return np.ascontiguousarray(plane[:, ::2])
    light = np.nan_to_num(np.ascontiguousarray(plane).view(">f4").astype(np.float32)).clip(0, 1)
    shown = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    eight: npt.NDArray[np.uint8] = np.rint(shown * 255).astype(np.uint8)
    return eight


VIPS_KINDS = frozenset({"AVIF", "TIFF"})  # of which Pillow lacks some, and libvips reads more
_VIPS_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
_INKS = 4


def has_second() -> bool:
    """Whether libvips is at hand."""
    return find_spec("pyvips") is not None


def read_again(data: bytes, kind: str, target: Target) -> Image.Image:
    """The picture in `data` made into `target`, upright. Raises DecodeError."""
    import pyvips

    try:
        opened = pyvips.Image.new_from_buffer(data, "", access="sequential")
        check_size((opened.width, opened.height), kind, target.max_megapixels)
        return made_into(_as_pillow(opened.autorot()), kind, target, data=None, orientation=1)
    except pyvips.Error as error:
        raise damaged(kind, error) from error


def _as_pillow(opened: Any) -> Image.Image:
    """8 bits a channel; inks stay inks, and all else becomes grey or RGB."""
    names = opened.get_fields()
    profile = opened.get("icc-profile-data") if "icc-profile-data" in names else None
    if opened.interpretation == "cmyk" and opened.bands >= _INKS:
        inks = opened[:_INKS] >> 8 if opened.format == "ushort" else opened[:_INKS]
        return _pillow_image("CMYK", inks.cast("uchar"), profile)
    if opened.interpretation in ("multiband", "histogram"):
        opened = opened.scaleimage() if opened.bands <= _INKS else opened[0].scaleimage()
    else:
        opened = opened.colourspace("b-w" if opened.bands <= 2 else "srgb").cast("uchar")
    if opened.bands not in _VIPS_MODES:
        raise DecodeError("an image with more channels than a colour image has")
    return _pillow_image(_VIPS_MODES[opened.bands], opened, profile)


def _pillow_image(mode: str, opened: Any, profile: bytes | None) -> Image.Image:
    image = Image.frombytes(mode, (opened.width, opened.height), opened.write_to_memory())
    if profile is not None:
        image.info["icc_profile"] = profile
    return image
