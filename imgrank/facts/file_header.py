"""What stands in a picture file beside its pixels: EXIF, XMP and the size, whatever the format. Decodes nothing."""

from __future__ import annotations

import io
import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

from PIL import ExifTags, Image

from imgrank.decode.file_bytes import png_chunks
from imgrank.decode.picture import size_in_file, upright
from imgrank.decode.raster import pillow_name
from imgrank.decode.sniff import HEIC, RAW, picture_kind
from imgrank.decode.unreadable import DecodeError
from imgrank.facts.records import FileFacts, Taken, doubt_of, parse_time
from imgrank.facts.xmp import Packet, find_packet
from imgrank.regular import open_regular

_HEAD = 4096  # bytes that tell the kind
_SEARCHED = 8 << 20  # cameras and phones put what they say at the beginning
_PACKET_UNREAD = ("GIF", "JPEG 2000")  # formats whose XMP Pillow does not hand out
_PNG_XMP = b"XML:com.adobe.xmp"
# EXIF as it stands inside HEIC, RAF and other boxes; CMT1 and CMT2 are its two parts in CR3.
_BLOCKS = re.compile(rb"(?:Exif\0\0|CMT1|CMT2)(?=II\*\0|MM\0\*)")
_MOST_BLOCKS = 8
_LONGEST_BLOCK = 1 << 17
_TIFF = (b"II*\0", b"MM\0*")
_LIKE_TIFF = {b"IIRO": b"II*\0", b"IIRS": b"II*\0", b"IIU\0": b"II*\0", b"MMOR": b"MM\0*"}  # Olympus, Panasonic


@dataclass(slots=True)
class _Header:
    """What was found: EXIF tags by number, of the picture and its sub-directory together."""

    tags: dict[int, object] = field(default_factory=dict)
    packet: Packet = field(default_factory=Packet)
    size: tuple[int, int] | None = None  # as it lies in the file

    def add(self, exif: Image.Exif) -> None:
        for part in (exif, exif.get_ifd(ExifTags.IFD.Exif)):
            for tag, value in part.items():
                self.tags.setdefault(tag, value)


def read_header(path: str) -> FileFacts:
    """What a picture file says of itself; nothing where it cannot be read. Broken EXIF says nothing, too."""
    try:
        with open_regular(path) as stream:
            return _file_facts(_header(stream, path))
    except (OSError, ValueError):
        return FileFacts()


def _header(stream: BinaryIO, path: str) -> _Header:
    found = _Header()
    try:
        kind = picture_kind(stream.read(_HEAD), path)
        stream.seek(0)
        if kind == "PNG":
            _read_png(stream, found)
        elif kind == RAW:
            _read_raw(stream, found)
        elif kind == HEIC:
            _search(stream, found)
        else:
            _read_with_pillow(stream, kind, found)
    except DecodeError:
        _search(stream, found)
    except Exception:  # noqa: BLE001 - a hostile file can make a reader raise anything
        if not found.tags:
            _search(stream, found)
    return found


def _read_with_pillow(stream: BinaryIO, kind: str, found: _Header) -> None:
    with Image.open(stream, formats=(pillow_name(kind),)) as image:
        found.size = size_in_file(image)
        exif = image.getexif()
        packet = image.info.get("xmp") or exif.get(ExifTags.Base.XMLPacket)
        if isinstance(packet, bytes):
            found.packet = find_packet(packet)
        elif kind in _PACKET_UNREAD:
            found.packet = find_packet(_mapped(stream)[:_SEARCHED])
        found.add(exif)


def _read_png(stream: BinaryIO, found: _Header) -> None:
    for chunk in png_chunks(memoryview(_mapped(stream))):
        name, body = bytes(chunk[4:8]), chunk[8:-4]
        if name == b"IHDR":
            found.size = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")
        elif name == b"eXIf":
            found.add(_loaded(b"Exif\0\0" + bytes(body)))
        elif name == b"iTXt" and bytes(body[: len(_PNG_XMP)]) == _PNG_XMP:
            found.packet = find_packet(bytes(body))


def _read_raw(stream: BinaryIO, found: _Header) -> None:
    """Most are TIFF by another name; the others hold blocks of EXIF."""
    head = stream.read(8)
    start = _LIKE_TIFF.get(head[:4], head[:4])
    if start not in _TIFF:
        _search(stream, found)
        return
    content = _Relabelled(stream, start)
    exif = Image.Exif()
    exif.load_from_fp(content)  # type: ignore[arg-type]  # reads and seeks, as a file does
    found.add(exif)
    packet = exif.get(ExifTags.Base.XMLPacket)
    found.packet = find_packet(packet) if isinstance(packet, bytes) else Packet()
    found.size = _size_in(found.tags)


class _Relabelled(io.RawIOBase):
    """A file whose first bytes read as those of a TIFF."""

    def __init__(self, stream: BinaryIO, start: bytes) -> None:
        self._stream, self._start = stream, start
        stream.seek(0)

    def read(self, size: int = -1) -> bytes:
        at = self._stream.tell()
        data = self._stream.read(size)
        return self._start[at : at + len(data)] + data[len(self._start) - at :] if at < len(self._start) else data

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()


def _search(stream: BinaryIO, found: _Header) -> None:
    """Look for blocks of EXIF, boxes that say the size, and a packet of XMP, as bytes."""
    content = _mapped(stream)[:_SEARCHED]
    for match in islice(_BLOCKS.finditer(content), _MOST_BLOCKS):
        found.add(_loaded(b"Exif\0\0" + content[match.end() : match.end() + _LONGEST_BLOCK]))
    found.packet = find_packet(content)
    boxed = _boxed_size(content)
    found.size = found.size or boxed or _size_in(found.tags)
    if boxed:  # readers of HEIC go by boxes alone
        found.tags[ExifTags.Base.Orientation] = _boxed_turn(content)


def _boxed_size(content: bytes) -> tuple[int, int] | None:
    """The largest size that a HEIC names: the picture's, whatever its tiles and thumbnails are."""
    ends = [match.end() + 4 for match in re.finditer(b"ispe", content)]
    sizes = [
        (int.from_bytes(content[at : at + 4], "big"), int.from_bytes(content[at + 4 : at + 8], "big")) for at in ends
    ]
    return max(sizes, key=lambda size: size[0] * size[1], default=None)


def _boxed_turn(content: bytes) -> int:
    """As an EXIF orientation, as far as it swaps the sides."""
    at = content.find(b"irot")
    return 6 if at >= 0 and content[at + 4 : at + 5] in (b"\1", b"\3") else 1


def _size_in(tags: dict[int, object]) -> tuple[int, int] | None:
    for names in (
        (ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight),
        (ExifTags.Base.ImageWidth, ExifTags.Base.ImageLength),
    ):
        width, height = (tags.get(name) for name in names)
        if isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0:
            return width, height
    return None


def _loaded(block: bytes) -> Image.Exif:
    exif = Image.Exif()
    exif.load(block)
    return exif


def _mapped(stream: BinaryIO) -> mmap.mmap:
    return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)


# Tags -> facts


def _file_facts(header: _Header) -> FileFacts:
    turned = header.tags.get(ExifTags.Base.Orientation)
    width, height = upright(header.size, turned) if header.size else (None, None)
    rating = header.packet.rating
    if rating is None:
        rating = _stars(header.tags.get(ExifTags.Base.Rating))
    return FileFacts(_taken(header), _camera(header), width, height, rating, header.packet.keywords)


def _taken(header: _Header) -> Taken | None:
    """When the picture was taken: by EXIF, else by XMP, else when the file was made or last written to.

    A clock that was not set does not go before one that was.
    """
    times = list(filter(None, _times(header)))
    return next((time for time in times if not doubt_of(time, time.local)), times[0] if times else None)


def _times(header: _Header) -> Iterator[Taken | None]:
    base = ExifTags.Base
    yield _time(header, base.DateTimeOriginal, base.SubsecTimeOriginal, base.OffsetTimeOriginal)
    yield header.packet.taken
    yield _time(header, base.DateTimeDigitized, base.SubsecTimeDigitized, base.OffsetTimeDigitized)
    yield header.packet.created
    yield _time(header, base.DateTime, base.SubsecTime, base.OffsetTime)


def _time(header: _Header, time: int, fraction: int, offset: int) -> Taken | None:
    return parse_time(*(_text(header.tags.get(tag)) for tag in (time, fraction, offset)))


def _camera(header: _Header) -> str:
    """Maker and model as one name; most models begin with their maker."""
    maker, model = (_text(header.tags.get(tag)) for tag in (ExifTags.Base.Make, ExifTags.Base.Model))
    if not maker or not model or model.lower().startswith(maker.split()[0].lower()):
        return model or maker
    return f"{maker} {model}"


def _stars(value: object) -> float | None:
    return float(value) if isinstance(value, int) and 1 <= value <= 5 else None


def _text(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return " ".join(value.replace("\0", " ").split()) if isinstance(value, str) else ""
