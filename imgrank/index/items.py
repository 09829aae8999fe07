"""One picture that a source names, before its bytes are read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(str, Enum):
    """Where the bytes of an item stand."""

    file = "file"  # a file or a URL of its own
    tar = "tar"  # bytes `offset` to `offset + size` of `location`
    parquet = "parquet"  # row `offset` of row group `row_group` of `location`, column `column`


@dataclass(frozen=True, slots=True)
class SourceItem:
    """A picture by its name in the index, `path`, and where its bytes are; small, and fit to travel to a worker.

    `location` is a path or URL to open. `size` in bytes and `mtime_ns` are None where the source does not say.
    `is_foreign` says that a file which others may have written names it: it may not lead to this machine.
    `folder` is the absolute one that a relative `path` is relative to; None where this is no local file that the user
    named, by itself or with its folder or list.
    """

    path: str
    location: str
    kind: Kind = Kind.file
    size: int | None = None
    mtime_ns: int | None = None
    offset: int = 0
    row_group: int = 0
    column: str = ""
    folder: str | None = None
    is_foreign: bool = False

    @property
    def block(self) -> str:
        """Names what had better be read together, by one worker."""
        if self.kind is Kind.file:
            return self.path
        return self.location if self.kind is Kind.tar else f"{self.location}#{self.row_group}"
