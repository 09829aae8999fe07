"""How large a GIF becomes: Pillow grows it to hold frames that lie outside of it, before anybody can say no."""

from __future__ import annotations

from collections.abc import Iterator

_EXTENSION, _FRAME = 0x21, 0x2C
_HEADER = 13


def gif_sizes(data: bytes, most: int) -> list[tuple[int, int]]:
    """Width and height of the picture once each of its first frames is in it; none where no frame can be found."""
    width, height = _pair(data, 6)
    sizes = []
    for left, top, wide, high in _frames(data, most):
        width, height = max(width, left + wide), max(height, top + high)
        sizes.append((width, height))
    return sizes


def _frames(data: bytes, most: int) -> Iterator[tuple[int, int, int, int]]:
    """Left, top, width and height of the first frames, as far as Pillow finds them: it skips what is no block."""
    at, found = _HEADER + _table(data[10:11]), 0
    while found < most and at < len(data):
        kind = data[at]
        if kind == _EXTENSION:
            at = _behind_pieces(data, at + 2)
        elif kind == _FRAME:
            yield *_pair(data, at + 1), *_pair(data, at + 5)
            found += 1
            at = _behind_pieces(data, at + 11 + _table(data[at + 9 : at + 10]))
        else:
            at += 1


def _table(flags: bytes) -> int:
    """Bytes of the table of colours that these flags promise."""
    return 3 << (flags[0] & 7) + 1 if flags and flags[0] & 128 else 0


def _behind_pieces(data: bytes, at: int) -> int:
    """Pieces of up to 255 bytes, each behind its length, up to an empty one."""
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1


def _pair(data: bytes, at: int) -> tuple[int, int]:
    return int.from_bytes(data[at : at + 2], "little"), int.from_bytes(data[at + 2 : at + 4], "little")
