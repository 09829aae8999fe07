"""The stages of `imgrank index` on an engine, as functions from table to table: read and decode, encode, write.

A wave of items travels as chunks, each one row of pickled bytes; pictures travel as rows of a pickled `IndexRow` and
pixels; tokens as the rows of a part. A stage may run twice on the same rows after a worker's death: the index keeps
one row of each path, and the same rows make a part of the same name.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from imgrank.backbone.load import load_backbone
from imgrank.encode import Decoding
from imgrank.encode import tokens_of as tokens_of_pictures
from imgrank.errors import BackboneError
from imgrank.index.format import IndexRow, IndexRows, Manifest, facts_of, to_table, tokens_of
from imgrank.index.locations import Location
from imgrank.index.needs import arrow
from imgrank.index.pictures import Item, prepare
from imgrank.index.resuming import is_news

CHUNK = 128  # items that one task reads and decodes: with 224 x 224 pixels, 19 MB

WORKERS = 2  # pictures that a task decodes at once, each in a process of its own

Table = Any  # a pyarrow table


@dataclass(frozen=True, slots=True)
class Todo:
    """An item to index, and what the index says of it already."""

    item: Item
    before: IndexRow | None


@dataclass(frozen=True, slots=True)
class Decode:
    """Chunks to pictures."""

    decoding: Decoding

    def __call__(self, chunks: Table) -> Table:
        """Of each item its row, and the decoded picture where it could be read; no row where that is as it was."""
        rows, pictures = [], []
        for chunk in chunks.column("chunk").to_pylist():
            todo: list[Todo] = pickle.loads(chunk)  # noqa: S301 - written by `chunked`
            prepared = prepare([one.item for one in todo], self.decoding, WORKERS)
            for one, done in zip(todo, prepared, strict=True):
                known = {one.item.path: one.before} if one.before else {}
                if is_news(done.row, known):
                    rows.append(pickle.dumps(done.row))
                    pictures.append(None if done.made is None else pickle.dumps(done.made))
        pa = arrow()
        return pa.table({"row": pa.array(rows, pa.binary()), "picture": pa.array(pictures, pa.large_binary())})


class Encode:
    """Pictures to tokens. Made once a worker: it holds the model."""

    def __init__(self, backbone: str, device: str, manifest: Manifest, threads: int | None = None) -> None:
        """Raises BackboneError where this machine's backbone is not the index's."""
        if threads:
            import torch

            torch.set_num_threads(threads)
        self._backbone, self._manifest = load_backbone(backbone, device), manifest
        if self._backbone.fingerprint != manifest.fingerprint:
            raise BackboneError(
                f"A worker's backbone {backbone} is {self._backbone.fingerprint} and the index's is "
                f"{manifest.fingerprint}: install the same imgrank, and the same weights, on every machine."
            )

    def __call__(self, pictures: Table) -> Table:
        """Rows of a part; a picture's tokens do not depend on which others come along."""
        rows = tuple(pickle.loads(row) for row in pictures.column("row").to_pylist())  # noqa: S301 - written by Decode
        made = [pickle.loads(one) for one in pictures.column("picture").to_pylist() if one is not None]  # noqa: S301
        indexed = IndexRows(rows, tokens_of_pictures(made, self._backbone))
        return to_table(indexed, self._manifest).replace_schema_metadata(None)


@dataclass(frozen=True, slots=True)
class Write:
    """Tokens to a part."""

    location: Location
    manifest: Manifest

    def __call__(self, tokens: Table) -> Table:
        """What was written: how many rows and pictures, and the rows that could not be read, pickled."""
        rows = IndexRows(facts_of(tokens), tokens_of(tokens, self.manifest.layout))
        if len(rows):
            self.location.write_part(rows, self.manifest)
        failed = [(row.path, row.error) for row in rows.rows if row.error is not None]
        return arrow().table({"rows": [len(rows)], "encoded": [len(rows.packed)], "failed": [pickle.dumps(failed)]})


def chunked(todo: Iterable[Todo], wave: int) -> Iterator[tuple[int, list[bytes]]]:
    """Waves of at most `wave` items: how many there are, and the items as pickled chunks."""
    items = iter(todo)
    while some := list(islice(items, wave)):
        yield len(some), [pickle.dumps(some[start : start + CHUNK]) for start in range(0, len(some), CHUNK)]
