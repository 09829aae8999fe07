"""One item of a source: its bytes, wherever they stand, and its row in the index."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from imgrank.decode import DecodeError
from imgrank.decode.load_many import Refused, Work, read_ahead
from imgrank.decode.picture import picture_size, read_file
from imgrank.encode import Decoded, Decoding, Origin, Picture
from imgrank.errors import UsageError
from imgrank.index.format import IndexRow
from imgrank.index.items import Kind, SourceItem, read_row
from imgrank.index.remote import LARGEST, is_url, local_path, read_url, reason_of
from imgrank.paths import why
from imgrank.records import Unreadable

READERS = 8  # at once: an object store answers late

Item = SourceItem | Unreadable


@dataclass(frozen=True, slots=True)
class QueuedItem:
    """An item on its way through the pipeline."""

    item: Item

    @property
    def path(self) -> str:
        return self.item.path

    @property
    def size(self) -> int | None:
        return None if isinstance(self.item, Unreadable) else self.item.size


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A row that lacks its tokens; `made` is None where `row.error` says why not."""

    row: IndexRow
    made: Decoded | None


def read_bytes(item: SourceItem) -> bytes:
    """The bytes of a picture, wherever they stand; a busy store is asked again. Raises DecodeError."""
    try:
        return _read(item)
    except OSError as error:
        raise DecodeError(reason_of(error) if is_url(item.location) or not error.errno else why(error)) from error
    except UsageError as error:  # an address of a kind that cannot be read here
        raise DecodeError(str(error).removesuffix(".")) from error


def read_wanted(wanted: QueuedItem) -> bytes:
    """As `read_bytes`; what could not even be found is refused with its reason. Raises DecodeError."""
    if isinstance(wanted.item, Unreadable):
        raise DecodeError(wanted.item.reason)
    return read_bytes(wanted.item)


def size_of(data: bytes, path: str) -> tuple[int, int] | None:
    """Width and height, as `picture_size` gives them."""
    return picture_size(io.BytesIO(data), path)


ORIGIN: Origin[QueuedItem] = Origin(read_wanted, READERS, size_of)


def prepare(items: Sequence[Item], decoding: Decoding, workers: int | None = None) -> Iterator[Prepared]:
    """Read, hash and decode: what a worker without a model does with items, in their order. Never raises for a bad
    picture."""
    wanted = [QueuedItem(item) for item in items]
    work: Work[QueuedItem, Decoded] = Work(ORIGIN.read, decoding.decode, ORIGIN.measure)
    for one in read_ahead(wanted, work, is_known=lambda _: False, workers=workers, readers=READERS):
        if isinstance(one, Refused):
            yield Prepared(row_of_refused(one), None)
        else:
            yield Prepared(row_of(one), one.made)


def row_of(picture: Picture[QueuedItem]) -> IndexRow:
    """The row of a picture that was read."""
    item = picture.item.item
    assert isinstance(item, SourceItem)
    width, height = picture.size or (None, None)
    return IndexRow(item.path, picture.digest, picture.length, item.mtime_ns, width, height, folder=item.folder)


def row_of_refused(refused: Refused[QueuedItem]) -> IndexRow:
    """The row of what could not be read."""
    item = refused.item.item
    if isinstance(item, Unreadable):
        return IndexRow(item.path, error=item.reason)
    size = item.size if refused.length is None else refused.length
    return IndexRow(item.path, refused.digest, size, item.mtime_ns, error=refused.reason, folder=item.folder)


def row_of_known(item: SourceItem, digest: str) -> IndexRow:
    """The row of a file here whose digest, and tokens, are known: only its header is read."""
    width, height = _size_in(Path(item.location), item.path) or (None, None)
    return IndexRow(item.path, digest, item.size, item.mtime_ns, width, height, folder=item.folder)


def _size_in(file: Path, path: str) -> tuple[int, int] | None:
    try:
        with file.open("rb") as stream:
            return picture_size(stream, path)
    except OSError:
        return None


def _read(item: SourceItem) -> bytes:
    if item.size is not None and item.size > LARGEST:
        raise DecodeError(f"the file is larger than {LARGEST >> 20} MB")
    if item.kind is Kind.parquet:
        return read_row(item)
    if item.kind is Kind.tar:
        return _read_part(item.location, item.offset, item.offset + (item.size or 0))
    local = local_path(item.location)
    return read_file(local) if local is not None else read_url(item.location, is_foreign=item.is_foreign)


def _read_part(location: str, start: int, end: int) -> bytes:
    if is_url(location):
        data = read_url(location, start, end)
        data = data if len(data) <= end - start else data[start:end]  # a server that knows no ranges sends all
    else:
        with open(location, "rb") as file:
            data = _part_of(file, start, end)
    if len(data) < end - start:
        raise OSError("the file that holds it is cut off")
    return data


def _part_of(file: BinaryIO, start: int, end: int) -> bytes:
    file.seek(start)
    return file.read(end - start)
