"""The XMP in a picture of any kind that can hold it, read, and replaced with all pixels as they were.

Where the pixels stand follows TIFF 6 for TIFF and DNG, and ISO/IEC 14496-12 for HEIC and AVIF.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from imgrank.actions.embed import exiftool, jpeg, png, webp
from imgrank.actions.embed.delta import between
from imgrank.actions.embed.jpeg import ByteOrder
from imgrank.actions.no_clobber import hash_bytes
from imgrank.actions.records import Patch
from imgrank.actions.xmp_edit import keywords_of
from imgrank.formats import extension
from imgrank.regular import open_regular, read_regular

Edit = Callable[[bytes | None], bytes]


@dataclass(frozen=True, slots=True)
class _Format:
    """One kind of file that is written here: its XMP, the same file with another, and what may not change in it."""

    packet_of: Callable[[bytes], bytes | None]
    with_packet: Callable[[bytes, bytes], bytes]
    pixels_of: Callable[[bytes], list[bytes]]


_JPEG = _Format(jpeg.packet_of, jpeg.with_packet, jpeg.pixels_of)
_FORMATS = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"), _JPEG),
    **dict.fromkeys((".png", ".apng"), _Format(png.packet_of, png.with_packet, png.pixels_of)),
    ".webp": _Format(webp.packet_of, webp.with_packet, webp.pixels_of),
}
_OTHER_PIXELS = "its pixels would not stay as they are"
_HEAD = 1 << 20  # bytes in which nearly all cameras and programs keep what stands before a picture
_LARGEST = 1 << 30  # bytes of a picture that is read as a whole


def can_hold(path: str) -> bool:
    """Whether tags can be written into a picture of this kind, by imgrank or by exiftool where it is installed."""
    kind = extension(path)
    return kind in _FORMATS or (kind in exiftool.EXTENSIONS and exiftool.program() is not None)


def needs_exiftool(path: str) -> bool:
    """Whether tags could be written into a picture if exiftool were installed."""
    return extension(path) in exiftool.EXTENSIONS and exiftool.program() is None


def packet_in(path: str) -> bytes | None:
    """The XMP in a picture. Raises OSError where it cannot be read, ValueError where it is not what its name says."""
    if extension(path) in exiftool.EXTENSIONS:
        return exiftool.packet_of(path)
    return _format(path).packet_of(_content(path))


def packet_here(path: str) -> bytes | None:
    """As `packet_in`, of pictures that are read without exiftool; none of others."""
    return packet_in(path) if extension(path) in _FORMATS else None


def edited(path: str, edit: Edit) -> Patch | None:
    """What must change in a picture so that its XMP is what `edit` makes of it; None: nothing must.

    `edit` gets None where there is no XMP, and gives nothing where none shall be.

    Raises ValueError where that cannot be done and the pixels stay byte for byte, OSError where it cannot be read.
    """
    status = os.lstat(path)
    if os.path.islink(path):
        raise ValueError("it is a link to a file elsewhere")
    if not status.st_mode & 0o200:
        raise ValueError("it is marked as read-only")
    before = _content(path)
    after = _by_exiftool(path, before, edit) if extension(path) in exiftool.EXTENSIONS else _here(path, before, edit)
    if after == before:
        return None
    delta = between(before, after)
    if delta.apply(before) != after or delta.reversed().apply(after) != before:
        raise ValueError("its change could not be undone")
    return Patch(hash_bytes(before), hash_bytes(after), delta.encode(), delta.reversed().encode())


def keywords_in(path: str) -> tuple[str, ...]:
    """The keywords in a JPEG, as XMP or in the older IPTC form; none where they cannot be read."""
    if _FORMATS.get(extension(path)) is not _JPEG:
        return ()
    with suppress(OSError, ValueError), open_regular(path) as file:
        head = file.read(_HEAD)
        with suppress(ValueError):
            return _keywords(head)
        return _keywords(head + file.read(_LARGEST))
    return ()


def _keywords(content: bytes) -> tuple[str, ...]:
    packet = jpeg.packet_of(content)
    found = keywords_of(packet.rstrip(b"\0")) if packet else ()
    return found or jpeg.keywords_of(content)


def _edited(old: bytes | None, edit: Edit) -> bytes:
    """The packet as edited; bytes of NUL that some programs leave behind it stay there."""
    if old is None:
        return edit(None)
    text = old.rstrip(b"\0")
    new = edit(text)
    return new + old[len(text) :] if new else b""


def _here(path: str, before: bytes, edit: Edit) -> bytes:
    kind = _format(path)
    old = kind.packet_of(before)
    new = _edited(old, edit)
    after = before if new == (old or b"") else kind.with_packet(before, new)
    if kind.pixels_of(before) != kind.pixels_of(after):
        raise ValueError(_OTHER_PIXELS)
    return after


def _by_exiftool(path: str, before: bytes, edit: Edit) -> bytes:
    old = exiftool.packet_of(path)
    new = _edited(old, edit)
    after = before if new == (old or b"") else exiftool.with_packet(path, new)
    if not same_pixels(before, after):
        raise ValueError(_OTHER_PIXELS)
    return after


def _format(path: str) -> _Format:
    kind = _FORMATS.get(extension(path))
    if kind is None:
        raise ValueError("imgrank cannot write into images of this format")
    return kind


def _content(path: str) -> bytes:
    if os.path.getsize(path) > _LARGEST:
        raise ValueError("it is too large to rewrite")
    return read_regular(path)


_STRIPS, _STRIP_SIZES, _TILES, _TILE_SIZES, _SUB_IFDS = 273, 279, 324, 325, 330
_SIZES = {1: 1, 3: 2, 4: 4, 13: 4}  # bytes of the types that hold places and sizes
_MOST_TABLES = 1000


def pixels_of(content: bytes) -> list[bytes]:
    """What a decoder makes pixels of. Raises ValueError where the file is of none of these kinds, or damaged."""
    if content[:4] in (b"II*\0", b"MM\0*"):
        return list(_tiff(content))
    if content[4:8] == b"ftyp":
        return list(_boxes(content))
    raise ValueError("its content does not match its file name extension")


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
