"""Photoshop documents that Pillow does not read: 16 and 32 bits a channel, and large documents (PSB)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from imgrank.decode.sniff import PHOTOSHOP
from imgrank.decode.unreadable import DecodeError, cut_off

_MODES = {1: "L", 3: "RGB", 4: "CMYK", 8: "L", 9: "LAB"}  # Photoshop's number -> Pillow's name
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
    header = _header(data)
    return header.width, header.height


def read_photoshop(data: bytes) -> Image.Image:
    """The picture beside the layers, 8 bits a channel, with its profile. Raises DecodeError."""
    header = _header(data)
    mode = _MODES.get(header.mode)
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


def _header(data: bytes) -> _Header:
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
