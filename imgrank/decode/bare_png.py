"""A PNG without what is not its picture: texts, profiles and whatever else stands in chunks of its own."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PICTURE = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"acTL", b"fcTL", b"fdAT"})
_NEEDED = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})  # kept as they are, sound or not
_EXIF = b"eXIf"
_XMP = b"XML:com.adobe.xmp\0\0"  # uncompressed; it may say how the picture is turned
_LONGEST_XMP = 1 << 20


def without_metadata(data: bytes) -> bytes:
    """The same picture with nothing else but what says how it is turned, as far as its checksums hold."""
    return _SIGNATURE + b"".join(_kept(memoryview(data)))


def chunks(data: memoryview) -> Iterator[memoryview]:
    """The chunks of a PNG, each with its length, name and checksum; only where they begin is looked at."""
    at = len(_SIGNATURE)
    while at < len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        yield data[at:end]
        at = end


def _kept(data: memoryview) -> Iterator[memoryview]:
    return filter(_is_kept, chunks(data))


def _is_kept(chunk: memoryview) -> bool:
    name = bytes(chunk[4:8])
    if name in _NEEDED:
        return True
    is_turning = name == _EXIF or (bytes(chunk[8 : 8 + len(_XMP)]) == _XMP and len(chunk) < _LONGEST_XMP)
    return (name in _PICTURE or is_turning) and zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big")
