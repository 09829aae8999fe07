"""XMP in a WebP: one chunk behind the picture, announced in the VP8X chunk that stands first. Pure.

After the WebP container specification (developers.google.com/speed/webp/docs/riff_container) and RFC 6386 and 9649 for
the size of a picture that has no VP8X chunk yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_EXTENDED, _XMP = b"VP8X", b"XMP "
_XMP_FLAG, _ALPHA_FLAG = 0x04, 0x10
_METADATA = (_EXTENDED, _XMP, b"EXIF")


@dataclass(frozen=True, slots=True)
class _Chunk:
    kind: bytes
    start: int
    body: int
    size: int

    @property
    def end(self) -> int:
        return self.body + self.size + self.size % 2


def packet_of(content: bytes) -> bytes | None:
    """The XMP in a WebP. Raises ValueError where it is not a WebP, or has several."""
    found = [each for each in _chunks(content) if each.kind == _XMP]
    if len(found) > 1:
        raise ValueError("it holds XMP twice")
    return content[found[0].body : found[0].body + found[0].size] if found else None


def with_packet(content: bytes, packet: bytes) -> bytes:
    """A WebP with another packet; empty: with none. Raises ValueError where it cannot hold it."""
    chunks = list(_chunks(content))
    pieces = [content[each.start : each.end] for each in chunks]
    there = next((n for n, each in enumerate(chunks) if each.kind == _XMP), len(chunks))
    pieces[there : there + 1] = [_chunk(_XMP, packet)] if packet else []
    if chunks[0].kind == _EXTENDED:
        flags = content[chunks[0].body] & ~_XMP_FLAG | (_XMP_FLAG if packet else 0)
        pieces[0] = pieces[0][:8] + bytes([flags]) + pieces[0][9:]
    elif packet:
        pieces.insert(0, _chunk(_EXTENDED, _announced(content, chunks[0])))
    body = b"WEBP" + b"".join(pieces)
    return b"RIFF" + len(body).to_bytes(4, "little") + body + content[_end(content) :]


def pixels_of(content: bytes) -> list[bytes]:
    """All chunks but metadata, and all that stands behind them."""
    kept = [content[each.start : each.end] for each in _chunks(content) if each.kind not in _METADATA]
    return [*kept, content[_end(content) :]]


def _end(content: bytes) -> int:
    return 8 + int.from_bytes(content[4:8], "little")


def _chunks(content: bytes) -> Iterator[_Chunk]:
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        raise ValueError("it is not a WebP, despite its name")
    end, at = _end(content), 12
    if end > len(content) or at >= end:
        raise ValueError("it is damaged or cut off")
    while at < end:
        chunk = _Chunk(content[at : at + 4], at, at + 8, int.from_bytes(content[at + 4 : at + 8], "little"))
        if chunk.end > end:
            raise ValueError("it is damaged or cut off")
        yield chunk
        at = chunk.end


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2)


def _announced(content: bytes, picture: _Chunk) -> bytes:
    """What VP8X says of a picture that came without."""
    body = content[picture.body : picture.body + 10]
    if picture.kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(body[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        flags = _XMP_FLAG
    elif picture.kind == b"VP8L" and body[:1] == b"\x2f":
        bits = int.from_bytes(body[1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        flags = _XMP_FLAG | (_ALPHA_FLAG if bits >> 28 & 1 else 0)
    else:
        raise ValueError("its structure is not one that imgrank knows")
    if not width or not height:
        raise ValueError("it is damaged")
    return bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
