"""Where the pixels stand in files that exiftool writes, to be compared before and after. Pure.

TIFF 6 for TIFF and DNG, ISO/IEC 14496-12 for HEIC and AVIF.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

_STRIPS, _STRIP_SIZES, _TILES, _TILE_SIZES, _SUB_IFDS = 273, 279, 324, 325, 330
_SIZES = {1: 1, 3: 2, 4: 4, 13: 4}  # bytes of the types that hold places and sizes
_MOST_TABLES = 1000

ByteOrder = Literal["big", "little"]


def pixels_of(content: bytes) -> list[bytes]:
    """What a decoder makes pixels of. Raises ValueError where the file is of none of these kinds, or damaged."""
    if content[:4] in (b"II*\0", b"MM\0*"):
        return list(_tiff(content))
    if content[4:8] == b"ftyp":
        return list(_boxes(content))
    raise ValueError("it is not of the kind that its name says")


def same_pixels(before: bytes, after: bytes) -> bool:
    """Whether what a decoder makes pixels of is the same. exiftool keeps XMP in the very box of a HEIC's pixels."""
    old, new = pixels_of(before), pixels_of(after)
    boxed = before[4:8] == b"ftyp"
    return len(old) == len(new) and all(
        one == other or (boxed and _differ_by_xmp(one, other)) for one, other in zip(old, new, strict=True)
    )


def _differ_by_xmp(one: bytes, other: bytes) -> bool:
    """Whether one is the other with XMP before or behind it, and not a part of it that is left."""
    shorter, longer = sorted((one, other), key=len)
    return bool(shorter) and shorter in longer and b"xmpmeta" in longer.replace(shorter, b"", 1)


def _boxes(content: bytes) -> Iterator[bytes]:
    """What stands in the boxes of data."""
    at = 0
    while at + 8 <= len(content):
        size, kind, head = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8], 8
        if size == 1:
            size, head = int.from_bytes(content[at + 8 : at + 16], "big"), 16
        size = size or len(content) - at
        if size < head:
            raise ValueError("it is damaged")
        if kind == b"mdat":
            yield content[at + head : at + size]
        at += size


def _tiff(content: bytes) -> Iterator[bytes]:
    order: ByteOrder = "big" if content[:2] == b"MM" else "little"
    waiting, seen = [int.from_bytes(content[4:8], order)], set[int]()
    while waiting:
        table = waiting.pop()
        if not table or table in seen or len(seen) > _MOST_TABLES:
            continue
        seen.add(table)
        rows = _rows(content, table, order)
        waiting += [rows.get(-1, [0])[0], *rows.get(_SUB_IFDS, [])]
        for places, sizes in ((_STRIPS, _STRIP_SIZES), (_TILES, _TILE_SIZES)):
            for at, size in zip(rows.get(places, []), rows.get(sizes, []), strict=True):
                yield content[at : at + size]


def _rows(content: bytes, table: int, order: ByteOrder) -> dict[int, list[int]]:
    """The whole numbers of a table by their tags; under -1, where the next table is."""

    def number(at: int, size: int) -> int:
        return int.from_bytes(content[at : at + size], order)

    count, rows = number(table, 2), {}
    for row in range(table + 2, table + 2 + 12 * count, 12):
        size, length = _SIZES.get(number(row + 2, 2), 0), number(row + 4, 4)
        if size and number(row, 2) in (_STRIPS, _STRIP_SIZES, _TILES, _TILE_SIZES, _SUB_IFDS):
            at = row + 8 if size * length <= 4 else number(row + 8, 4)
            if at + size * length > len(content):
                raise ValueError("it is damaged")
            rows[number(row, 2)] = [number(at + size * n, size) for n in range(length)]
    rows[-1] = [number(table + 2 + 12 * count, 4)]
    return rows
