"""The clean aperture of an AVIF: the part of its pixels that is the picture, which Pillow does not cut out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

Box = tuple[int, int, int, int]  # left, top, right, bottom

_INSIDE = {b"meta": 4, b"iprp": 0, b"ipco": 0}  # boxes of boxes, and the bytes before their first
_MOST_BOXES = 4096


@dataclass(frozen=True, slots=True)
class _Part:
    name: bytes
    body: memoryview


def clean_aperture(data: bytes, size: tuple[int, int]) -> Box | None:
    """The part of the primary picture, of this `size`, that is to be seen; None where all of it is."""
    try:
        meta = _one(memoryview(data), b"meta")
        if meta is None:
            return None
        primary, properties = _one(_inside(meta), b"pitm"), _one(_inside(meta), b"iprp")
        if primary is None or properties is None:
            return None
        kinds = _one(_inside(properties), b"ipco")
        uses = _one(_inside(properties), b"ipma")
        if kinds is None or uses is None:
            return None
        item = _number(primary.body, 4, 4 if primary.body[0] else 2)
        wanted = set(_properties_of(item, uses.body))
        for number, part in enumerate(_parts(_inside(kinds)), 1):
            if part.name == b"clap" and number in wanted:
                return _cut(part.body, size)
    except (IndexError, ValueError, ZeroDivisionError):
        return None
    return None


def _cut(clap: memoryview, size: tuple[int, int]) -> Box | None:
    """Eight numbers: width, height and the offset of the middle across and down, each a fraction."""
    numbers = [int.from_bytes(clap[at : at + 4], "big", signed=at >= 16 and at % 8 == 0) for at in range(0, 32, 4)]
    width, height, across, down = (numbers[n] / numbers[n + 1] for n in range(0, 8, 2))
    left, top = (size[0] - width) / 2 + across, (size[1] - height) / 2 + down
    box = (round(left), round(top), round(left + width), round(top + height))
    fits = 0 <= box[0] < box[2] <= size[0] and 0 <= box[1] < box[3] <= size[1]
    return box if fits and box != (0, 0, *size) else None


def _properties_of(item: int, ipma: memoryview) -> Iterator[int]:
    """The numbers, from 1, of the properties of an item."""
    wide_ids, wide_numbers = ipma[0] >= 1, bool(ipma[3] & 1)
    at = 8
    for _ in range(min(_number(ipma, 4, 4), _MOST_BOXES)):
        this = _number(ipma, at, 4 if wide_ids else 2)
        at += 4 if wide_ids else 2
        count, at = ipma[at], at + 1
        for _ in range(count):
            value = _number(ipma, at, 2 if wide_numbers else 1)
            at += 2 if wide_numbers else 1
            if this == item:
                yield value & (0x7FFF if wide_numbers else 0x7F)


def _inside(part: _Part) -> memoryview:
    return part.body[_INSIDE[part.name] :]


def _one(data: memoryview, name: bytes) -> _Part | None:
    return next((part for part in _parts(data) if part.name == name), None)


def _parts(data: memoryview) -> Iterator[_Part]:
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 8 > len(data):
            return
        length, head = _number(data, at, 4), 8
        if length == 1:
            length, head = _number(data, at + 8, 8), 16
        end = at + length if length else len(data)
        if length and length < head:
            return
        yield _Part(bytes(data[at + 4 : at + 8]), data[at + head : end])
        at = end


def _number(data: memoryview, at: int, size: int) -> int:
    if at + size > len(data):
        raise IndexError(at)
    return int.from_bytes(data[at : at + size], "big")
