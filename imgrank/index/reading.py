"""An index as the pipeline reads it: paths and reasons at once, tokens block by block."""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from imgrank.detail.measure import WIDTH
from imgrank.errors import IndexFault, UsageError
from imgrank.index.format import MANIFEST, Manifest, texts_of, tokens_of
from imgrank.index.locations import Location
from imgrank.index.needs import ArrowColumn, arrow
from imgrank.index.parts import Part
from imgrank.index.remote import is_url
from imgrank.path_order import path_order
from imgrank.paths import printable
from imgrank.records import Unreadable
from imgrank.tokens import PackedTokens, TokenShape

Mask = npt.NDArray[np.bool_]
_AT_ONCE = 8  # parts whose facts are read at once
_In = TypeVar("_In")
_Out = TypeVar("_Out")


def is_index(source: str) -> bool:
    """Whether a source is an index and not pictures: a folder with a manifest, or any URL. Asks no network."""
    return is_url(source) or os.path.isfile(os.path.join(source, MANIFEST))


@dataclass(frozen=True, slots=True, eq=False)
class KeptRows:
    """What counts of one part: `kept` (rows,) is True for rows that no other row of the same path stands before.

    Where the part is yet `unread`, every row counts, and `kept` says nothing.
    """

    location: Location
    name: str
    kept: Mask
    unread: bool = False


class Indexed:
    """The pictures of one or several indexes, each path once.

    `paths` are those with tokens, in the order of `blocks`; `skipped` what could not be read, in the order in which
    a folder would name it; `shape` the sizes of the tokens; `detailed` whether every block comes with detail at full
    size.
    """

    def __init__(
        self,
        parts: Sequence[KeptRows],
        paths: tuple[str, ...],
        skipped: tuple[Unreadable, ...],
        shape: TokenShape,
        detailed: bool,
    ) -> None:
        self.parts, self.paths, self.skipped, self.shape = parts, paths, skipped, shape
        self.detailed = detailed or not paths

    def blocks(self) -> Iterator[PackedTokens]:
        """Tokens of all `paths`, in order, one row group at a time. Raises IndexFault."""
        for part in self.parts:
            if part.kept.any():
                yield from self._blocks_of(part)

    def read(self, paths: Sequence[str]) -> PackedTokens:
        """Tokens of some of `paths`, in the order asked; only theirs are held. Raises KeyError, IndexFault."""
        location = {path: n for n, path in enumerate(self.paths)}
        wanted = np.array([location[path] for path in paths], np.intp)
        found, start = PackedTokens.empty(len(paths), self.shape), 0
        detail = np.zeros((len(paths), WIDTH), np.float32)
        for block in self.blocks():
            here = np.flatnonzero((wanted >= start) & (wanted < start + len(block)))
            some = block[wanted[here] - start]
            found.quantised[here], found.scales[here] = some.quantised, some.scales
            found.embedding[here] = some.embedding
            if some.detail is not None:
                detail[here] = some.detail
            start += len(block)
        return replace(found, detail=detail) if self.detailed else found

    def _blocks_of(self, part: KeptRows) -> Iterator[PackedTokens]:
        at = 0
        with Part(part.location, part.name) as whole:
            if whole.rows != len(part.kept):
                raise IndexFault(f"The index {printable(part.location.where)} changed while it was read; start again.")
            for table in whole.batches(whole.layout.columns(detailed=self.detailed)):
                kept = part.kept[at : at + len(table)]
                at += len(table)
                if kept.any():
                    yield tokens_of(table if kept.all() else table.filter(arrow().array(kept)), whole.layout)


def open_indexes(sources: Sequence[str], fingerprint: str, backbone: str, without: Container[str] = ()) -> Indexed:
    """The pictures of indexes that were made by the backbone of this fingerprint, without those paths.

    Raises UsageError where a source is no index, or one of another backbone; DamagedPart or IndexFault where a part
    cannot be read.
    """
    locations = [Location(source) for source in sources]
    manifests = [checked_manifest(location, fingerprint, backbone) for location in locations]
    parts = settled([(location, name) for location in locations for name in location.parts()])
    return _without(parts, manifests[-1].shape, without, all_detailed(manifests))


def index_paths(where: str) -> list[str]:
    """The paths of all pictures with tokens in an index, whichever backbone made it, in natural order.

    Raises UsageError where there is no index, DamagedPart or IndexFault where a part cannot be read.
    """
    location = Location(where)
    manifest = checked_manifest(location, None, "")
    found = _without(settled([(location, name) for name in location.parts()]), manifest.shape, (), False)
    return sorted(found.paths, key=path_order)


def checked_manifest(location: Location, fingerprint: str | None, backbone: str) -> Manifest:
    """The manifest of an index of this backbone, or of any where `fingerprint` is None.

    Raises UsageError where there is no index, or another backbone's.
    """
    manifest = location.manifest()
    if manifest is None:
        raise UsageError(
            f"{printable(location.where)} is not an index.",
            f"To make one: imgrank index build {printable(location.where)} {{out}} INDEX.",
        )
    if fingerprint is not None and manifest.fingerprint != fingerprint:
        raise UsageError(
            f"The index {printable(location.where)} holds tokens of backbone {printable(manifest.backbone)} "
            f"({manifest.fingerprint}), and {backbone} is {fingerprint}.",
            f"Use {{backbone}} {printable(manifest.backbone)} if that is the one, or make a new index.",
        )
    return manifest


def all_detailed(manifests: Sequence[Manifest]) -> bool:
    """Whether all these indexes hold detail as it is measured today."""
    return all(manifest.is_detailed for manifest in manifests)


def settled(names: Sequence[tuple[Location, str]]) -> list[KeptRows]:
    """All parts, with one row kept of each path: one that was read before one that was not, then the last written.

    Raises DamagedPart, IndexFault.
    """
    found = _each(names, _identities)
    paths = arrow().chunked_array([chunk for part in found for chunk in part.paths], arrow().large_binary())
    kept = _first_of_each(paths, [part.ranks for part in found])
    ends = np.cumsum([part.ranks.shape[1] for part in found])
    return [
        KeptRows(*name, kept[end - part.ranks.shape[1] : end])
        for name, part, end in zip(names, found, ends, strict=True)
    ]


def unsettled(names: Sequence[tuple[Location, str]]) -> list[KeptRows] | None:
    """All parts with every row, where parts hold the keys of their paths: whoever has read them knows whether two are
    the same, which is rare. None where they do not."""
    manifests = [location.known_manifest() for location in {location for location, _ in names}]
    if not all(manifest is not None and manifest.layout.has_keys for manifest in manifests):
        return None
    return [KeptRows(*name, np.ones(0, bool), unread=True) for name in names]


def are_distinct(keys: Sequence[npt.NDArray[np.uint64]]) -> bool:
    """Whether no path stands twice, by the keys of all parts."""
    every = np.sort(np.concatenate([np.zeros(0, np.uint64), *keys]))
    return not bool((every[1:] == every[:-1]).any())


@dataclass(frozen=True, slots=True, eq=False)
class _Identities:
    """Of each row of a part: its path, whether it was read (0 or 1), and when it was written; ranks is (2, rows)."""

    paths: list[ArrowColumn]
    ranks: npt.NDArray[np.int64]


def _identities(name: tuple[Location, str]) -> _Identities:
    paths, read = [], [np.zeros(0, np.int64)]
    with Part(*name) as part:
        for table in part.batches(("path", "digest")):
            paths += table.column("path").cast(arrow().large_binary()).chunks
            read.append(table.column("digest").is_valid().to_numpy().astype(np.int64))
        was_read = np.concatenate(read)
        return _Identities(paths, np.stack([was_read, np.full(len(was_read), part.written_ns)]))


def _each(parts: Sequence[_In], read: Callable[[_In], _Out]) -> list[_Out]:
    """What `read` gives of each part; several at once, for an object store answers late."""
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="imgrank-parts") as threads:
        return list(threads.map(read, parts))


def _first_of_each(paths: ArrowColumn, ranks: Sequence[npt.NDArray[np.int64]]) -> Mask:
    if len(paths) == arrow().compute.count_distinct(paths).as_py():
        return np.ones(len(paths), bool)
    codes = paths.combine_chunks().dictionary_encode().indices.to_numpy()
    read, written = np.concatenate(ranks, axis=1)
    order = np.lexsort((written, read))
    best = np.zeros(int(codes.max()) + 1, np.intp)
    best[codes[order]] = order  # of several, the last in this order stays
    kept = np.zeros(len(paths), bool)
    kept[best] = True
    return kept


def _without(parts: Sequence[KeptRows], shape: TokenShape, without: Container[str], detailed: bool) -> Indexed:
    """Drop rows without tokens, and rows of those paths, from what is kept; name the former."""
    good: list[str] = []
    bad: list[tuple[bool, Unreadable]] = []
    left = []
    for part, facts in zip(parts, _each(parts, _facts), strict=True):
        kept = part.kept.copy()
        for row in np.flatnonzero(kept).tolist():
            path, sized, error = facts[row]
            kept[row] = error is None and path not in without
            if kept[row]:
                good.append(path)
            elif error is not None and path not in without:
                bad.append((sized, Unreadable(path, error)))
        left.append(KeptRows(part.location, part.name, kept))
    # As a folder names them: first what was passed by unseen, then what could not be read.
    bad.sort(key=lambda one: (one[0], path_order(one[1].path)))
    return Indexed(left, tuple(good), tuple(unreadable for _, unreadable in bad), shape, detailed)


def _facts(part: KeptRows) -> list[tuple[str, bool, str | None]]:
    """Of each row its path, whether its size is known, and why it has no tokens."""
    found: list[tuple[str, bool, str | None]] = []
    with Part(part.location, part.name) as whole:
        for table in whole.batches(("path", "size", "error")):
            paths = [path or "" for path in texts_of(table.column("path"))]
            sized = table.column("size").is_valid().to_pylist()
            found += zip(paths, sized, texts_of(table.column("error")), strict=True)
    return found
