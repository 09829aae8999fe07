"""Boxes of AVIF and HEIC files, as far as they say what Pillow does not: how the primary picture is to be seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_INSIDE = {b"meta": 4, b"iprp": 0, b"ipco": 0}  # boxes of boxes, and the bytes before their first
_MOST_BOXES = 4096


@dataclass(frozen=True, slots=True)
class Part:
    """A box: its name of four letters, and what is in it."""

    name: bytes
    body: memoryview


def properties(data: bytes) -> list[Part]:
    """The properties of the primary picture; none where the file is damaged or of another kind."""
    try:
        meta = _one(memoryview(data), b"meta")
        if meta is None:
            return []
        primary, holder = _one(_inside(meta), b"pitm"), _one(_inside(meta), b"iprp")
        if primary is None or holder is None:
            return []
        kinds, uses = _one(_inside(holder), b"ipco"), _one(_inside(holder), b"ipma")
        if kinds is None or uses is None:
            return []
        item = number(primary.body, 4, 4 if primary.body[0] else 2)
        wanted = set(_properties_of(item, uses.body))
        return [part for at, part in enumerate(_parts(_inside(kinds)), 1) if at in wanted]
    except IndexError:
        return []


def number(data: memoryview, at: int, size: int) -> int:
    """`size` bytes as a number. Raises IndexError where they are not all there."""
    if at + size > len(data):
        raise IndexError(at)
    return int.from_bytes(data[at : at + size], "big")


def _properties_of(item: int, ipma: memoryview) -> Iterator[int]:
    """The numbers, from 1, of the properties of an item."""
    wide_ids, wide_numbers = ipma[0] >= 1, bool(ipma[3] & 1)
    at = 8
    for _ in range(min(number(ipma, 4, 4), _MOST_BOXES)):
        this = number(ipma, at, 4 if wide_ids else 2)
        at += 4 if wide_ids else 2
        count, at = ipma[at], at + 1
        for _ in range(count):
            value = number(ipma, at, 2 if wide_numbers else 1)
            at += 2 if wide_numbers else 1
            if this == item:
                yield value & (0x7FFF if wide_numbers else 0x7F)


def _inside(part: Part) -> memoryview:
    return part.body[_INSIDE[part.name] :]


def _one(data: memoryview, name: bytes) -> Part | None:
    return next((part for part in _parts(data) if part.name == name), None)


def _parts(data: memoryview) -> Iterator[Part]:
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 8 > len(data):
            return
        length, head = number(data, at, 4), 8
        if length == 1:
            length, head = number(data, at + 8, 8), 16
        end = at + length if length else len(data)
        if length and length < head:
            return
        yield Part(bytes(data[at + 4 : at + 8]), data[at + head : end])
        at = end
