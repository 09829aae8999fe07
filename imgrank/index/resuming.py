"""Beginning an index, or going on with one: what stands already is not made again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping

from imgrank.backbone.contract import Backbone
from imgrank.backbone.fingerprint import TOKENS_VERSION
from imgrank.detail.measure import DETAIL_VERSION
from imgrank.errors import UsageError
from imgrank.index.format import FACTS, IndexRow, Manifest, facts_of
from imgrank.index.items import SourceItem
from imgrank.index.locations import Location
from imgrank.index.parts import DamagedPart, Part
from imgrank.index.reading import checked_manifest, settled
from imgrank.paths import printable
from imgrank.records import Unreadable


def start_index(location: Location, backbone: Backbone, detail: bool = False) -> Manifest:
    """The manifest of the index at `location`, written if there is none. Safe to call from many machines at once.

    Raises UsageError where an index of another backbone stands there, or one without detail where that is wanted;
    IndexFault where nothing can be written.
    """
    if location.manifest() is not None:
        manifest = checked_manifest(location, backbone.fingerprint, backbone.name)
        if detail and not manifest.detail:
            raise UsageError(
                f"The index {printable(location.where)} was begun without detail at full size, and its images are "
                "not measured again; make a new index for that."
            )
        return manifest
    manifest = Manifest(
        backbone.name, backbone.fingerprint, TOKENS_VERSION, backbone.shape, DETAIL_VERSION if detail else 0
    )
    location.write_manifest(manifest)
    return manifest


def known_rows(location: Location, note: Callable[[str], None] = lambda _: None) -> dict[str, IndexRow]:
    """By path, what the index holds. A part that is cut off or damaged is named to `note` and removed.

    Raises IndexFault where a part cannot be read at all.
    """
    location.tidy()
    sound = []
    for name in location.parts():
        try:
            with Part(location, name) as part:
                for _ in part.batches(FACTS):
                    pass
            sound.append((location, name))
        except DamagedPart:
            note(f"the part {name} was cut off or damaged and is removed: what it held is encoded again")
            location.remove(name)
    known = {}
    for kept in settled(sound):
        at = 0
        with Part(location, kept.name) as part:
            for table in part.batches(FACTS):
                rows = facts_of(table)
                known.update({row.path: row for row, keep in zip(rows, kept.kept[at:], strict=False) if keep})
                at += len(rows)
    return known


def missing(
    items: Iterable[SourceItem | Unreadable], known: Mapping[str, IndexRow]
) -> Iterator[SourceItem | Unreadable]:
    """The items that are not indexed yet, have changed since, or could not be read then."""
    return (item for item in items if not _is_indexed(item, known.get(item.path)))


def is_news(row: IndexRow, known: Mapping[str, IndexRow]) -> bool:
    """Whether a row says more than the index does: a picture that is as unreadable as it was is no news."""
    before = known.get(row.path)
    return before is None or row.error is None or (before.error, before.digest) != (row.error, row.digest)


def _is_indexed(item: SourceItem | Unreadable, row: IndexRow | None) -> bool:
    if row is None:
        return False
    if isinstance(item, Unreadable):
        return row.error == item.reason
    moved = row.folder is not None and item.folder is not None and _place(item) != _place(row)
    return row.error is None and not moved and _same(item.size, row.size) and _same(item.mtime_ns, row.mtime_ns)


def _place(one: SourceItem | IndexRow) -> str:
    return os.path.join(one.folder or "", one.path)


def _same(now: int | None, then: int | None) -> bool:
    return now is None or then is None or now == then
