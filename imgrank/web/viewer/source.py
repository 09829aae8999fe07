"""What is opened, a folder or an index: where its pictures come from, what is known of them, and what cannot be done.

An index says of pictures what was true when it was made, and may come from anybody: no picture of it is shown before
its digest has been compared, another process decodes it, and nothing is done to files by it. A folder is watched; where
the system cannot tell that it changed, the page's own looks at the folder remain.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from imgrank.choices import GroupBy
from imgrank.counting import counted
from imgrank.decode import DecodeError
from imgrank.errors import ImgrankError, UsageError
from imgrank.facts import Facts
from imgrank.grouping import group
from imgrank.index.format import IndexRow
from imgrank.index.locations import Location
from imgrank.index.members import container_of, is_member, member_bytes
from imgrank.index.reading import Indexed, checked_manifest, is_index
from imgrank.index.remote import is_url
from imgrank.index.standing import file_of, rows_of, unfit
from imgrank.learning.on_disk import memory_for_tokens, row_bytes
from imgrank.paths import printable, why
from imgrank.records import ImageFile
from imgrank.tokens import PackedTokens
from imgrank.web.viewer.engine import Engine
from imgrank.web.viewer.facts import RULES, FactBook, GroupBook, size_in_words, time_in_words
from imgrank.web.viewer.indexing import Indexer
from imgrank.web.viewer.library import Library
from imgrank.web.viewer.unpacked import Unpacked

Refused = Mapping[str, str]  # by what the page may ask for: why it cannot be, in a sentence
NOTHING: Refused = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """The pictures of what is opened. `new_indexer` makes what fills the library, with the arguments of `Indexer`.
    An index is read once; a folder is watched."""

    library: Library
    facts: FactBook
    groups: GroupBook
    new_indexer: Callable[..., Indexer]
    refused: Refused
    is_index: bool = False


def source_of(where: str, engine: Engine) -> Source:
    """A folder, or an index. Raises UsageError where it is neither, or an index of another image model."""
    if is_index(where):
        return source_of_index(where, engine)
    if not os.path.isdir(where):
        raise UsageError(f"{printable(where)} is not a folder; imgrank open shows the images of a folder or an index.")
    library = Library(where)
    return Source(library, FactBook(library), GroupBook(library, engine), Indexer, NOTHING)


BY_FOLDER = GroupBy.folder.value  # the one rule of groups for which names are enough
_FILES = "An index is shown, and its files are left as they are. To change files, open the folder that they are in."
_TEACH = "An index is shown, and a ranker learns from files. Open the folder with the pictures, or use imgrank train."
_RATE = "An index is shown, and stars belong to files. To give stars, open the folder with the pictures."
_SUBFOLDERS = "An index is shown with all that is in it; it has no subfolders. Open a folder to see those of it."
_MODEL = "The index holds what one image model saw. For another model, build an index with it and open that one."
_GROUP = "The index does not hold what this takes. To fold by it, open the folder with the pictures."
REFUSED = {
    **dict.fromkeys(("plan", "apply", "undo", "finish"), _FILES),
    "teach": _TEACH,
    "rate": _RATE,
    "model": _MODEL,
    "subfolders": _SUBFOLDERS,
    **dict.fromkeys((rule for rule in RULES if rule != BY_FOLDER), _GROUP),
}


class NotShown(UsageError):
    """A row of an index is no file that may be shown; the message says why."""


def source_of_index(where: str, engine: Engine) -> Source:
    """Raises UsageError where there is no index, or it was made with another image model."""
    backbone = engine.ranker.backbone
    checked_manifest(Location(where), backbone.fingerprint, backbone.name)
    library = IndexLibrary(where)
    return Source(library, IndexFacts(library), IndexGroups(library, engine), IndexReader, REFUSED, is_index=True)


class IndexLibrary(Library):
    """The rows of an index that have tokens, by their names there. What `file` gives may be read; of a member of a tar
    or Parquet file it is a copy."""

    guarded = True

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.folder = where.rstrip("/") if is_url(where) else os.path.realpath(where)
        self._beside = os.getcwd() if is_url(where) else os.path.dirname(self.folder)
        self._unpacked = Unpacked()
        self.rows: list[IndexRow] = []  # by number
        self._vouched: set[int] = set()
        self._vouching = threading.Lock()

    def take_in(self, rows: list[IndexRow], packed: PackedTokens) -> None:
        """Rows with their tokens, and with detail where the index has it."""
        first = len(self.rows)
        self.rows += rows
        self.add([ImageFile(row.path, row.size or 0, row.mtime_ns or 0) for row in rows], replace(packed, detail=None))
        if packed.detail is not None:
            self.measured({first + n: detail for n, detail in enumerate(packed.detail)})

    def name(self, path: str) -> str:
        """As the index has it."""
        return path

    def holds(self, path: str) -> bool:
        """Whatever is a row belongs to the index."""
        return True

    @property
    def can_measure(self) -> bool:
        """Detail stands in the index or nowhere."""
        return False

    def file(self, number: int) -> ImageFile | None:
        """The file of a row, as it was indexed; None where there is no such row. Raises NotShown."""
        if not 0 <= number < len(self.rows):
            return None
        row = self.rows[number]
        if is_member(row):
            return self._copy(number, row)
        path = file_of(row)
        fault = unfit(row) if path is None or not self._is_vouched(number, path) else ""
        if fault or path is None:
            raise NotShown(f"{printable(row.path)} is not shown: {fault}.")
        with self._vouching:
            self._vouched.add(number)
        return ImageFile(path, row.size or 0, row.mtime_ns or 0)

    def place(self, number: int) -> str | None:
        """A member's tar or Parquet file, else as for any picture. Raises NotShown."""
        row = self.rows[number] if 0 <= number < len(self.rows) else None
        if row is None or not is_member(row):
            return super().place(number)
        try:
            return container_of(row, self._beside)
        except DecodeError as error:
            raise NotShown(f"{printable(row.path)} is not shown: {error}.") from error

    def fault(self, number: int) -> str:
        """Why a row is not shown, in words that may stand after a colon; empty where it is."""
        row = self.rows[number]
        if not is_member(row):
            return unfit(row)
        try:
            member_bytes(row, self._beside)
        except DecodeError as error:
            return str(error)
        return ""

    def close(self) -> None:
        """Remove the copies."""
        self._unpacked.close()

    def _copy(self, number: int, row: IndexRow) -> ImageFile:
        try:
            path = self._unpacked.path(number, row.path, lambda: member_bytes(row, self._beside))
        except DecodeError as error:
            raise NotShown(f"{printable(row.path)} is not shown: {error}.") from error
        except OSError as error:
            raise NotShown(f"{printable(row.path)} is not shown, for it cannot be unpacked: {why(error)}.") from error
        return ImageFile(path, row.size or 0, row.mtime_ns or 0)

    def _is_vouched(self, number: int, path: str) -> bool:
        """Whether its bytes were compared, and it was not written since."""
        with self._vouching:
            if number not in self._vouched:
                return False
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            return False
        row = self.rows[number]
        return (status.st_size, status.st_mtime_ns) == (row.size, row.mtime_ns)


class IndexFacts(FactBook):
    """What the index says of its pictures: how large they are, and nothing of dates, cameras or stars."""

    def __init__(self, library: IndexLibrary) -> None:
        super().__init__(library)
        self._rows, self._fault = library.rows, library.fault

    def read(self, numbers: Iterable[int]) -> None:
        """From rows alone; no file is opened."""
        fresh = {n: self._rows[n] for n in numbers if n not in self._facts}
        found = {n: Facts(width=row.width, height=row.height) for n, row in fresh.items()}
        if found:
            self.take_in(found)

    def about(self, number: int) -> dict[str, str] | None:
        """Names and values of one row; None where there is none."""
        if not 0 <= number < len(self._rows):
            return None
        row = self._rows[number]
        told = {
            "Name": printable(row.path.replace("\\", "/").rpartition("/")[2]),
            "Dimensions": f"{row.width} × {row.height}" if row.width and row.height else "",
            "Size": "" if row.size is None else size_in_words(row.size),
            "Changed": "" if row.mtime_ns is None else time_in_words(row.mtime_ns / 1e9),
            "Not shown": self._fault(number),
            "Path": printable(file_of(row) or row.path),
        }
        return {name: value for name, value in told.items() if value}


class IndexGroups(GroupBook):
    """Groups that follow from names."""

    def of(self, by: str) -> dict[str, Any]:
        """As GroupBook; all other rules are refused before. Raises UsageError."""
        if by != BY_FOLDER:
            raise UsageError(REFUSED.get(by, f"Pictures cannot be grouped by that; there are {', '.join(RULES)}."))
        names, _ = self._library.names()
        groups = group(GroupBy.folder, [name or "" for name in names])
        return {"by": by, "version": self.version, "pending": False, "groups": groups}


class IndexReader(Indexer):
    """Reads an index once, in place of looking at a folder; what was wrong with it then stays wrong."""

    _fault: ImgrankError | None = None

    def _look(self) -> None:
        if self._fault is not None:
            raise self._fault
        if self._looked:
            return
        self._looked += 1
        try:
            self._read_index()
        except ImgrankError as error:
            self._fault = error
            raise

    def _read_index(self) -> None:
        library = self._library
        assert isinstance(library, IndexLibrary)
        indexed = self._engine.ranker.open_index(library.given)
        size, room = len(indexed.paths) * row_bytes(indexed.shape), memory_for_tokens()
        if size > room:
            raise UsageError(
                f"The index holds {counted(len(indexed.paths), 'picture')}, whose tokens take {size / 1e9:.1f} GB of "
                f"memory, and {room / 1e9:.1f} GB may be taken here. Order it with imgrank sort, which reads it "
                "piece by piece."
            )
        known = rows_of([library.given], set(indexed.paths))
        for rows, block in _in_blocks(indexed, known):
            if not self._may_go_on("reading", library.count, len(indexed.paths)):
                return
            library.take_in(rows, block)
            self.begun.set()
        library.skip(indexed.skipped)


def _in_blocks(indexed: Indexed, known: dict[str, IndexRow]) -> Iterator[tuple[list[IndexRow], PackedTokens]]:
    start = 0
    for block in indexed.blocks():
        yield [known[path] for path in indexed.paths[start : start + len(block)]], block
        start += len(block)
