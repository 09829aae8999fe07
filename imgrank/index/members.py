"""Rows of an index that are members of a tar file or rows of a Parquet file here: their bytes, as they were indexed."""

from __future__ import annotations

import os
import re
import threading
from functools import lru_cache

import xxhash

from imgrank.decode import DecodeError
from imgrank.errors import UsageError
from imgrank.index.format import IndexRow
from imgrank.index.items import SourceItem, items_of, row_item
from imgrank.index.pictures import read_bytes
from imgrank.index.remote import is_url
from imgrank.paths import printable, why

_TAR = re.compile(r"\.tar(?=/.)", re.IGNORECASE)
_PARQUET = re.compile(r"(.+\.parquet)#(\d{1,18})", re.IGNORECASE | re.DOTALL)
_looking = threading.Lock()


def is_member(row: IndexRow) -> bool:
    """Whether a row, by its name, is a part of a tar or Parquet file that may stand here: no URL, and no name by which
    Windows would ask another machine."""
    is_afar = is_url(row.path) or row.path.startswith(("\\\\", "//"))
    return row.folder is None and not is_afar and bool(_names(row.path))


def container_of(row: IndexRow, beside: str) -> str:
    """The file here that holds a member: relative names count from the current folder, or from `beside`.

    Raises DecodeError where there is none.
    """
    return _found(row, beside)[0]


def member_bytes(row: IndexRow, beside: str) -> bytes:
    """A member's bytes, where they are those that were indexed. Raises DecodeError with the reason where not."""
    location, name = _found(row, beside)
    data = read_bytes(_item(location, name))
    if xxhash.xxh3_128_hexdigest(data) != row.digest:
        raise DecodeError("the file that holds it was changed after it was indexed")
    return data


def _found(row: IndexRow, beside: str) -> tuple[str, str]:
    for location, name in _names(row.path):
        for place in dict.fromkeys((os.path.abspath(location), os.path.join(beside, location))):
            if os.path.isfile(place):
                return place, name
    held = [printable(location) for location, _ in _names(row.path)][:1]
    raise DecodeError(f"{held[0] if held else 'the file'} that holds it is not found from the folder you are in")


def _names(path: str) -> list[tuple[str, str]]:
    """What may be the container, and the member's name in it: a folder may be called like a tar file, too."""
    rows = _PARQUET.fullmatch(path)
    return [(path[: found.end()], path[found.end() + 1 :]) for found in _TAR.finditer(path)] + (
        [(rows[1], rows[2])] if rows else []
    )


def _item(location: str, name: str) -> SourceItem:
    """Where a member's bytes stand. Raises DecodeError."""
    try:
        status = os.stat(location)
        if location.lower().endswith(".parquet"):
            found = row_item(location, int(name))
        else:
            with _looking:  # or each thread would read the whole file
                found = _members(location, status.st_size, status.st_mtime_ns).get(name)
    except OSError as error:
        raise DecodeError(f"the file that holds it cannot be read: {why(error)}") from error
    except UsageError as error:
        raise DecodeError(str(error).removesuffix(".")) from error
    if found is None:
        raise DecodeError("the file that holds it was changed after it was indexed")
    return found


@lru_cache(maxsize=4)
def _members(location: str, _size: int, _mtime_ns: int) -> dict[str, SourceItem]:
    """All members of a tar file by name; of several of one name, the first."""
    found: dict[str, SourceItem] = {}
    for item in items_of(location, lambda _: True):
        if isinstance(item, SourceItem):
            found.setdefault(item.path[len(location) + 1 :], item)
    return found
