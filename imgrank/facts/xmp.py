"""XMP, in a sidecar or inside a picture: what it says of the picture. Reads; `imgrank.actions.xmp_edit` writes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from imgrank.facts.records import Taken, parse_time
from imgrank.regular import read_regular

LARGEST_PACKET = 1 << 22
REJECTED = -1.0
MOST_STARS = 5
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_XMP = "{http://ns.adobe.com/xap/1.0/}"
_RATING = _XMP + "Rating"
_KEYWORDS = "{http://purl.org/dc/elements/1.1/}subject"
_TAKEN = ("{http://ns.adobe.com/exif/1.0/}DateTimeOriginal", "{http://ns.adobe.com/photoshop/1.0/}DateCreated")
_CREATED = _XMP + "CreateDate"
_PACKET = re.compile(rb"<(x:xmpmeta|x:xapmeta|rdf:RDF)[\s>].{0,%d}?</\1>" % LARGEST_PACKET, re.DOTALL)


@dataclass(frozen=True, slots=True)
class Packet:
    """What one packet of XMP says. `taken` is when the picture was, `created` when what holds the packet was made."""

    rating: float | None = None
    keywords: tuple[str, ...] = ()
    taken: Taken | None = None
    created: Taken | None = None


def sidecars_of(path: str) -> tuple[str, ...]:
    """Where programs put what they say of a picture beside it, most particular first."""
    stem = os.path.splitext(path)[0]
    return path + ".xmp", stem + ".xmp", path + ".XMP", stem + ".XMP"


def read_sidecar(path: str) -> Packet:
    """What a sidecar says; nothing where it cannot be read, or is none."""
    try:
        content = read_regular(path, LARGEST_PACKET)
    except OSError:
        return Packet()
    return _parsed(content) or Packet()


def find_packet(content: bytes) -> Packet:
    """The first packet in `content` that can be read: XMP stands as plain text in every format."""
    return next(filter(None, (_parsed(match.group()) for match in _PACKET.finditer(content))), Packet())


def _parsed(packet: bytes) -> Packet | None:
    if b"<!DOCTYPE" in packet or b"<!ENTITY" in packet:  # XMP has neither; entity bombs do
        return None
    try:
        root = ElementTree.fromstring(packet)  # noqa: S314 (no entities: checked above)
    except (ElementTree.ParseError, ValueError, LookupError):
        return None
    own = list(_descriptions(root))
    times = [parse_time(text) for name in _TAKEN for text in _texts(own, name)]
    created = map(parse_time, _texts(own, _CREATED))
    return Packet(
        next(filter(_is_rating, map(_number, _texts(own, _RATING))), None),
        tuple(dict.fromkeys(_keywords(own))),
        next(filter(None, times), None),
        next(filter(None, created), None),
    )


def _descriptions(root: ElementTree.Element) -> Iterator[ElementTree.Element]:
    """Those of the picture itself, and not of what it was made of: right below rdf:RDF."""
    found = [each for rdf in (root, *root) if rdf.tag == _RDF + "RDF" for each in rdf.findall(_RDF + "Description")]
    about = next(filter(None, map(_about, found)), "")
    yield from (description for description in found if _about(description) in ("", about))


def _texts(descriptions: list[ElementTree.Element], name: str) -> Iterator[str]:
    for description in descriptions:
        yield description.get(name) or ""
        yield from (node.text or "" for node in description.findall(name))


def _keywords(descriptions: list[ElementTree.Element]) -> Iterator[str]:
    for description in descriptions:
        for node in description.findall(f"{_KEYWORDS}/*/{_RDF}li"):
            if node.text and node.text.strip():
                yield node.text.strip()


def _about(description: ElementTree.Element) -> str:
    return description.get(_RDF + "about") or description.get("about") or ""


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _is_rating(value: float | None) -> bool:
    return value is not None and (value == REJECTED or 0 <= value <= MOST_STARS)
