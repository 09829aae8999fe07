"""What a worker does with one item: its bytes, its pixels, its row. Pure functions, one picture at a time."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import xxhash

from imgrank.backbone.contract import Backbone, together
from imgrank.decode import DEFAULT_MAX_MEGAPIXELS, DecodeError, decode_bytes
from imgrank.decode.picture import read_file
from imgrank.decode.size import picture_size
from imgrank.errors import UsageError
from imgrank.index.containers import read_row
from imgrank.index.format import IndexRow, IndexRows
from imgrank.index.items import Kind, SourceItem
from imgrank.index.remote import is_url, read_url, reason_of
from imgrank.paths import why
from imgrank.records import Unreadable
from imgrank.tokens import PackedTokens

Item = SourceItem | Unreadable


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A row that lacks its tokens: `pixels` as the backbone takes them, None where `row.error` says why not."""

    row: IndexRow
    pixels: npt.NDArray[np.uint8] | None

    @property
    def is_elsewhere(self) -> bool:
        """Whether its tokens were known by its digest, so that nothing was decoded."""
        return self.pixels is None and self.row.error is None


def read_bytes(item: SourceItem) -> bytes:
    """The bytes of a picture, wherever they stand; a busy store is asked again. Raises DecodeError."""
    try:
        return _read(item)
    except OSError as error:
        raise DecodeError(reason_of(error) if is_url(item.location) or not error.errno else why(error)) from error
    except UsageError as error:  # an address of a kind that cannot be read here
        raise DecodeError(str(error).removesuffix(".")) from error


def prepare(
    item: Item,
    side: int,
    interpolation: str,
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    is_known: Callable[[str], bool] = lambda _: False,
    crop: bool = False,
) -> Prepared:
    """Read, hash and decode: what a worker without a model does with an item. Never raises for a bad picture.

    Where `is_known` says of a digest that its tokens are at hand, nothing is decoded.
    """
    if isinstance(item, Unreadable):
        return Prepared(IndexRow(item.path, error=item.reason), None)
    row = IndexRow(item.path, None, item.size, item.mtime_ns, folder=item.folder)
    try:
        data = read_bytes(item)
        row = replace(row, digest=xxhash.xxh3_128_hexdigest(data), size=len(data))
        pixels = None
        if not is_known(row.digest or ""):
            pixels = decode_bytes(data, item.path, side, interpolation, max_megapixels, crop)
    except DecodeError as error:
        return Prepared(replace(row, error=error.reason), None)
    return Prepared(_measured(row, io.BytesIO(data)), pixels)


def recall(item: SourceItem, digest: str) -> Prepared:
    """The row of a file here whose digest, and tokens, are known: only its header is read."""
    row = IndexRow(item.path, digest, item.size, item.mtime_ns, folder=item.folder)
    try:
        with open(item.location, "rb") as file:
            return Prepared(_measured(row, file), None)
    except OSError:
        return Prepared(row, None)


def encode(prepared: Sequence[Prepared], backbone: Backbone) -> IndexRows:
    """The rows of prepared pictures with their tokens: what a worker with a model does with a batch.

    A picture's tokens do not depend on its batch mates, so batches may be cut anywhere.
    """
    pixels = [one.pixels for one in prepared if one.pixels is not None]
    packed = backbone.encode_images(together(pixels)) if pixels else PackedTokens.empty(0, backbone.shape)
    return IndexRows(tuple(one.row for one in prepared), packed)


def _measured(row: IndexRow, stream: BinaryIO) -> IndexRow:
    width, height = picture_size(stream, row.path) or (None, None)
    return replace(row, width=width, height=height)


def _read(item: SourceItem) -> bytes:
    if item.kind is Kind.parquet:
        return read_row(item)
    if item.kind is Kind.tar:
        return _read_part(item.location, item.offset, item.offset + (item.size or 0))
    return read_url(item.location) if is_url(item.location) else read_file(item.location)


def _read_part(location: str, start: int, end: int) -> bytes:
    if is_url(location):
        data = read_url(location, start, end)
        data = data if len(data) <= end - start else data[start:end]  # a server that knows no ranges sends all
    else:
        with open(location, "rb") as file:
            file.seek(start)
            data = file.read(end - start)
    if len(data) < end - start:
        raise OSError("the file that holds it is cut off")
    return data
