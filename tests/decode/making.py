"""Pictures whose every pixel is known, in any format and mode."""

import io
import struct

import numpy as np
import numpy.typing as npt
from PIL import Image

SIDE = 32
LOSSLESS = {"PNG": {}, "TIFF": {}, "BMP": {}, "WEBP": {"lossless": True}, "JPEG2000": {"irreversible": False}}
LOSSY = {"JPEG": {"quality": 95, "subsampling": 0}, "AVIF": {"quality": 95}, "GIF": {}}
EXTENSIONS = {"JPEG": "jpg", "TIFF": "tif", "JPEG2000": "jp2"}


def quarters(width: int = SIDE, height: int = SIDE) -> npt.NDArray[np.uint8]:
    """(height, width, 3): red, green above blue, grey; no two orientations look alike."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = 220, 30, 40
    pixels[: height // 2, width // 2 :] = 20, 200, 50
    pixels[height // 2 :, : width // 2] = 40, 60, 210
    pixels[height // 2 :, width // 2 :] = 128, 128, 128
    return pixels


def encoded(image: Image.Image, format_: str, **options) -> bytes:
    """The bytes of a file of that format."""
    stream = io.BytesIO()
    image.save(stream, format_, **{**LOSSLESS.get(format_, {}), **LOSSY.get(format_, {}), **options})
    return stream.getvalue()


def named(format_: str) -> str:
    """A file name with that format's usual extension."""
    return f"picture.{EXTENSIONS.get(format_, format_.lower())}"


def tiff(pixels: npt.NDArray, photometric: int = 1, sample_format: int = 1, extra: tuple = ()) -> bytes:
    """An uncompressed little-endian TIFF of (height, width) or (height, width, samples), of any sample type.

    `extra` holds further directory entries: (tag, type code, packed value of at most 4 bytes, count).
    """
    height, width = pixels.shape[:2]
    samples = 1 if pixels.ndim == 2 else pixels.shape[2]
    data = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
    bits = pixels.dtype.itemsize * 8
    depths = struct.pack(f"<{samples}H", *[bits] * samples)
    entries = [
        (256, 4, struct.pack("<I", width), 1),
        (257, 4, struct.pack("<I", height), 1),
        (258, 3, depths, samples),
        (259, 3, struct.pack("<H", 1), 1),
        (262, 3, struct.pack("<H", photometric), 1),
        (273, 4, None, 1),
        (277, 3, struct.pack("<H", samples), 1),
        (278, 4, struct.pack("<I", height), 1),
        (279, 4, struct.pack("<I", len(data)), 1),
        (339, 3, struct.pack(f"<{samples}H", *[sample_format] * samples), samples),
        *extra,
    ]
    return _directory(sorted(entries), data)


def _directory(entries: list, data: bytes) -> bytes:
    """Header, directory, values that do not fit in it, then the strip of pixels."""
    overflow, at = b"", 8 + 2 + 12 * len(entries) + 4
    sizes = [len(value) for _, _, value, _ in entries if value is not None and len(value) > 4]
    strip = at + sum(size + size % 2 for size in sizes)
    table = struct.pack("<H", len(entries))
    for tag, kind, value, count in entries:
        value = struct.pack("<I", strip) if value is None else value
        if len(value) > 4:
            place = struct.pack("<I", at + len(overflow))
            overflow += value + b"\0" * (len(value) % 2)
            value = place
        table += struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0")
    return b"II*\0" + struct.pack("<I", 8) + table + struct.pack("<I", 0) + overflow + data


def dng(width: int = 256, height: int = 192) -> bytes:
    """A camera's raw file in its simplest form: a 16-bit Bayer pattern, brighter to the right."""
    ramp = np.linspace(2000, 60000, width).astype(np.uint16)
    matrix = struct.pack("<18i", *[value for row in np.eye(3, dtype=int) for cell in row for value in (int(cell), 1)])
    extra = (
        (271, 2, b"Test\0", 5),
        (272, 2, b"Cam\0", 4),
        (33421, 3, struct.pack("<HH", 2, 2), 2),
        (33422, 1, bytes([0, 1, 1, 2]), 4),
        (50706, 1, bytes([1, 4, 0, 0]), 4),
        (50707, 1, bytes([1, 1, 0, 0]), 4),
        (50708, 2, b"Test Cam\0", 9),
        (50714, 4, struct.pack("<I", 0), 1),
        (50717, 4, struct.pack("<I", 65535), 1),
        (50721, 10, matrix, 9),
        (50728, 5, struct.pack("<6I", 1, 1, 1, 1, 1, 1), 3),
        (50778, 3, struct.pack("<H", 21), 1),
        (254, 4, struct.pack("<I", 0), 1),
    )
    return tiff(np.tile(ramp, (height, 1)), photometric=32803, extra=extra)


def photoshop(pixels: npt.NDArray, depth: int = 8, large: bool = False, packed: bool = False, mode: int = 3) -> bytes:
    """A Photoshop document (or large one: PSB) without layers: the picture that it shows."""
    height, width, channels = pixels.shape
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1 + large, channels, height, width, depth, mode)
    head += struct.pack(">IIQH" if large else ">IIIH", 0, 0, 0, int(packed))
    planes = pixels.transpose(2, 0, 1)
    planes = planes.astype({8: ">u1", 16: ">u2", 32: ">f4"}[depth])
    if not packed:
        return head + planes.tobytes()
    rows = [_packed(row.tobytes()) for row in planes.reshape(channels * height, width)]
    return head + b"".join(struct.pack(">I" if large else ">H", len(row)) for row in rows) + b"".join(rows)


def _packed(row: bytes) -> bytes:
    """PackBits: runs of one byte, and pieces as they are, in turn."""
    out, at = b"", 0
    while at < len(row):
        run = next((n for n in range(1, 128) if row[at + n : at + n + 1] != row[at : at + 1]), 128)
        piece = row[at : at + 3]
        out += bytes([257 - run, row[at]]) if run > 1 else bytes([len(piece) - 1]) + piece
        at += run if run > 1 else len(piece)
    return out


def without_alpha_size(avif: bytes) -> bytes:
    """An AVIF whose transparency, its second item, says its sample format where it should say its size (ispe)."""
    data = bytearray(avif)
    boxes, at = [], data.index(b"ipco") + 4
    end = at - 8 + int.from_bytes(data[at - 8 : at - 4], "big")
    while at < end:
        boxes.append(bytes(data[at + 4 : at + 8]))
        at += int.from_bytes(data[at : at + 4], "big")
    sizes = {number for number, name in enumerate(boxes, 1) if name == b"ispe"}
    at = data.index(b"ipma") + 4 + 8  # of its items, which have two bytes of number and one of properties
    at += 3 + data[at + 2]
    uses = slice(at + 3, at + 3 + data[at + 2])
    other = next(value for value in data[uses] if value & 0x7F not in sizes)
    data[uses] = bytes(other if value & 0x7F in sizes else value for value in data[uses])
    return bytes(data)


def raw_with_preview(preview: bytes, orientation: int = 1, before: bytes = b"") -> bytes:
    """A camera's file that is TIFF by its header: how the camera was held, and a JPEG somewhere behind."""
    entry = struct.pack("<HHIHH", 274, 3, 1, orientation, 0)
    return b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0) + before + preview + b"\0" * 50
