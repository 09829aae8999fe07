"""Which rows of an index are files that stand here, so that something may be done to them."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence

import xxhash

from imgrank.formats import looks_like_picture
from imgrank.index.format import FACTS, IndexRow, facts_of
from imgrank.index.locations import Location
from imgrank.index.parts import Part
from imgrank.index.reading import is_index, settled
from imgrank.index.remote import is_url
from imgrank.paths import why

_BLOCK = 1 << 20


def rows_of(sources: Sequence[str], paths: Collection[str]) -> dict[str, IndexRow]:
    """By path, the rows of those of `sources` that are indexes. Raises DamagedPart, IndexFault."""
    locations = [Location(source) for source in sources if is_index(source)]
    found: dict[str, IndexRow] = {}
    for kept in settled([(location, name) for location in locations for name in location.parts()]) if locations else ():
        at = 0
        with Part(kept.location, kept.name) as part:
            for table in part.batches(FACTS):
                rows = zip(facts_of(table), kept.kept[at:], strict=False)
                found.update({row.path: row for row, keep in rows if keep and row.path in paths})
                at += len(table)
    return found


def file_of(row: IndexRow) -> str | None:
    """The absolute path of the file that a row is about, whether or not it is there; None where it is about none."""
    return None if row.folder is None or is_url(row.path) else os.path.join(row.folder, row.path)


def unfit(row: IndexRow) -> str:
    """Why the file of a row may not be touched, in words that may stand after a colon; empty where it may.

    It is a picture by its name, and size, time and bytes are those that were indexed.
    """
    path = file_of(row)
    if path is None:
        return "the index holds it as a part of a container or an address, or does not say that it is a file"
    if not looks_like_picture(path):
        return "its name is not that of an image"
    try:
        status = os.stat(path)
        same = (status.st_size, status.st_mtime_ns) == (row.size, row.mtime_ns) and _digest(path) == row.digest
    except (OSError, ValueError) as error:
        return why(error) if isinstance(error, OSError) else "no file can have this name"
    return "" if same else "it was changed after it was indexed"


def _digest(path: str) -> str:
    digest = xxhash.xxh3_128()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
