"""What stands at a URL: one picture, a prefix full of them, or what a glob matches."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from imgrank.discover import path_order
from imgrank.errors import UsageError
from imgrank.formats import looks_like_picture
from imgrank.index.containers import is_container
from imgrank.index.items import SourceItem
from imgrank.index.remote import file_system, reason_of, retried
from imgrank.paths import printable


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


def _asked(url: str, action: Any) -> dict[str, Any]:  # noqa: ANN401
    try:
        return dict(retried(action))
    except OSError as error:
        raise UsageError(f"{printable(url)} cannot be listed: {reason_of(error)}.") from error


def _item(url: str, info: Any) -> SourceItem:  # noqa: ANN401 (each driver has its own)
    size = info.get("size")
    return SourceItem(url, url, size=size if isinstance(size, int) else None, mtime_ns=_time(info))


def _time(info: Any) -> int | None:  # noqa: ANN401
    for name in ("LastModified", "mtime", "updated", "last_modified"):
        value = info.get(name)
        if isinstance(value, datetime):
            return round(value.timestamp() * 1e6) * 1000
        if isinstance(value, (int, float)):
            return int(value * 1e9)
    return None
