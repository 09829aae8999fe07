"""XMP in a PNG: one iTXt chunk called XML:com.adobe.xmp, not compressed, before the pixels. Pure.

After part 3 of Adobe's XMP specification and the PNG specification (third edition).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEYWORD = b"XML:com.adobe.xmp\0"
_LARGEST = 64 << 20  # of a packet that was compressed
_OLD = (b"Raw profile type xmp\0", b"Raw profile type XMP\0")  # as ImageMagick writes it


@dataclass(frozen=True, slots=True)
class _Chunk:
    kind: bytes
    start: int
    body: int
    end: int


def packet_of(content: bytes) -> bytes | None:
    """The XMP in a PNG. Raises ValueError where it is not a PNG, or has it several times or in another form."""
    chunk = _xmp(content)
    if chunk is None:
        return None
    body = content[chunk.body + len(_KEYWORD) : chunk.end - 4]
    compressed, _, rest = body[:1], body[1:2], body[2:]
    text = rest.split(b"\0", 2)[-1]
    if compressed == b"\0":
        return text
    try:
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(text, _LARGEST)
    except zlib.error as error:
        raise ValueError("its XMP cannot be unpacked") from error
    if not unpacker.eof:
        raise ValueError("its XMP cannot be unpacked")
    return text


def with_packet(content: bytes, packet: bytes) -> bytes:
    """A PNG with another packet; empty: with none. Raises ValueError as `packet_of` does."""
    there = _xmp(content)
    if there is None:
        at = next(each.start for each in _chunks(content) if each.kind in (b"IDAT", b"IEND"))
        start = end = at
    else:
        start, end = there.start, there.end
    body = b"iTXt" + _KEYWORD + b"\0\0\0\0" + packet
    new = (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big") if packet else b""
    return content[:start] + new + content[end:]


def pixels_of(content: bytes) -> list[bytes]:
    """All chunks but texts, and all that stands behind them."""
    chunks = list(_chunks(content))
    kept = [content[each.start : each.end] for each in chunks if each.kind not in (b"iTXt", b"tEXt", b"zTXt")]
    return [*kept, content[chunks[-1].end :]]


def _chunks(content: bytes) -> Iterator[_Chunk]:
    if not content.startswith(_SIGNATURE):
        raise ValueError("it is not a PNG, despite its name")
    at = len(_SIGNATURE)
    while True:
        end = at + 12 + int.from_bytes(content[at : at + 4], "big")
        kind = content[at + 4 : at + 8]
        if len(kind) < 4 or end > len(content):
            raise ValueError("it is damaged or cut off")
        yield _Chunk(kind, at, at + 8, end)
        if kind == b"IEND":
            return
        at = end


def _xmp(content: bytes) -> _Chunk | None:
    chunks = list(_chunks(content))
    texts = [each for each in chunks if each.kind in (b"iTXt", b"tEXt", b"zTXt")]
    if any(content.startswith(_OLD, each.body) for each in texts):
        raise ValueError("its XMP is stored in ImageMagick's own form")
    found = [each for each in texts if each.kind == b"iTXt" and content.startswith(_KEYWORD, each.body)]
    if len(found) > 1:
        raise ValueError("it holds XMP twice")
    return found[0] if found else None
