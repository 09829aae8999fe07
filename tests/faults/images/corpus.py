"""More than three hundred hostile files in one folder, and the good ones among them.

`build(folder)` writes them; everything is small, made here, and the same on every run.
"""

import os
import random
import socket
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tests.decode.making import dng, encoded, named, quarters, tiff

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "JPEG2000")
TRUNCATIONS = 24  # steps for each format
FLIPS = 8  # damaged copies of each format


@dataclass(frozen=True)
class Corpus:
    """`good` decode; `bad` must be named; `either` may decode or be named; paths as bytes survive them."""

    folder: str
    good: tuple[str, ...]
    bad: tuple[str, ...]
    either: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.good) + len(self.bad) + len(self.either)


def build(folder: Path) -> Corpus:
    """Write the corpus into an empty folder."""
    written: dict[str, list[str]] = {"good": [], "bad": [], "either": []}
    for fate, makers in {"good": _good, "bad": _bad, "either": _either}.items():
        for name, data in makers():
            path = os.path.join(str(folder), name)
            with open(path, "wb") as file:
                file.write(data)
            written[fate].append(path)
    for name, make in _special(folder):
        if _try(make, os.path.join(str(folder), name)):
            written["bad"].append(os.path.join(str(folder), name))
    for name in _names():
        path = os.path.join(str(folder), name)
        if _try(_write_good, path):
            written["good"].append(path)
    return Corpus(str(folder), *(tuple(written[fate]) for fate in ("good", "bad", "either")))


def _try(make: Callable[[str], object], path: str) -> bool:
    """False where this system cannot have such a file."""
    try:
        make(path)
    except (OSError, ValueError, AttributeError, UnicodeError, NotImplementedError):
        return False
    return os.path.lexists(path)


def _write_good(path: str) -> None:
    with open(path, "wb") as file:
        file.write(_tiny("PNG"))


def _tiny(format_: str) -> bytes:
    return encoded(Image.fromarray(quarters(24, 16)), format_)


def _good() -> Iterator[tuple[str, bytes]]:
    for format_ in FORMATS:
        yield f"good-{named(format_)}", _tiny(format_)
        yield f"good-misnamed-{format_}.png", _tiny(format_)
        for size in ((1, 1), (1, 60000), (60000, 1)):
            if max(size) == 1 or format_ in ("JPEG", "PNG", "GIF", "BMP", "TIFF"):
                yield f"good-{size[0]}x{size[1]}-{named(format_)}", encoded(Image.new("RGB", size, "teal"), format_)
    rng = np.random.default_rng(1)
    yield "good-16bit.png", encoded(Image.fromarray(rng.integers(0, 65536, (9, 9), dtype=np.uint16)), "PNG")
    yield "good-float.tif", tiff(rng.normal(size=(9, 9)).astype(np.float32), sample_format=3)
    yield "good-cmyk-adobe.jpg", encoded(Image.fromarray(quarters()).convert("CMYK"), "JPEG")
    yield "good-broken-exif.jpg", encoded(Image.fromarray(quarters()), "JPEG", exif=b"Exif\0\0II*\0" + b"\xff" * 40)
    yield "good-looping-exif.jpg", encoded(Image.fromarray(quarters()), "JPEG", exif=_looping_exif())
    yield "good-broken-icc.png", encoded(Image.fromarray(quarters()), "PNG", icc_profile=b"\0" * 100)
    yield "good-deep.gif", _animation("GIF", 400)
    yield "good-deep.tif", _animation("TIFF", 400)
    yield "good-looping-directories.tif", _looping_tiff()


def _bad() -> Iterator[tuple[str, bytes]]:
    for format_ in FORMATS:
        whole = _tiny(format_)
        yield f"bad-empty-{named(format_)}", b""
        yield f"bad-zeros-{named(format_)}", b"\0" * len(whole)
        yield f"bad-header-only-{named(format_)}", whole[:16]
        yield f"bad-half-{named(format_)}", whole[: len(whole) // 2]
    for name, content in _impostors().items():
        yield f"bad-{name}.jpg", content
    yield from _bombs()
    yield "bad-raw.dng", dng()[:300]
    yield "bad-raw.nef", b"II*\0" + b"\xff" * 400
    yield "bad-raw.cr3", b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + b"\0" * 100
    yield "bad.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\xff" * 300


def _impostors() -> dict[str, bytes]:
    return {
        "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        "text": b"Not a picture at all.\n",
        "html": b"<!DOCTYPE html><title>404</title>",
        "svg": b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
        "zip": b"PK\x03\x04" + b"\0" * 50,
        "mp4": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + b"\0" * 50,
        "psd": b"8BPS\0\1" + b"\0" * 50,
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        "escape": b"\x1b]0;owned\x07\x1b[2J",
        "noise": random.Random(7).randbytes(5000),
        "lfs": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
    }


def _bombs() -> Iterator[tuple[str, bytes]]:
    """Headers that promise far more pixels than there are bytes."""
    big = 60000
    png = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", big, big, 8, 2, 0, 0, 0))
    yield "bad-bomb.png", png + _chunk(b"IDAT", zlib.compress(b"\0" * 100_000)) + _chunk(b"IEND", b"")
    huge = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 16, 6, 0, 0, 0))
    yield "bad-bomb-int.png", huge + _chunk(b"IDAT", b"") + _chunk(b"IEND", b"")
    yield "bad-bomb.jpg", _patched(_tiny("JPEG"), b"\xff\xc0\x00\x11\x08", struct.pack(">HH", big, big))
    yield "bad-bomb.gif", _tiny("GIF")[:6] + struct.pack("<HH", 65535, 65535) + _tiny("GIF")[10:]
    bmp = _tiny("BMP")
    yield "bad-bomb.bmp", bmp[:18] + struct.pack("<ii", big, big) + bmp[26:]
    yield "bad-bomb-negative.bmp", bmp[:18] + struct.pack("<ii", -5, -(2**31)) + bmp[26:]
    flat = tiff(np.zeros((4, 4), np.uint8))
    yield "bad-bomb.tif", flat[:18] + struct.pack("<I", big) + flat[22:30] + struct.pack("<I", big) + flat[34:]
    j2k = _tiny("JPEG2000")
    at = j2k.index(b"\xff\x51") + 6
    yield "bad-bomb.jp2", j2k[:at] + struct.pack(">II", 2**31 - 1, 2**31 - 1) + j2k[at + 8 :]
    webp = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + b"\xff\x3f\0" + b"\xff\x3f\0"
    yield "bad-bomb.webp", b"RIFF" + struct.pack("<I", len(webp)) + webp


def _either() -> Iterator[tuple[str, bytes]]:
    rng = random.Random(3)
    for format_ in FORMATS:
        whole = _tiny(format_)
        for step in range(1, TRUNCATIONS + 1):
            yield f"cut-{step:02}-{named(format_)}", whole[: len(whole) * step // (TRUNCATIONS + 1)]
        for copy in range(FLIPS):
            damaged = bytearray(whole)
            for _ in range(1 + copy):
                damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
            yield f"flip-{copy}-{named(format_)}", bytes(damaged)
        yield f"zeroed-{named(format_)}", whole[: len(whole) // 3] + b"\0" * (len(whole) - len(whole) // 3)
        yield f"trailing-{named(format_)}", whole + rng.randbytes(500)


def _special(folder: Path) -> list[tuple[str, Callable[[str], object]]]:
    """What is named like a picture and is no file at all."""

    def bind(path: str) -> None:
        here = os.getcwd()
        os.chdir(folder)  # a socket's path may have 108 bytes
        try:
            socket.socket(socket.AF_UNIX).bind(os.path.basename(path))
        finally:
            os.chdir(here)

    return [
        ("pipe.jpg", lambda path: os.mkfifo(path)),
        ("socket.jpg", bind),
        ("device.jpg", lambda path: os.symlink("/dev/zero", path)),
        ("terminal.jpg", lambda path: os.symlink("/dev/tty", path)),
        ("folder.jpg", os.mkdir),
        ("nowhere.jpg", lambda path: os.symlink("gone", path)),
        ("itself.jpg", lambda path: os.symlink("itself.jpg", path)),
        ("circle-a.jpg", lambda path: os.symlink("circle-b.jpg", path)),
        ("circle-b.jpg", lambda path: os.symlink("circle-a.jpg", path)),
    ]


def _names() -> list[str]:
    """Names of good pictures that try to steer whoever prints them."""
    names = [
        "new\nline.png",
        "return\r.png",
        "tab\t.png",
        "escape\x1b[31mred\x1b[2J.png",
        "bell\x07\x08\x7f.png",
        "c1\x9b31m.png",
        "quotes'\"`$(id).png",
        "rtl\u202egnp.exe.png",
        "isolate\u2066x\u2069.png",
        "zero\u200bwidth\ufeff.png",
        "line\u2028separator.png",
        "--option.png",
        "star*[a]?.png",
        "back\\slash.png",
        "percent%s%n{0}.png",
        " leading and trailing .png",
        "e\u0301-combining.png",
        "\u00e9-composed.png",
        "emoji-\U0001f9d1\u200d\U0001f3a8.png",
        "n" * 251 + ".png",
    ]
    if sys.platform == "linux":
        names += [os.fsdecode(b"invalid-\xff\xfe.png"), os.fsdecode(b"latin-\xe9.png")]
    return names


# Parts


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _patched(data: bytes, after: bytes, value: bytes) -> bytes:
    at = data.index(after) + len(after)
    return data[:at] + value + data[at + len(value) :]


def _animation(format_: str, count: int) -> bytes:
    frames = [Image.new("RGB", (4, 4), (number % 256, 0, 0)) for number in range(count)]
    return encoded(frames[0], format_, save_all=True, append_images=frames[1:])


def _looping_exif() -> bytes:
    """One entry, the EXIF directory's place, that points back at the directory it stands in."""
    entry = struct.pack("<HHII", 0x8769, 4, 1, 8)
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 8)


def _looping_tiff() -> bytes:
    """A directory that names itself as the next one."""
    data = tiff(np.full((4, 4), 90, np.uint8))
    end = 8 + 2 + 12 * struct.unpack_from("<H", data, 8)[0]
    return data[:end] + struct.pack("<I", 8) + data[end + 4 :]
