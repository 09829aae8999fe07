"""Reading parts: a row group at a time, a few columns at a time, with damage told from absence."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np

from imgrank.errors import IndexFault
from imgrank.index.format import ROWS_AT_ONCE, digests_of, misfit, written_ns
from imgrank.index.layout import KEY, Layout, bytes_of
from imgrank.index.locations import Location, RangedFile
from imgrank.index.needs import ArrowTable, arrow, batches_of, numpy_of, open_parquet, ranges_of
from imgrank.index.plain import GOOD, Blob, plain_column
from imgrank.index.remote import reason_of
from imgrank.paths import printable, why

# What Arrow says, as a plain OSError, of bytes that are not what they were.
_SIGNS_OF_DAMAGE = ("crc", "checksum", "thrift", "end of stream", "corrupt", "decompress", "page", "footer", "magic")

T = TypeVar("T")
_NOT_TOLD_APART = "rows without an error lack tokens, or others have some"


class DamagedPart(IndexFault):
    """A part is cut off or damaged: its rows are lost, and may be made again."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Some rows of a part: `facts` of all as a pyarrow table, `tokens` column by column of those without an error."""

    facts: ArrowTable
    tokens: dict[str, Blob]


class Part:
    """One open part. Closes its file when it is left as a context."""

    def __init__(self, location: Location, name: str, ahead: Collection[str] = ()) -> None:
        """`ahead` are columns that are read in any case. Raises DamagedPart, or IndexFault where it cannot be read at
        all."""
        self.location, self.name = location, name
        self._stream = self._checked(lambda: location.open(name, ahead))
        try:
            self._file = self._checked(lambda: open_parquet(self._stream, checked=True))
        except BaseException:  # Ctrl-C as well; it goes on
            self._stream.close()
            raise
        self.rows = int(self._file.metadata.num_rows)
        self.written_ns = written_ns(self._file.schema_arrow)
        self._digests = digests_of(self._file.schema_arrow)
        self._manifest = location.known_manifest()
        reason = misfit(self._file.schema_arrow, self._manifest) if self._manifest is not None else None
        if reason is not None:
            self._stream.close()
            raise self._misfit(reason)

    def __enter__(self) -> Part:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    @property
    def layout(self) -> Layout:
        """Which of its columns hold what of tokens. Raises IndexFault where no manifest says so."""
        if self._manifest is None:
            raise IndexFault(f"{printable(self.location.where)} is not an index: it has no manifest.")
        return self._manifest.layout

    def batches(self, columns: Sequence[str]) -> Iterator[ArrowTable]:
        """Its columns as pyarrow tables of at most ROWS_AT_ONCE rows. Raises as the making of a Part."""
        for group in range(self._file.num_row_groups):
            self._hold(group, columns)
            yield from self._tables(group, columns)

    def blocks(self, facts: Sequence[str], tokens: Sequence[str]) -> Iterator[Block]:
        """The same rows, `error` among their facts, with those of the columns of tokens; without a copy where that can
        be. Raises as the making of a Part."""
        for group in range(self._file.num_row_groups):
            self._hold(group, (*facts, *tokens))
            plain = self._checked(partial(self._plain, group, tokens))
            rest, at, good = [name for name in tokens if name not in plain], 0, [np.zeros(0, bool)]
            for table in self._tables(group, (*facts, *rest)):
                good.append(numpy_of(table.column("error").is_null()))
                start, at = at, at + int(good[-1].sum())
                found = {name: blob[start:at] for name, blob in plain.items()}
                yield Block(table.select(list(facts)), found | {name: bytes_of(table.column(name)) for name in rest})
            if plain and not self._digests.fits(group, GOOD, np.concatenate(good)):
                raise self._misfit(_NOT_TOLD_APART)

    def _hold(self, group: int, columns: Sequence[str]) -> None:
        stream = self._stream
        if isinstance(stream, RangedFile):
            self._checked(lambda: stream.hold(ranges_of(self._file, group, {*columns, "error"}).values()))

    def _plain(self, group: int, columns: Sequence[str]) -> dict[str, Blob]:
        """Those of the columns that are what the part's digests say, as they stand in the file."""
        wanted = self.layout.uncompressed.intersection(columns) if group < len(self._digests.rows) else frozenset()
        found = {}
        for name, (_, end) in ranges_of(self._file, group, wanted).items():
            blob = plain_column(self._bytes, end, self._digests.rows[group], self.layout.widths[name])
            if blob is not None and self._digests.fits(group, name, blob):
                found[name] = blob
        return found

    def _bytes(self, start: int, length: int) -> Any:
        self._stream.seek(start)
        return self._stream.read(length) if isinstance(self._stream, RangedFile) else self._stream.read_buffer(length)

    def _tables(self, group: int, columns: Sequence[str]) -> Iterator[ArrowTable]:
        tokens = [name for name in columns if self._manifest is not None and name in self.layout.widths]
        asked, count = [*columns, *({"error"} - set(columns) if tokens else ())], 0
        batches = self._checked(lambda: batches_of(self._file, group, asked, ROWS_AT_ONCE))
        while (batch := self._checked(lambda: next(batches, None))) is not None:
            table = arrow().Table.from_batches([batch])
            count += len(table)
            self._check(table, tokens)
            yield table.select([name for name in columns if name in table.column_names])
        if count != self._file.metadata.row_group(group).num_rows:
            raise self._misfit("it holds fewer rows than it says")

    def _check(self, table: ArrowTable, tokens: Sequence[str]) -> None:
        """Rows have tokens or an error, never both and never neither: or tokens would be taken for another row's."""
        if "path" in table.column_names and table.column("path").null_count:
            raise self._misfit("a row has no path")
        if KEY in table.column_names and table.column(KEY).null_count:
            raise self._misfit("a row has no key")
        has_error = table.column("error").is_valid() if tokens else None
        if any(not table.column(name).is_null().equals(has_error) for name in tokens):
            raise self._misfit(_NOT_TOLD_APART)

    def _misfit(self, reason: str) -> IndexFault:
        return IndexFault(
            f"The part {self.name} in the index {printable(self.location.where)} does not fit the index: {reason}; "
            "delete it and run imgrank index build again with the sources it was made of."
        )

    def _checked(self, action: Callable[[], T]) -> T:
        try:
            return action()
        except (OSError, arrow().lib.ArrowException) as error:
            where = f"{self.name} in the index {printable(self.location.where)}"
            if not _is_no_damage(error) or not (self.location.is_url or getattr(error, "errno", None)):
                raise DamagedPart(
                    f"The part {where} is cut off or damaged; delete it and run imgrank index again with the sources "
                    "it was made of: only what the part held is encoded again."
                ) from error
            reason = reason_of(error) if self.location.is_url else why(error)
            raise IndexFault(f"The part {where} cannot be read: {reason}.") from error


def _is_no_damage(error: Exception) -> bool:
    if not isinstance(error, OSError):
        return False
    return bool(error.errno) or not any(sign in str(error).lower() for sign in _SIGNS_OF_DAMAGE)
