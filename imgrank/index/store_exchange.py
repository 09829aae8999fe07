"""What the index and the local store have in common: each can fill the other, and nothing is encoded for it."""

from __future__ import annotations

import os

from imgrank.index.format import FACTS, IndexRow, facts_of, tokens_of
from imgrank.index.items import Kind, SourceItem
from imgrank.index.locations import Location
from imgrank.index.parts import Part
from imgrank.index.reading import checked_manifest, settled
from imgrank.index.remote import is_url
from imgrank.index.standing import file_of
from imgrank.records import ImageFile, Unreadable
from imgrank.store import TokenStore

_UNSURE = -1  # as a size: the store knows that the file is there, and looks at its bytes before it believes more


def as_file(item: SourceItem | Unreadable) -> ImageFile | None:
    """An item that is a file of its own on this machine, as the store knows files."""
    if isinstance(item, Unreadable) or item.kind is not Kind.file or is_url(item.location):
        return None
    if item.size is None or item.mtime_ns is None:
        return None
    return ImageFile(item.location, item.size, item.mtime_ns)


def fill_store(location: Location, store: TokenStore, fingerprint: str, backbone: str) -> int:
    """Put the tokens of an index into the store for those files that stand on this machine; how many.

    Raises UsageError where the index is another backbone's, IndexFault where it cannot be read.
    """
    checked_manifest(location, fingerprint, backbone)
    count = 0
    for kept in settled([(location, name) for name in location.parts()]):
        at = 0
        with Part(location, kept.name) as part:
            for table in part.batches((*FACTS, *part.layout.columns(detailed=False))):
                good = [(n, row) for n, row in enumerate(facts_of(table)) if kept.kept[at + n] and row.error is None]
                here = [(n, file, row.digest) for n, row in good if row.digest and (file := _standing(row)) is not None]
                at += len(table)
                if here:
                    rows, files, digests = zip(*here, strict=True)
                    store.put(files, digests, tokens_of(table.take(list(rows)), part.layout))
                    count += len(rows)
    return count


def _standing(row: IndexRow) -> ImageFile | None:
    """The file of a row, if one stands here; without trust where it is not surely the same."""
    file = file_of(row)
    status = None if file is None else _status(file)
    if file is not None and status is not None and (status.st_size, status.st_mtime_ns) == (row.size, row.mtime_ns):
        return ImageFile(file, status.st_size, status.st_mtime_ns)
    path = file if status is not None else row.path  # the folder may be another machine's
    return None if path is None or is_url(path) or _status(path) is None else ImageFile(path, _UNSURE, 0)


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except (OSError, ValueError):
        return None
