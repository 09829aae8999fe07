"""`imgrank index` on one machine: threads read and decode ahead, batches are encoded, full parts are written."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from imgrank.backbone.contract import Backbone
from imgrank.decode import DEFAULT_MAX_MEGAPIXELS
from imgrank.decode.guarded import end_idle_workers
from imgrank.index.format import ROW_GROUP, IndexRow, IndexRows, Manifest, joined
from imgrank.index.items import SourceItem
from imgrank.index.local import as_file
from imgrank.index.pictures import Item, Prepared, encode, prepare, recall
from imgrank.index.places import Place
from imgrank.index.resuming import is_news, known_rows, missing, start_index
from imgrank.records import Progress, Unreadable
from imgrank.store import Found, TokenStore
from imgrank.tokens import PackedTokens

BATCH = 64  # pictures encoded at once


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


def build_index(
    items: Iterable[Item],
    place: Place,
    backbone: Backbone,
    store: TokenStore | None = None,
    *,
    part_rows: int = ROW_GROUP,
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    progress: Callable[[Progress], None] = lambda _: None,
    note: Callable[[str], None] = lambda _: None,
) -> Built:
    """Index what `items` (of `find_items`) name and the index at `place` does not hold yet.

    Tokens that `store` has are taken from there, and those of local files go into it. Ctrl-C writes what is done
    and ends early. Raises UsageError where an index of another backbone stands there, IndexFault where nothing can
    be read or written.
    """
    manifest = start_index(place, backbone)
    known = known_rows(place, note)
    all_items = list(items)
    todo = list(missing(all_items, known))
    made = backbone.preprocessing
    read = partial(
        prepare, side=made.side, interpolation=made.interpolation, max_megapixels=max_megapixels, crop=made.crop
    )
    run = _Run(place, manifest, backbone, store, known, part_rows, read)
    stopped = False
    try:
        for done, prepared in enumerate(run.prepare_ahead(todo), 1):
            run.take(*prepared)
            progress(Progress(done, len(todo), "encoding"))
    except KeyboardInterrupt:
        stopped = True
    run.finish()
    return Built(len(all_items), len(all_items) - len(todo), run.added, run.encoded, tuple(run.failed), stopped)


@dataclass(slots=True)
class _Run:
    """One walk over the items: a batch that waits for the tower, and rows that wait for their part."""

    place: Place
    manifest: Manifest
    backbone: Backbone
    store: TokenStore | None
    known: dict[str, IndexRow]
    part_rows: int
    read: Callable[..., Prepared]
    batch: list[tuple[Item, Prepared]] = field(default_factory=list)
    waiting: list[IndexRows] = field(default_factory=list)
    added: int = 0
    encoded: int = 0
    failed: list[Unreadable] = field(default_factory=list)

    def prepare_ahead(self, items: Sequence[Item]) -> Iterator[tuple[Item, Prepared]]:
        """Each item with its row, in order, made in threads; only so many are held at once."""
        threads = max(8, os.cpu_count() or 1)
        digests = self._recalled(items)
        with ThreadPoolExecutor(threads, thread_name_prefix="imgrank-index") as pool:
            ahead: deque[tuple[Item, Future[Prepared]]] = deque()
            try:
                for item in items:
                    ahead.append((item, pool.submit(self._prepare, item, digests.get(item.path))))
                    if len(ahead) > 4 * threads:
                        yield _ready(ahead.popleft())
                while ahead:
                    yield _ready(ahead.popleft())
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
                end_idle_workers()

    def take(self, item: Item, prepared: Prepared) -> None:
        """Put a row into the batch; encode the batch once it is full."""
        if prepared.row.error is not None:
            self.failed.append(Unreadable(prepared.row.path, prepared.row.error))
        if is_news(prepared.row, self.known):
            self.batch.append((item, prepared))
        if len(self.batch) >= min(BATCH, self.part_rows):
            self._encode()

    def finish(self) -> None:
        """Encode and write what waits."""
        self._encode()
        self._write()

    def _recalled(self, items: Sequence[Item]) -> dict[str, str]:
        """By path, the digests of local files that the store recalls and has."""
        if self.store is None:
            return {}
        files = [file for item in items if (file := as_file(item)) is not None]
        recalled = [(file, digest) for file, digest in zip(files, self.store.recall(files), strict=True) if digest]
        have = self.store.have([digest for _, digest in recalled])
        return {file.path: digest for (file, digest), known in zip(recalled, have, strict=True) if known}

    def _prepare(self, item: Item, digest: str | None) -> Prepared:
        """The row of an item; without pixels where the store has the tokens of its digest."""
        if digest is not None and isinstance(item, SourceItem):
            return recall(item, digest)
        return self.read(item) if self.store is None else self.read(item, is_known=self.store.has)

    def _encode(self) -> None:
        """The batch becomes rows with tokens: encoded, or as the store has them."""
        recalled = [(item, one) for item, one in self.batch if one.is_elsewhere]
        found = self._read_store([one.row.digest or "" for _, one in recalled])
        kept = [one.row for (_, one), lost in zip(recalled, found.missing, strict=True) if not lost]
        lost = [(item, self.read(item)) for (item, _), lost in zip(recalled, found.missing, strict=True) if lost]
        made = [(item, one) for item, one in self.batch if not one.is_elsewhere] + lost
        rows = encode([one for _, one in made], self.backbone)
        self._fill_store([item for item, one in made if one.row.error is None], rows)
        self._wait(rows)
        self._wait(IndexRows(tuple(kept), found.packed[np.flatnonzero(~found.missing)]))
        self.encoded += len(rows.packed)
        self.batch.clear()

    def _read_store(self, digests: Sequence[str]) -> Found:
        if self.store is None or not digests:
            return Found(PackedTokens.empty(0, self.manifest.shape), np.zeros(0, bool))
        return self.store.read(digests)

    def _fill_store(self, items: Sequence[Item], rows: IndexRows) -> None:
        """Keep tokens of local files in the store. `items` are those of the rows without an error, in order."""
        if self.store is None:
            return
        digests = [row.digest or "" for row in rows.rows if row.error is None]
        files = [as_file(item) for item in items]
        local = np.array([n for n, file in enumerate(files) if file is not None], np.intp)
        if len(local):
            here = [file for file in files if file is not None]
            self.store.put(here, [digests[n] for n in local], rows.packed[local])

    def _wait(self, rows: IndexRows) -> None:
        if len(rows):
            self.waiting.append(rows)
            self.added += len(rows)
        if sum(map(len, self.waiting)) >= self.part_rows:
            self._write()

    def _write(self) -> None:
        if self.waiting:
            self.place.write_part(joined(self.waiting, self.manifest.shape), self.manifest)
            self.waiting.clear()


def _ready(ahead: tuple[Item, Future[Prepared]]) -> tuple[Item, Prepared]:
    return ahead[0], ahead[1].result()
