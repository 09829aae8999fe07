"""Indexes made of what there is, with nothing encoded: of other indexes, of the local store, and the store of an index.

`imgrank index merge` makes the indexes of many machines one, each path once, and holds one part at a time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from imgrank.detail.measure import DETAIL_VERSION
from imgrank.errors import UsageError
from imgrank.index.format import FACTS, PART_ROWS, IndexRow, IndexRows, Manifest, facts_of, joined, tokens_of
from imgrank.index.items import Kind, SourceItem
from imgrank.index.layout import FORMAT_VERSION
from imgrank.index.locations import Location
from imgrank.index.needs import arrow
from imgrank.index.parts import Part
from imgrank.index.reading import KeptRows, all_detailed, checked_manifest, settled
from imgrank.index.remote import is_url
from imgrank.index.standing import file_of
from imgrank.paths import printable
from imgrank.records import ImageFile, Progress, Unreadable
from imgrank.store import TokenStore


@dataclass(frozen=True, slots=True)
class Merged:
    """What an index holds after a merge, each path once: `images`, and paths of which none could be read (`unread`).
    `again` rows of the same paths were left out; whether rows were there `before`."""

    images: int
    unread: int
    again: int
    before: bool


def merge(
    out: Location,
    shards: Sequence[Location],
    *,
    part_rows: int = PART_ROWS,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Merged:
    """Write the rows of all `shards` to the index `out`, which may hold rows already.

    The shards stay as they are. A merge that was interrupted is run again and goes on where it stood.
    Raises UsageError where one of them is no index or of another backbone, DamagedPart, IndexFault.
    """
    manifest = _manifest(out, shards)
    before = [(out, name) for name in out.parts()]
    parts = settled([*before, *((shard, name) for shard in shards for name in shard.parts())])
    fresh = parts[len(before) :]
    total = int(sum(part.kept.sum() for part in parts))
    done = total - int(sum(part.kept.sum() for part in fresh))
    waiting: list[IndexRows] = []
    for rows in _rows(fresh, manifest):
        waiting.append(rows)
        done += len(rows)
        if sum(map(len, waiting)) >= part_rows:
            _write(out, waiting, manifest)
        progress(Progress(done, total, "merging"))
    _write(out, waiting, manifest)
    unread, again = sum(map(_unread, parts)), sum(len(part.kept) for part in parts) - total
    return Merged(total - unread, unread, again, before=bool(before))


def _unread(kept: KeptRows) -> int:
    """How many of the rows that count are of images that could not be read."""
    with Part(kept.location, kept.name) as part:
        failed = [table.column("error").is_valid().to_numpy() for table in part.batches(("error",))]
    return int((np.concatenate(failed) & kept.kept).sum()) if failed else 0


def _manifest(out: Location, shards: Sequence[Location]) -> Manifest:
    if not shards:
        raise UsageError("There is nothing to merge; write imgrank index merge OUT INDEX INDEX...")
    if out.where in {shard.where for shard in shards}:
        raise UsageError(
            f"{printable(out.where)} cannot be merged into itself; choose another place for the merged index."
        )
    first = shards[0].manifest()
    name, fingerprint = (first.backbone, first.fingerprint) if first else ("", "")
    manifests = [checked_manifest(shard, fingerprint, name) for shard in shards]
    if out.manifest() is None:
        detail = DETAIL_VERSION if all_detailed(manifests) else 0
        out.write_manifest(replace(manifests[0], detail=detail, version=FORMAT_VERSION))
    manifest = checked_manifest(out, fingerprint, name)
    lacking = [shard for shard, other in zip(shards, manifests, strict=True) if not other.is_detailed]
    if manifest.is_detailed and lacking:
        raise UsageError(
            f"{printable(out.where)} has measurements at full size and {printable(lacking[0].where)} does not; merge "
            "them into a new index, which will have none."
        )
    return manifest


def _rows(parts: Sequence[KeptRows], manifest: Manifest) -> Iterator[IndexRows]:
    for kept in parts:
        if not kept.kept.any():
            continue
        at = 0
        with Part(kept.location, kept.name) as part:
            columns = part.layout.columns(detailed=manifest.is_detailed)
            for table in part.batches((*FACTS, *columns)):
                some = table.filter(arrow().array(kept.kept[at : at + len(table)]))
                at += len(table)
                if len(some):
                    yield IndexRows(facts_of(some), tokens_of(some, part.layout))


def _write(out: Location, waiting: list[IndexRows], manifest: Manifest) -> None:
    if waiting:
        out.write_part(joined(waiting, manifest.shape), manifest)
        waiting.clear()


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
