"""How large a JPEG XL picture is, from its first bytes: its decoder decodes all of it before it says so."""

from __future__ import annotations

from dataclasses import dataclass

_CODESTREAM = b"\xff\x0a"
_HOLDERS = (b"jxlc", b"jxlp")  # boxes of a codestream, whole or in parts that begin with a number
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))  # width to height
_HEADER = 16  # bytes that the two sizes take at most, and more


@dataclass(slots=True)
class _Bits:
    number: int

    def take(self, count: int) -> int:
        value = self.number & ((1 << count) - 1)
        self.number >>= count
        return value


def jxl_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels; None where the beginning is damaged."""
    start = _codestream(data)
    if data[start : start + 2] != _CODESTREAM:
        return None
    bits = _Bits(int.from_bytes(data[start + 2 : start + 2 + _HEADER], "little"))
    is_small = bits.take(1) == 1
    height = _side(bits, is_small)
    ratio = bits.take(3)
    if ratio == 0:
        return _side(bits, is_small), height
    wide, high = _RATIOS[ratio - 1]
    return height * wide // high, height


def _side(bits: _Bits, is_small: bool) -> int:
    if is_small:
        return 8 * (bits.take(5) + 1)
    return 1 + bits.take((9, 13, 18, 30)[bits.take(2)])


def _codestream(data: bytes) -> int:
    """Where the codestream begins: at once, or inside a box."""
    at = 0
    while data[:2] != _CODESTREAM and at + 8 <= len(data):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        head = 16 if length == 1 else 8
        if name in _HOLDERS:
            return at + head + (4 if name == b"jxlp" else 0)
        length = int.from_bytes(data[at + 8 : at + 16], "big") if length == 1 else length
        if length < head:
            return len(data)
        at += length
    return at
