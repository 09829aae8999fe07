"""Pictures that a source names, before their bytes are read, and the files that hold many of them: tar and Parquet.

Of tar files (as webdataset's shards are) and Parquet files: which pictures they hold, and one picture's bytes. Of a
Parquet file a column holds pictures, as bytes or as addresses of them.
"""

from __future__ import annotations

import io
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from itertools import islice
from typing import Any, BinaryIO, TypeVar, cast

from imgrank.errors import UsageError
from imgrank.formats import looks_like_picture
from imgrank.index.needs import ArrowColumn, ArrowSchema, ArrowType, ParquetFile, arrow, open_parquet, read_group
from imgrank.index.remote import file_system, is_url, read_url, reason_of, retried, why_foreign_is_refused
from imgrank.paths import printable, why
from imgrank.records import Unreadable


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


# Names that people and tools give; the first that is there is taken.
_BYTES = ("image", "bytes", "image_bytes", "img", "jpg", "jpeg", "png", "webp", "content", "data", "picture", "photo")
_ADDRESSES = ("url", "image_url", "uri", "image_uri", "image", "path", "image_path", "file", "link")


@dataclass(frozen=True, slots=True)
class Column:
    """A column by name, `image.bytes` where it stands inside another."""

    name: str
    is_bytes: bool


def find_column(schema: ArrowSchema, asked: str | None, where: str) -> Column:
    """The column called `asked`, or the one that by type and name holds pictures. Raises UsageError."""
    columns = {name.lower(): column for name in schema.names for column in _candidates(schema.field(name))}
    columns |= {column.name.lower(): column for column in columns.values()}
    if asked is not None:
        if asked.lower() not in columns:
            raise UsageError(f'{printable(where)} has no column "{printable(asked)}" of bytes or text{_has(schema)}.')
        return columns[asked.lower()]
    of_bytes = {name: column for name, column in columns.items() if column.is_bytes}
    for names, found in ((_BYTES, of_bytes), (_ADDRESSES, columns)):
        known = next((found[name] for name in names if name in found), None)
        if known is not None:
            return known
    if len(set(of_bytes.values())) == 1:
        return next(iter(of_bytes.values()))
    facts = f"It is not clear which column of {printable(where)} holds images{_has(schema)}."
    raise UsageError(facts, "Name it with {column}.")


def values_of(file: ParquetFile, group: int, column: str) -> ArrowColumn:
    """The values of a column in one row group, as one pyarrow array."""
    outer, _, inner = column.partition(".")
    table = read_group(file, group, [column])
    values = table.column(outer).combine_chunks() if outer in table.column_names else table.column(column)
    return arrow().compute.struct_field(values, inner) if inner and outer in table.column_names else values


def _candidates(field: ArrowType) -> list[Column]:
    """A column of bytes or text, or the `bytes` inside a column of structs, as Hugging Face writes pictures."""
    types = arrow().types
    if types.is_struct(field.type):
        inner = {child.name: child.type for child in field.type}
        return [Column(f"{field.name}.bytes", True)] if _is_bytes(inner.get("bytes")) else []
    if _is_bytes(field.type):
        return [Column(field.name, True)]
    is_text = types.is_string(field.type) or types.is_large_string(field.type)
    return [Column(field.name, False)] if is_text else []


def _is_bytes(kind: ArrowType) -> bool:
    types = arrow().types
    return kind is not None and bool(types.is_binary(kind) or types.is_large_binary(kind))


def _has(schema: ArrowSchema) -> str:
    return f" (it has {', '.join(map(printable, schema.names))})"


_LARGEST_GROUP = 4 << 30
_HEADER_BLOCK = 1 << 16  # bytes fetched at once while the headers of a tar file are read

Holds = Callable[[str], bool]
T = TypeVar("T")
Found = SourceItem | Unreadable
_reading = threading.Lock()


def is_container(name: str) -> bool:
    """Whether a file of this name holds pictures: a tar or a Parquet file. Raises UsageError on a compressed tar."""
    plain = name.split("?")[0].lower() if is_url(name) else name.lower()
    if plain.endswith((".tar.gz", ".tgz", ".tar.zst", ".tar.bz2", ".tar.xz")):
        raise UsageError(
            f"{printable(name)} is a compressed tar file, in which imgrank cannot find single images; unpack it first."
        )
    return plain.endswith((".tar", ".parquet"))


def items_of(
    location: str, holds: Holds, column: str | None = None, allow_local: bool = False
) -> Iterator[SourceItem | Unreadable]:
    """The pictures in a tar or Parquet file at a path or URL, in its order, as far as `holds` says yes to their block.

    A file that is cut off or damaged gives what can be read of it, and itself as Unreadable with the reason. Rows of
    a Parquet file may name files and hosts of this machine only with `allow_local`.
    Raises UsageError where a Parquet file has no column of pictures.
    """
    if location.split("?")[0].lower().endswith(".tar"):
        yield from _members(location) if holds(location) else ()
    else:
        yield from _rows(location, holds, column, allow_local)


def row_item(location: str, number: int) -> SourceItem | None:
    """A row of a Parquet file here, counted from 0, by the column that holds pictures; None where there is no such row.

    Raises OSError, and UsageError where no column of bytes is found.
    """
    with _opened(location) as file:
        whole, first = _parquet_file(file), 0
        column = find_column(whole.schema_arrow, None, location)
        for group in range(whole.num_row_groups if column.is_bytes else 0):
            count = whole.metadata.row_group(group).num_rows
            if number < first + count:
                return next(islice(_byte_rows(location, column.name, group, first, count), number - first, None))
            first += count
    return None


def read_row(item: SourceItem) -> bytes:
    """The bytes in a row of a Parquet file; neighbours are read along and kept. Raises OSError."""
    with _reading:  # or each thread would read the row group
        value = _row_group(item.location, item.row_group, item.column)[item.offset].as_py()
    if not value:
        raise OSError("the row holds no bytes")
    return bytes(value)


def _members(location: str) -> Iterator[SourceItem | Unreadable]:
    try:
        with _opened(location, block_size=_HEADER_BLOCK) as file, tarfile.open(fileobj=file, mode="r:") as tar:
            for member in tar:
                if member.isfile() and looks_like_picture(member.name):
                    yield SourceItem(
                        path=f"{location}/{member.name}",
                        location=location,
                        kind=Kind.tar,
                        size=member.size,
                        mtime_ns=int(member.mtime * 1e9),
                        offset=member.offset_data,
                    )
                tar.members = []  # type: ignore[attr-defined]  # or it would remember them all
    except tarfile.TarError:
        yield Unreadable(location, "the tar file is cut off or damaged; what stands before that was read")
    except OSError as error:
        yield Unreadable(location, _words(location, error))


def _rows(location: str, holds: Holds, column: str | None, allow_local: bool) -> Iterator[SourceItem | Unreadable]:
    try:
        with _opened(location) as file:
            whole = _parquet_file(file)
            found = find_column(whole.schema_arrow, column, location)
            first = 0
            for group in range(whole.num_row_groups):
                count = whole.metadata.row_group(group).num_rows
                if found.is_bytes:
                    if holds(f"{location}#{group}"):
                        yield from _byte_rows(location, found.name, group, first, count)
                else:
                    named = _named(whole, found, group, location, first)
                    yield from named if allow_local else map(_checked_foreign, named)
                first += count
    except OSError as error:
        if holds(location):
            yield Unreadable(location, _words(location, error))


def _byte_rows(location: str, column: str, group: int, first: int, count: int) -> Iterator[SourceItem]:
    for row in range(count):
        name = f"{location}#{first + row}"
        yield SourceItem(name, location, Kind.parquet, offset=row, row_group=group, column=column)


def _checked_foreign(item: Found) -> Found:
    """A row's address, as what others may have written."""
    if isinstance(item, Unreadable):
        return item
    reason = why_foreign_is_refused(item.location)
    return replace(item, is_foreign=True) if reason is None else Unreadable(item.path, reason)


def _named(whole: ParquetFile, column: Column, group: int, location: str, first: int) -> Iterator[Found]:
    for row, value in enumerate(_checked(lambda: values_of(whole, group, column.name)).to_pylist()):
        if value:
            yield SourceItem(value, value)
        else:
            yield Unreadable(f"{location}#{first + row}", "the row holds no address")


@lru_cache(maxsize=4)
def _row_group(location: str, group: int, column: str) -> ArrowColumn:
    def read() -> ArrowColumn:
        with _opened(location) as file:
            whole = _parquet_file(file)
            _check_size(whole.metadata.row_group(group))
            return _checked(lambda: values_of(whole, group, column))

    return retried(read, lambda error: not isinstance(error, _Damaged)) if is_url(location) else read()


def _check_size(group: Any) -> None:
    """A row group is read as a whole."""
    if group.total_byte_size > _LARGEST_GROUP:
        raise _Damaged(f"a row group of the Parquet file is larger than {_LARGEST_GROUP >> 30} GB")


def _parquet_file(file: BinaryIO) -> ParquetFile:
    return _checked(lambda: open_parquet(file))


def _checked(action: Callable[[], T]) -> T:
    """Arrow's own exceptions as OSError with words of ours."""
    try:
        return action()
    except arrow().lib.ArrowException as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise _Damaged("the Parquet file is cut off or damaged") from error


class _Damaged(OSError):
    """Bytes that are there and make no sense."""


def _opened(location: str, **options: int) -> BinaryIO:
    """A file at a path or URL to seek in; where a server sends files only whole, in memory. Raises OSError."""
    if not is_url(location):
        return open(location, "rb")
    system = file_system(location)
    file = retried(lambda: system.open(location, "rb", **options))
    if getattr(file, "seekable", lambda: False)() and getattr(file, "size", None) is not None and _sends_parts(file):
        return cast(BinaryIO, file)
    file.close()
    return io.BytesIO(read_url(location))


def _sends_parts(file: Any) -> bool:
    """Whether a server sends parts of a file: fsspec learns of one that does not when it asks for its end."""
    if "http" not in file.fs.protocol:
        return True

    def read_end() -> bool:
        try:
            file.seek(file.size - 1)
            return len(file.read(1)) == 1
        except ValueError:
            return False

    sends = retried(read_end)
    file.seek(0)
    return sends


def _words(location: str, error: OSError) -> str:
    if isinstance(error, _Damaged):
        return str(error)
    return reason_of(error) if is_url(location) else why(error)
