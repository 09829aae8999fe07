"""Star ratings that photo programs keep -> Labels: `xmp:Rating` 0-5, in a sidecar or inside the picture."""

from __future__ import annotations

import mmap
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from imgrank.discover import discover
from imgrank.errors import LabelsError
from imgrank.labels.records import FEWEST_ROWS, Fault, Labels, ValueTask
from imgrank.labels.tasks import phrasings
from imgrank.paths import printable

RATING = "{http://ns.adobe.com/xap/1.0/}Rating"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
REJECTED = -1.0
MOST_STARS = 5
LARGEST_PACKET = 1 << 22
_PACKET = re.compile(rb"<(x:xmpmeta|x:xapmeta|rdf:RDF)[\s>].{0,%d}?</\1>" % LARGEST_PACKET, re.DOTALL)


def labels_from_ratings(sources: Sequence[str], query: str, *, recursive: bool = True) -> Labels:
    """Pictures and the stars given to them; unrated and rejected ones are left out and counted in the notes.

    A sidecar (`name.xmp`, or `name.jpg.xmp`) goes before what stands in the picture. Raises LabelsError where
    too few pictures have stars, or all of them the same.
    """
    files = discover(sources, recursive=recursive).files
    stars = {file.path: _stars(file.path) for file in files}
    rated = {path: value for path, value in stars.items() if value is not None and value != REJECTED}
    if len(rated) < FEWEST_ROWS or len(set(rated.values())) < 2:
        raise LabelsError(
            f"{len(rated)} of {len(files)} pictures in {', '.join(map(printable, sources))} have a star rating, "
            f"of {len(set(rated.values()))} different values; at least {FEWEST_ROWS} with 2 are needed."
        )
    nothing = ("",) * len(rated)
    task = ValueTask(phrasings(query), tuple(rated), np.array(list(rated.values())), nothing, nothing)
    left_out = tuple(
        Fault(0, f"{printable(path)} {'has no rating' if value is None else 'is rejected'}")
        for path, value in stars.items()
        if path not in rated
    )
    return Labels(", ".join(sources), (task,), left_out=left_out, notes=_notes(rated))


def _notes(rated: dict[str, float]) -> tuple[str, ...]:
    zeros = sum(value == 0 for value in rated.values())
    if not zeros:
        return ()
    return (f"{zeros} pictures have 0 stars and count as the lowest; some programs write that for unrated",)


def _stars(path: str) -> float | None:
    for content in _packets(path):
        value = _rating(content)
        if value is not None and (value == REJECTED or 0 <= value <= MOST_STARS):
            return value
    return None


def _packets(path: str) -> Iterator[bytes]:
    stem = os.path.splitext(path)[0]
    for sidecar in (path + ".xmp", stem + ".xmp", path + ".XMP", stem + ".XMP"):
        try:
            if os.path.isfile(sidecar) and os.path.getsize(sidecar) <= LARGEST_PACKET:
                yield Path(sidecar).read_bytes()
        except OSError:
            continue
    yield from _embedded(path)


def _embedded(path: str) -> Iterator[bytes]:
    """XMP stands as plain text in JPEG, PNG, WebP, TIFF and HEIC alike, so its tags are looked for."""
    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            yield from (match.group() for match in _PACKET.finditer(content))
    except (OSError, ValueError):
        return


def _rating(packet: bytes) -> float | None:
    if b"<!DOCTYPE" in packet or b"<!ENTITY" in packet:  # XMP has neither; entity bombs do
        return None
    try:
        root = ElementTree.fromstring(packet)  # noqa: S314 (no entities: checked above)
    except (ElementTree.ParseError, ValueError, LookupError):
        return None
    return next((value for value in map(_number, _texts(root)) if value is not None), None)


def _texts(root: ElementTree.Element) -> Iterator[str]:
    """What stands as the rating of the picture itself, and not of what it was made of: right below rdf:RDF."""
    descriptions = [
        each for rdf in (root, *root) if rdf.tag == _RDF + "RDF" for each in rdf.findall(_RDF + "Description")
    ]
    about = next(filter(None, map(_about, descriptions)), "")
    for description in descriptions:
        if _about(description) in ("", about):
            yield description.get(RATING) or ""
            yield from (node.text or "" for node in description.findall(RATING))


def _about(description: ElementTree.Element) -> str:
    return description.get(_RDF + "about") or description.get("about") or ""


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
