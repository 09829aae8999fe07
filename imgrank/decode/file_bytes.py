"""What picture files say of themselves before a decoder sees them: sizes, scans, chunks and boxes, read byte by byte.

Pillow grows a GIF to hold frames that lie outside of it, and the decoder of JPEG XL decodes all of it, before anybody
can say no to its size. Each scan of a JPEG goes over the whole picture again. A PNG holds texts, profiles and more that
is not its picture. Boxes of AVIF and HEIC say how the primary picture is to be seen, which Pillow does not.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from imgrank.decode.unreadable import too_many_scans

_GIF_EXTENSION, _GIF_FRAME = 0x21, 0x2C
_GIF_HEADER = 13


def gif_sizes(data: bytes, most: int) -> list[tuple[int, int]]:
    """Width and height of the picture once each of its first frames is in it; none where no frame can be found."""
    width, height = _gif_pair(data, 6)
    sizes = []
    for left, top, wide, high in _gif_frames(data, most):
        width, height = max(width, left + wide), max(height, top + high)
        sizes.append((width, height))
    return sizes


def _gif_frames(data: bytes, most: int) -> Iterator[tuple[int, int, int, int]]:
    """Left, top, width and height of the first frames, as far as Pillow finds them: it skips what is no block."""
    at, found = _GIF_HEADER + _gif_table(data[10:11]), 0
    while found < most and at < len(data):
        kind = data[at]
        if kind == _GIF_EXTENSION:
            at = _behind_pieces(data, at + 2)
        elif kind == _GIF_FRAME:
            yield *_gif_pair(data, at + 1), *_gif_pair(data, at + 5)
            found += 1
            at = _behind_pieces(data, at + 11 + _gif_table(data[at + 9 : at + 10]))
        else:
            at += 1


def _gif_table(flags: bytes) -> int:
    """Bytes of the table of colours that these flags promise."""
    return 3 << (flags[0] & 7) + 1 if flags and flags[0] & 128 else 0


def _behind_pieces(data: bytes, at: int) -> int:
    """Pieces of up to 255 bytes, each behind its length, up to an empty one."""
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1


def _gif_pair(data: bytes, at: int) -> tuple[int, int]:
    return int.from_bytes(data[at : at + 2], "little"), int.from_bytes(data[at + 2 : at + 4], "little")


_CODESTREAM = b"\xff\x0a"
_HOLDERS = (b"jxlc", b"jxlp")  # boxes of a codestream, whole or in parts that begin with a number
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))  # width to height
_JXL_HEADER = 16  # bytes that the two sizes take at most, and more


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
    bits = _Bits(int.from_bytes(data[start + 2 : start + 2 + _JXL_HEADER], "little"))
    is_small = bits.take(1) == 1
    height = _jxl_side(bits, is_small)
    ratio = bits.take(3)
    if ratio == 0:
        return _jxl_side(bits, is_small), height
    wide, high = _RATIOS[ratio - 1]
    return height * wide // high, height


def _jxl_side(bits: _Bits, is_small: bool) -> int:
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


# Encoders write some ten, one for each coefficient would be 192.
_MOST_SCANS, _FEWEST_SCANS = 200, 20
_MOST_SCANNED = 4e9  # pixels, over all scans: half a minute
_START_OF_SCAN = b"\xff\xda"  # within a scan no 0xff is followed by it; in a thumbnail or a profile it may stand, too
_SCAN, _BEGIN, _END = 0xDA, 0xD8, 0xD9
_ALONE = frozenset({0x00, 0x01, _BEGIN, *range(0xD0, 0xD8)})  # without a length; 0 stands for no marker at all


def check_scans(data: bytes, size: tuple[int, int]) -> None:
    """Raise DecodeError where a JPEG of this size has more scans than may be decoded."""
    most = int(min(_MOST_SCANS, max(_FEWEST_SCANS, _MOST_SCANNED / max(1, size[0] * size[1]))))
    if data.count(_START_OF_SCAN) > most and _count_scans(data, most + 1) > most:
        raise too_many_scans(most)


def _count_scans(data: bytes, most: int) -> int:
    """The scans up to the end of the picture, read as decoders do; no more than `most` are looked for."""
    at, scans = 2, 0
    while scans < most:
        at = data.find(b"\xff", at)
        code = data[at + 1] if 0 <= at < len(data) - 1 else _END
        if code == _END:
            break
        if code == 0xFF:
            at += 1
        elif code in _ALONE:
            at += 2
        else:
            scans += code == _SCAN
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    return scans


_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_PICTURE = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"acTL", b"fcTL", b"fdAT"})
_PNG_NEEDED = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})  # kept as they are, sound or not
_PNG_EXIF = b"eXIf"
_PNG_XMP = b"XML:com.adobe.xmp\0\0"  # uncompressed; it may say how the picture is turned
_LONGEST_XMP = 1 << 20


def without_metadata(data: bytes) -> bytes:
    """The same picture with nothing else but what says how it is turned, as far as its checksums hold."""
    return _PNG_SIGNATURE + b"".join(_kept_chunks(memoryview(data)))


def png_chunks(data: memoryview) -> Iterator[memoryview]:
    """The chunks of a PNG, each with its length, name and checksum; only where they begin is looked at."""
    at = len(_PNG_SIGNATURE)
    while at < len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        yield data[at:end]
        at = end


def _kept_chunks(data: memoryview) -> Iterator[memoryview]:
    return filter(_is_kept, png_chunks(data))


def _is_kept(chunk: memoryview) -> bool:
    name = bytes(chunk[4:8])
    if name in _PNG_NEEDED:
        return True
    is_turning = name == _PNG_EXIF or (bytes(chunk[8 : 8 + len(_PNG_XMP)]) == _PNG_XMP and len(chunk) < _LONGEST_XMP)
    return (name in _PNG_PICTURE or is_turning) and zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big")


_INSIDE = {b"meta": 4, b"iprp": 0, b"ipco": 0}  # boxes of boxes, and the bytes before their first
_MOST_BOXES = 4096


@dataclass(frozen=True, slots=True)
class Part:
    """A box: its name of four letters, and what is in it."""

    name: bytes
    body: memoryview


def box_properties(data: bytes) -> list[Part]:
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
        item = number_at(primary.body, 4, 4 if primary.body[0] else 2)
        wanted = set(_properties_of(item, uses.body))
        return [part for at, part in enumerate(_parts(_inside(kinds)), 1) if at in wanted]
    except IndexError:
        return []


def number_at(data: memoryview, at: int, size: int) -> int:
    """`size` bytes as a number. Raises IndexError where they are not all there."""
    if at + size > len(data):
        raise IndexError(at)
    return int.from_bytes(data[at : at + size], "big")


def _properties_of(item: int, ipma: memoryview) -> Iterator[int]:
    """The numbers, from 1, of the properties of an item."""
    wide_ids, wide_numbers = ipma[0] >= 1, bool(ipma[3] & 1)
    at = 8
    for _ in range(min(number_at(ipma, 4, 4), _MOST_BOXES)):
        this = number_at(ipma, at, 4 if wide_ids else 2)
        at += 4 if wide_ids else 2
        count, at = ipma[at], at + 1
        for _ in range(count):
            value = number_at(ipma, at, 2 if wide_numbers else 1)
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
        length, head = number_at(data, at, 4), 8
        if length == 1:
            length, head = number_at(data, at + 8, 8), 16
        end = at + length if length else len(data)
        if length and length < head:
            return
        yield Part(bytes(data[at + 4 : at + 8]), data[at + head : end])
        at = end


Box = tuple[int, int, int, int]  # left, top, right, bottom


def clean_aperture(data: bytes, size: tuple[int, int]) -> Box | None:
    """The part of the primary picture, of this `size`, that is to be seen; None where all of it is."""
    try:
        return next((_cut(part.body, size) for part in box_properties(data) if part.name == b"clap"), None)
    except (IndexError, ValueError, ZeroDivisionError):
        return None


def _cut(clap: memoryview, size: tuple[int, int]) -> Box | None:
    """Eight numbers: width, height and the offset of the middle across and down, each a fraction."""
    numbers = [int.from_bytes(clap[at : at + 4], "big", signed=at >= 16 and at % 8 == 0) for at in range(0, 32, 4)]
    width, height, across, down = (numbers[n] / numbers[n + 1] for n in range(0, 8, 2))
    left, top = (size[0] - width) / 2 + across, (size[1] - height) / 2 + down
    box = (round(left), round(top), round(left + width), round(top + height))
    fits = 0 <= box[0] < box[2] <= size[0] and 0 <= box[1] < box[3] <= size[1]
    return box if fits and box != (0, 0, *size) else None
