"""XMP in a JPEG: one APP1 segment of at most 64 kB, before the picture. Pure.

After part 3 of Adobe's XMP specification, Exif 2.3 (APP1 stands first) and CIPA DC-007 (the index of several pictures
in one file, whose sizes and places change with the first of them).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from imgrank.actions.xmp_edit import speaks_of_ours

ByteOrder = Literal["big", "little"]

_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
_EXTENSION_HEAD = len(_EXTENSION) + 32 + 8  # a digest, the whole length, where this part belongs
_EXIF, _INDEX, _PHOTOSHOP = b"Exif\0", b"MPF\0", b"Photoshop 3.0\0"
_LONGEST = 65535 - 2
_APP0, _APP1, _APP2, _APP13, _START_OF_SCAN, _END = 0xE0, 0xE1, 0xE2, 0xED, 0xDA, 0xD9
_ALONE = {0x01, *range(0xD0, 0xD8)}
_IPTC, _KEYWORD, _CHARSET = 0x0404, (2, 25), (1, 90)
_UTF8 = b"\x1b%G"
_BYTE_ORDERS: dict[bytes, ByteOrder] = {b"MM": "big", b"II": "little"}
_PICTURES = 0xB002  # the list of pictures in an index


@dataclass(frozen=True, slots=True)
class _Segment:
    marker: int
    start: int
    body: int
    end: int


def packet_of(content: bytes) -> bytes | None:
    """The XMP in a JPEG. Raises ValueError where it is not a JPEG, or has several."""
    segment = _xmp(content)
    return None if segment is None else content[segment.body + len(_HEADER) : segment.end]


def with_packet(content: bytes, packet: bytes) -> bytes:
    """A JPEG with another packet; empty: with none. Raises ValueError where it cannot hold it."""
    if len(_HEADER) + len(packet) > _LONGEST:
        raise ValueError("its XMP would be longer than a JPEG can hold")
    extension = b"".join(content[each.body + _EXTENSION_HEAD : each.end] for each in _of(content, _APP1, _EXTENSION))
    if extension and speaks_of_ours(extension):
        raise ValueError("its keywords or stars are in a second part of its XMP")
    there = _xmp(content)
    start, end = (there.start, there.end) if there else (_place(content),) * 2
    length = (len(_HEADER) + len(packet) + 2).to_bytes(2, "big")
    new = b"\xff\xe1" + length + _HEADER + packet if packet else b""
    changed = bytearray(content[:start] + new + content[end:])
    _set_index(content, changed, start, len(new) - (end - start))
    return bytes(changed)


def pixels_of(content: bytes) -> list[bytes]:
    """All that a decoder makes pixels of, and all that stands behind the picture."""
    segments = list(_segments(content))
    kept = [content[each.start : each.end] for each in segments if not 0xE0 <= each.marker <= 0xEF]
    return [*kept, content[segments[-1].end :]]


def keywords_of(content: bytes) -> tuple[str, ...]:
    """The keywords in IPTC form, as older programs write them; none where that cannot be read."""
    blocks = b"".join(content[each.body + len(_PHOTOSHOP) : each.end] for each in _of(content, _APP13, _PHOTOSHOP))
    records = [record for block in _resources(blocks) for record in _records(block)]
    charset = next((value for name, value in records if name == _CHARSET), b"")
    return tuple(_text(value, charset) for name, value in records if name == _KEYWORD)


def _segments(content: bytes) -> Iterator[_Segment]:
    if content[:2] != b"\xff\xd8":
        raise ValueError("it is not a JPEG, despite its name")
    at = 2
    while True:
        start = at
        while content[at : at + 1] == b"\xff":
            at += 1
        if at == start or at >= len(content):
            raise ValueError("it is damaged before its image")
        marker, at = content[at], at + 1
        if marker == _END:
            raise ValueError("it holds no image")
        if marker in _ALONE:
            continue
        end = at + int.from_bytes(content[at : at + 2], "big")
        if end < at + 2 or end > len(content):
            raise ValueError("it is damaged before its image")
        yield _Segment(marker, start, at + 2, end)
        if marker == _START_OF_SCAN:
            return
        at = end


def _of(content: bytes, marker: int, head: bytes) -> list[_Segment]:
    return [each for each in _segments(content) if each.marker == marker and content.startswith(head, each.body)]


def _xmp(content: bytes) -> _Segment | None:
    found = _of(content, _APP1, _HEADER)
    if len(found) > 1:
        raise ValueError("it holds XMP twice")
    return found[0] if found else None


def _place(content: bytes) -> int:
    """Behind the segments that must stand first, and before all others."""
    place = 2
    for each in _segments(content):
        if each.marker != _APP0 and not (each.marker == _APP1 and content.startswith(_EXIF, each.body)):
            break
        place = each.end
    return place


def _set_index(old: bytes, changed: bytearray, where: int, growth: int) -> None:
    """Set the sizes and places in an index of several pictures, the first of which has grown at `where`."""
    for each in _of(old, _APP2, _INDEX):
        base = each.body + len(_INDEX)
        order = _BYTE_ORDERS.get(old[base : base + 2])
        if order is None:
            raise ValueError("its index of images cannot be read")
        moved = base + (growth if where < base else 0)

        def number(at: int, size: int, base: int = base, order: ByteOrder = order) -> int:
            return int.from_bytes(old[base + at : base + at + size], order)

        table = number(4, 4)
        rows = (table + 2 + 12 * row for row in range(number(table, 2)))
        pictures = next((row for row in rows if number(row, 2) == _PICTURES), None)
        if pictures is None:
            continue
        first, count = number(pictures + 8, 4), number(pictures + 4, 4) // 16
        for entry in (first + 16 * n for n in range(count)):
            is_first = number(entry + 8, 4) == 0
            if is_first or where > base:
                field = entry + (4 if is_first else 8)
                value = number(field, 4) + growth
                changed[moved + field : moved + field + 4] = value.to_bytes(4, order)


def _resources(blocks: bytes) -> Iterator[bytes]:
    """What Photoshop's resources hold as IPTC."""
    at = 0
    while blocks.startswith(b"8BIM", at) and at + 12 <= len(blocks):
        number = int.from_bytes(blocks[at + 4 : at + 6], "big")
        at += 6 + (blocks[at + 6] // 2 * 2 + 2)
        size = int.from_bytes(blocks[at : at + 4], "big")
        if number == _IPTC:
            yield blocks[at + 4 : at + 4 + size]
        at += 4 + size + size % 2


def _records(block: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    at = 0
    while block.startswith(b"\x1c", at) and at + 5 <= len(block):
        size = int.from_bytes(block[at + 3 : at + 5], "big")
        if size > 0x7FFF:
            return
        yield (block[at + 1], block[at + 2]), block[at + 5 : at + 5 + size]
        at += 5 + size


def _text(value: bytes, charset: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("utf-8" if charset == _UTF8 else "cp1252", "replace")
