"""What a file really is, from its first bytes; its name decides only between kinds that share a signature."""

from __future__ import annotations

from imgrank.decode.unreadable import DecodeError
from imgrank.formats import RAW_EXTENSIONS, extension

HEIC, RAW, JXL, PHOTOSHOP = "HEIC", "RAW", "JPEG XL", "Photoshop"

# Decoded in processes of their own. Their decoders are large, few have a bound of time, and some write to the terminal.
GUARDED = frozenset({HEIC, RAW, JXL, "AVIF", "JPEG 2000", PHOTOSHOP, "TIFF"})

_PICTURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF8", "GIF"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"IIRO", RAW),
    (b"IIRS", RAW),
    (b"MMOR", RAW),
    (b"IIU\0", RAW),
    (b"FUJIFILMCCD-RAW", RAW),
    (b"FOVb", RAW),
    (b"\0MRM", RAW),
    (b"II\x1a\0\0\0HEAPCCDR", RAW),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"8BPS", PHOTOSHOP),
    (b"\0\0\0\x0cJXL \r\n\x87\n", JXL),
    (b"\xff\x0a", JXL),
    (b"BM", "BMP"),
)
_OTHERS = (
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"Rar!", "an archive"),
    (b"7z\xbc\xaf", "an archive"),
    (b"\x1f\x8b", "a compressed file"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"ID3", "a sound file"),
    (b"OggS", "a sound file"),
    (b"fLaC", "a sound file"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "a database"),
    (b"version https://git-lfs", "a Git LFS pointer; fetch the image itself with git lfs pull"),
)
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


def picture_kind(data: bytes, path: str) -> str:
    """The name of the format: JPEG, PNG, GIF, WebP, TIFF, BMP, AVIF, JPEG 2000, JPEG XL, Photoshop, HEIC or RAW.

    Raises DecodeError, naming what the file is instead where that can be told.
    """
    if not data:
        raise DecodeError("the file is empty")
    kind = _by_signature(data)
    if kind == "TIFF" and (extension(path) in RAW_EXTENSIONS or data[8:10] == b"CR"):
        return RAW
    if kind:
        return kind
    if extension(path) in RAW_EXTENSIONS and not _known_other(data):
        return RAW
    raise DecodeError(_what_else(data))


def _by_signature(data: bytes) -> str | None:
    if data[4:8] == b"ftyp":
        return _by_brand(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    return next((kind for signature, kind in _PICTURES if data.startswith(signature)), None)


def _by_brand(data: bytes) -> str | None:
    end = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[8:12]} | {data[start : start + 4] for start in range(16, end, 4)}
    if brands & {b"avif", b"avis"}:
        return "AVIF"
    if brands & _HEIC_BRANDS:
        return HEIC
    return RAW if data[8:12] == b"crx " else None


def _known_other(data: bytes) -> str | None:
    if data[4:8] == b"ftyp" or data[8:12] == b"AVI ":
        return "a video"
    if data[8:12] == b"WAVE":
        return "a sound file"
    return next((what for signature, what in _OTHERS if data.startswith(signature)), None)


def _what_else(data: bytes) -> str:
    if not data.strip(b"\0"):
        return "the file holds nothing but zero bytes"
    what = _known_other(data) or _kind_of_text(data[:1024])
    return f"not an image: it is {what}" if what else "not an image, or its beginning is damaged"


def _kind_of_text(head: bytes) -> str | None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    if b"<svg" in start:
        return "an SVG drawing, which is not supported"
    is_text = all(32 <= byte < 127 or byte in b"\t\r\n" for byte in head)
    return "a text file" if is_text else None
