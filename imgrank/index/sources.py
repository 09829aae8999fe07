"""SOURCE -> items whose bytes are read later: files, members of tar files, rows of Parquet files, and URLs.

At a URL stands one picture, a prefix full of them, or what a glob matches.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, BinaryIO

import xxhash

from imgrank.discover import Discovered, discover, told_of_others
from imgrank.errors import UsageError
from imgrank.formats import looks_like_picture
from imgrank.index.format import encoded_path
from imgrank.index.items import SourceItem, is_container, items_of
from imgrank.index.remote import file_system, is_url, reason_of, retried
from imgrank.path_lists import list_entries, read_list
from imgrank.path_order import path_order
from imgrank.paths import printable, why
from imgrank.records import Unreadable

LIST_SUFFIX = ".txt"


@dataclass(frozen=True, slots=True)
class Shard:
    """One of `of` equal parts of all items, counted from 0. What belongs to it depends on names alone."""

    number: int
    of: int

    def holds(self, block: str) -> bool:
        """Whether what must be read together, as `SourceItem.block` names it, belongs here."""
        return xxhash.xxh3_64_intdigest(encoded_path(block)) % self.of == self.number


ALL = Shard(0, 1)
Inside = Callable[[str], Iterator[SourceItem | Unreadable]]  # what a tar or Parquet file holds


def parse_shard(text: str) -> Shard:
    """`2/8`: the third of eight, counted from 0 as SLURM's array does. Raises UsageError."""
    parts = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text.strip())
    if not parts or int(parts[1]) >= int(parts[2]):
        raise UsageError(f'"{printable(text)}" is not a shard; of 8 shards, the first is 0/8 and the last is 7/8.')
    return Shard(int(parts[1]), int(parts[2]))


def find_items(
    sources: Sequence[str],
    *,
    recursive: bool = False,
    shard: Shard = ALL,
    column: str | None = None,
    stdin: BinaryIO | None = None,
    nul: bool = False,
    allow_local_urls: bool = False,
    note: Callable[[str], None] = lambda _: None,
) -> Iterator[SourceItem | Unreadable]:
    """Everything that `sources` name and that belongs to `shard`, each path once, in an order of names alone.

    A source is a picture, a folder, a glob, `-` or a `.txt` file (a list of paths and URLs, one a line), a URL of
    a picture, of a folder or with a glob (s3, gs, az, http), or a `.tar` or `.parquet` file, here or at a URL, also
    from a list or a glob; `note` is told of files in folders that are no pictures. A tar file belongs to one shard, and
    so does a row group of a Parquet file. `column` is the Parquet column of bytes or URLs, found by its type if None.
    Its rows may name files and hosts of this machine only with `allow_local_urls`; a list is the user's own word.
    What is passed by comes as Unreadable. Raises UsageError where a source does not exist or cannot be listed.
    """
    seen: set[str] = set()
    inside = partial(items_of, holds=shard.holds, column=column, allow_local=allow_local_urls)
    for item in _all_items(_plan(sources, stdin, nul), recursive, inside, note):
        belongs = shard.holds(item.block if isinstance(item, SourceItem) else item.path)
        if belongs and item.path not in seen:
            seen.add(item.path)
            yield item


@dataclass(frozen=True, slots=True)
class _Plan:
    """Sources by what they are. `listed` paths may be missing: a list may be older than its pictures."""

    local: list[str]
    listed: list[str]
    urls: list[str]
    containers: list[str]


def _plan(sources: Sequence[str], stdin: BinaryIO | None, nul: bool) -> _Plan:
    plan = _Plan([], [], [], [])
    for source in sources:
        if source == "-":
            _take_list(plan, list_entries(read_list(stdin) if stdin else b"", nul, "on standard input"))
        elif source.lower().endswith(LIST_SUFFIX) and not is_url(source):
            _take_list(plan, list_entries(_list_file(source), nul, printable(source)))
        elif is_url(source):
            (plan.containers if is_container(source) and not glob.has_magic(source) else plan.urls).append(source)
        elif is_container(source):
            plan.containers.extend(_local_containers(source))
        else:
            plan.local.append(source)
    return plan


def _take_list(plan: _Plan, lines: Iterable[str]) -> None:
    for line in lines:
        if is_container(line):
            plan.containers.append(line)
        else:
            (plan.urls if is_url(line) else plan.listed).append(line)


def _list_file(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise UsageError(f"The list {printable(path)} cannot be read: {why(error)}.") from error


def _local_containers(source: str) -> list[str]:
    found = [source] if os.path.exists(source) else sorted(glob.glob(source, recursive=True))
    if not found:
        raise UsageError(f'There is no file "{printable(source)}", and none that it matches.')
    return found


def _all_items(
    plan: _Plan, recursive: bool, inside: Inside, note: Callable[[str], None]
) -> Iterator[SourceItem | Unreadable]:
    if plan.local:
        found = discover(plan.local, recursive=recursive)
        for line in told_of_others(found.others):
            note(line)
        yield from _of_files(found)
    if plan.listed:
        yield from _of_files(discover((), listed=plan.listed, recursive=recursive))
    for url in plan.urls:
        for item in list_url(url, recursive):
            if isinstance(item, str):
                yield from inside(item)
            else:
                yield item
    for container in plan.containers:
        yield from inside(container)


def _of_files(found: Discovered) -> Iterator[SourceItem | Unreadable]:
    here = os.getcwd()
    for file in found.files:
        yield SourceItem(file.path, file.path, size=file.size, mtime_ns=file.mtime_ns, folder=here)
    yield from found.skipped


def list_url(url: str, recursive: bool) -> Iterator[SourceItem | str]:
    """Pictures at a URL as items, and tar and Parquet files that its glob matches as URLs, in natural order.

    `recursive` goes down below a prefix. Raises UsageError where nothing is there, or it cannot be listed.
    """
    if glob.has_magic(url):
        found = _globbed(url)
        wanted = {name: info for name, info in found.items() if looks_like_picture(name) or is_container(name)}
    elif looks_like_picture(url.split("?")[0]) or url.startswith(("http://", "https://")):
        yield SourceItem(url, url)  # nothing is asked of the server yet
        return
    else:
        wanted = {name: info for name, info in _below(url, recursive).items() if looks_like_picture(name)}
    for name in sorted(wanted, key=path_order):
        yield name if is_container(name) else _item(name, wanted[name])


def _globbed(pattern: str) -> dict[str, Any]:
    system = file_system(pattern)
    found = _asked(pattern, lambda: system.glob(pattern, detail=True))
    if not found:
        raise UsageError(f'Nothing matches "{printable(pattern)}".')
    return {system.unstrip_protocol(name): info for name, info in found.items() if info.get("type") == "file"}


def _below(url: str, recursive: bool) -> dict[str, Any]:
    system = file_system(url)
    found = _asked(url, lambda: system.find(url, maxdepth=None if recursive else 1, detail=True))
    if not found:
        hint = "" if recursive else ", or only folders: -r goes down into them"
        raise UsageError(f"There is nothing at {printable(url)}{hint}.")
    return {system.unstrip_protocol(name): info for name, info in found.items()}


def _asked(url: str, action: Any) -> dict[str, Any]:
    try:
        return dict(retried(action))
    except OSError as error:
        raise UsageError(f"{printable(url)} cannot be listed: {reason_of(error)}.") from error


def _item(url: str, info: Any) -> SourceItem:
    size = info.get("size")
    return SourceItem(url, url, size=size if isinstance(size, int) else None, mtime_ns=_time(info))


def _time(info: Any) -> int | None:
    for name in ("LastModified", "mtime", "updated", "last_modified"):
        value = info.get(name)
        if isinstance(value, datetime):
            return round(value.timestamp() * 1e6) * 1000
        if isinstance(value, (int, float)):
            return int(value * 1e9)
    return None
