"""`imgrank index build` on one machine: the one pipeline, with the parts of an index as its sink.

An index is begun, or gone on with: what stands already is not made again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from imgrank.backbone.contract import Backbone
from imgrank.backbone.fingerprint import TOKENS_VERSION
from imgrank.decode import DEFAULT_MAX_MEGAPIXELS, checked_megapixels
from imgrank.decode.load_many import Refused
from imgrank.detail.measure import DETAIL_VERSION
from imgrank.encode import FEWEST, Decoding, Picture, encode
from imgrank.errors import UsageError
from imgrank.index.format import FACTS, ROWS_AT_ONCE, IndexRow, IndexRows, Manifest, facts_of, joined
from imgrank.index.items import SourceItem
from imgrank.index.locations import Location
from imgrank.index.merging import as_file
from imgrank.index.needs import arrow
from imgrank.index.parts import DamagedPart, Part
from imgrank.index.pictures import ORIGIN, READERS, Item, QueuedItem, row_of, row_of_known, row_of_refused
from imgrank.index.reading import checked_manifest, settled
from imgrank.paths import printable
from imgrank.records import Progress, Unreadable
from imgrank.store import TokenStore
from imgrank.tokens import PackedTokens


def start_index(location: Location, backbone: Backbone, detail: bool = False) -> Manifest:
    """The manifest of the index at `location`, written if there is none. Safe to call from many machines at once.

    Raises UsageError where an index of another backbone stands there, or one without detail where that is wanted;
    IndexFault where nothing can be written.
    """
    if location.manifest() is not None:
        manifest = checked_manifest(location, backbone.fingerprint, backbone.name)
        if detail and not manifest.is_detailed:
            begun = (
                "with measurements of another imgrank version"
                if manifest.detail
                else "without measurements at full size"
            )
            raise UsageError(
                f"The index {printable(location.where)} was started {begun}, and these cannot be added later; make a "
                "new index."
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


Said = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Built:
    """What a run did: items that were found and of those indexed before, rows that were added, pictures that ran
    through the image tower, and what could not be read. `partial` is True after an interruption."""

    found: int
    known: int
    added: int
    encoded: int
    failed: tuple[Unreadable, ...]
    partial: bool = False


@dataclass(frozen=True, slots=True)
class IndexOptions:
    """How an index is made: rows of a part, what is too large to decode, and whether detail at full size is measured
    and kept beside the tokens, as an index that was begun with it always does."""

    part_rows: int = ROWS_AT_ONCE
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS
    detail: bool = False

    def __post_init__(self) -> None:
        checked_megapixels(self.max_megapixels)


def build_index(
    items: Iterable[Item],
    location: Location,
    backbone: Backbone,
    store: TokenStore | None = None,
    *,
    options: IndexOptions = IndexOptions(),
    progress: Said = lambda _: None,
    note: Callable[[str], None] = lambda _: None,
) -> Built:
    """Index what `items` (of `find_items`) name and the index at `location` does not hold yet.

    Tokens that `store` has are taken from there, and those of local files go into it. Ctrl-C writes what is done
    and ends early. Raises UsageError where an index of another backbone stands there or pyarrow is not installed,
    IndexFault where nothing can be read or written.
    """
    arrow()  # what cannot be written is not begun
    all_items = list(items)
    manifest = start_index(location, backbone, options.detail)
    known = known_rows(location, note)
    todo = list(missing(all_items, known))
    run = _Run(location, manifest, backbone, store, known, options)
    stopped = False
    try:
        run.add(todo, progress)
    except KeyboardInterrupt:
        stopped = True
    run.finish()
    return Built(len(all_items), len(all_items) - len(todo), run.added, run.encoded, tuple(run.failed), stopped)


@dataclass(slots=True)
class _Run:
    """One walk over the items: a sink of the pipeline, with rows that wait for their part."""

    location: Location
    manifest: Manifest
    backbone: Backbone
    store: TokenStore | None
    known: dict[str, IndexRow]
    options: IndexOptions
    waiting: list[IndexRows] = field(default_factory=list)
    recalled: list[tuple[Item, IndexRow]] = field(default_factory=list)  # rows whose tokens the store should have
    lost: list[Item] = field(default_factory=list)  # of those, what it had not after all
    added: int = 0
    encoded: int = 0
    failed: list[Unreadable] = field(default_factory=list)

    def add(self, items: Sequence[Item], progress: Said) -> None:
        """Make a row of each item: from the store where it knows the file, or else by the pipeline."""
        total, recalled = len(items), self._recalled(items)
        for start in range(0, len(recalled), self.options.part_rows):
            self._take_recalled(recalled[start : start + self.options.part_rows])
            progress(Progress(min(len(recalled), start + self.options.part_rows), total, "encoding"))
        here = {item.path for item, _ in recalled}
        self._encode([item for item in items if item.path not in here], progress, total, len(recalled))
        self._read_store()
        lost, self.lost = self.lost, []
        if lost:
            self.store = None  # what it does not have now is made and kept in the index alone
            self._encode(lost, progress, total, total - len(lost))

    def finish(self) -> None:
        """Write what waits."""
        self._read_store()
        self._write()

    # What the pipeline asks of a sink

    def is_known(self, digest: str) -> bool:
        return self.store is not None and not self.manifest.is_detailed and self.store.has(digest)

    def know(self, picture: Picture[QueuedItem]) -> None:
        row = row_of(picture)
        if is_news(row, self.known):
            self.recalled.append((picture.item.item, row))
        if len(self.recalled) >= self.options.part_rows:
            self._read_store()

    def refuse(self, refused: Refused[QueuedItem]) -> None:
        row = row_of_refused(refused)
        self.failed.append(Unreadable(row.path, row.error or ""))
        if is_news(row, self.known):
            self._wait(IndexRows((row,), PackedTokens.empty(0, self.manifest.shape)))

    def keep(self, pictures: Sequence[Picture[QueuedItem]], tokens: PackedTokens) -> None:
        self._fill_store(pictures, tokens)
        self.encoded += len(pictures)
        self._wait(IndexRows(tuple(map(row_of, pictures)), tokens))

    def _encode(self, items: Sequence[Item], progress: Said, total: int, before: int) -> None:
        rows = self.options.part_rows
        encode(
            [QueuedItem(item) for item in items],
            self.backbone,
            ORIGIN,
            self,
            Decoding.of(self.backbone, self.options.max_megapixels, self.manifest.is_detailed),
            at_once=rows if rows < FEWEST else None,
            to_the_end=True,
            progress=lambda step: progress(Progress(before + step.done, total, step.step)),
        )

    def _recalled(self, items: Sequence[Item]) -> list[tuple[SourceItem, str]]:
        """Local files that the store recalls by size and time, and whose tokens it has, with their digests."""
        if self.store is None or self.manifest.is_detailed:
            return []
        files = [(item, file) for item in items if isinstance(item, SourceItem) and (file := as_file(item)) is not None]
        digests = self.store.recall([file for _, file in files])
        found = [(item, digest) for (item, _), digest in zip(files, digests, strict=True) if digest]
        have = self.store.have([digest for _, digest in found])
        return [one for one, known in zip(found, have, strict=True) if known]

    def _take_recalled(self, files: Sequence[tuple[SourceItem, str]]) -> None:
        with ThreadPoolExecutor(READERS, thread_name_prefix="imgrank-index") as threads:
            rows = threads.map(lambda one: row_of_known(*one), files)
            self.recalled += [(item, row) for (item, _), row in zip(files, rows, strict=True)]
        self._read_store()

    def _read_store(self) -> None:
        """Give rows that are known by their digest the tokens that the store has."""
        if self.store is None or not self.recalled:
            return
        found = self.store.read([row.digest or "" for _, row in self.recalled])
        kept = [row for (_, row), lost in zip(self.recalled, found.missing, strict=True) if not lost]
        self.lost += [item for (item, _), lost in zip(self.recalled, found.missing, strict=True) if lost]
        self.recalled.clear()
        self._wait(IndexRows(tuple(kept), found.packed[np.flatnonzero(~found.missing)]))

    def _fill_store(self, pictures: Sequence[Picture[QueuedItem]], tokens: PackedTokens) -> None:
        """Keep tokens of local files in the store."""
        if self.store is None:
            return
        files = [as_file(picture.item.item) for picture in pictures]
        local = np.array([n for n, file in enumerate(files) if file is not None], np.intp)
        if len(local):
            here = [file for file in files if file is not None]
            self.store.put(here, [pictures[n].digest for n in local], tokens[local])

    def _wait(self, rows: IndexRows) -> None:
        if len(rows):
            self.waiting.append(rows)
            self.added += len(rows)
        if sum(map(len, self.waiting)) >= self.options.part_rows:
            self._write()

    def _write(self) -> None:
        if self.waiting:
            self.location.write_part(joined(self.waiting, self.manifest.shape), self.manifest)
            self.waiting.clear()
