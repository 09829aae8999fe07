"""pyarrow and fsspec, imported when first needed; where one is missing, one sentence says what to install.

Parquet is read on the thread that asks for it. A thread of Arrow's own may still hold a buffer of Python's when the
interpreter ends, and then aborts the process.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection, Iterator, Sequence
from typing import Any, BinaryIO, TypeAlias

import numpy as np
import numpy.typing as npt

from imgrank.errors import UsageError

# Of pyarrow and fsspec, which have no types. A table may be a record batch, a column a part of one.
Module: TypeAlias = Any
ArrowColumn: TypeAlias = Any
ArrowSchema: TypeAlias = Any
ArrowTable: TypeAlias = Any
ArrowType: TypeAlias = Any
ParquetFile: TypeAlias = Any

_OF = {"pyarrow": ("An index, or a Parquet file,", "index"), "fsspec": ("An image or an index at a URL", "remote")}


def arrow() -> Module:
    """The module pyarrow, its compute functions loaded. Raises UsageError where it is not installed."""
    _needed("pyarrow.compute")
    return _needed("pyarrow")


def parquet() -> Module:
    """The module pyarrow.parquet. Raises UsageError where it is not installed."""
    return _needed("pyarrow.parquet")


def fsspec() -> Module:
    """The module fsspec. Raises UsageError where it is not installed."""
    return _needed("fsspec")


def array_of(values: npt.NDArray[Any]) -> ArrowColumn:
    """A numpy array as one of pyarrow: whose own conversion imports pandas where that is installed, which takes a
    quarter of the time in which a question starts."""
    pa = arrow()
    data = np.packbits(values, bitorder="little") if values.dtype == bool else np.ascontiguousarray(values)
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(data)])


def numpy_of(column: ArrowColumn) -> npt.NDArray[Any]:
    """The other way round: a column of numbers or truths without null."""
    dtype = np.dtype(column.type.to_pandas_dtype())
    chunks = column.chunks if isinstance(column, arrow().ChunkedArray) else [column]
    return np.concatenate([np.zeros(0, dtype), *(_numbers(chunk, dtype) for chunk in chunks if len(chunk))])


def _numbers(chunk: ArrowColumn, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    start, end, data = chunk.offset, chunk.offset + len(chunk), chunk.buffers()[1]
    if dtype.kind == "b":
        return np.unpackbits(np.frombuffer(data, np.uint8), count=end, bitorder="little")[start:].astype(bool)
    return np.frombuffer(data, dtype, end)[start:]


def array_of_bytes(values: Sequence[bytes]) -> ArrowColumn:
    """The same of strings of bytes, as large_binary."""
    pa, ends = arrow(), np.cumsum([0, *map(len, values)], dtype=np.int64)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(values))]
    return pa.Array.from_buffers(pa.large_binary(), len(values), buffers)


def _needed(name: str) -> Module:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.split(".")[0]
        what, extra = _OF[package]
        raise UsageError(f'{what} needs {package}, which is not installed: pip install "imgrank[{extra}]".') from error


def open_parquet(stream: BinaryIO, checked: bool = False) -> ParquetFile:
    """The pyarrow file of an open stream; `checked` compares the checksums of its pages."""
    return parquet().ParquetFile(stream, pre_buffer=False, page_checksum_verification=checked)


def batches_of(file: ParquetFile, group: int, columns: Sequence[str], rows: int) -> Iterator[ArrowTable]:
    """The same as `read_group`, as record batches of so many rows."""
    found: Iterator[ArrowTable] = file.iter_batches(rows, row_groups=[group], columns=list(columns), use_threads=False)
    return found


def ranges_of(file: ParquetFile, group: int, columns: Collection[str]) -> dict[str, tuple[int, int]]:
    """Where in the file these columns of a row group stand, from byte to byte, by their names in the schema."""
    about = file.metadata.row_group(group)
    found = {}
    for number in range(about.num_columns):
        column = about.column(number)
        if column.path_in_schema.split(".")[0] in columns:
            starts = (column.dictionary_page_offset, column.data_page_offset)
            start = min((offset for offset in starts if offset), default=0)
            found[column.path_in_schema] = (start, start + column.total_compressed_size)
    return found


def read_group(file: ParquetFile, group: int, columns: Sequence[str]) -> ArrowTable:
    """The given columns of one row group, as a pyarrow table."""
    return file.read_row_group(group, columns=list(columns), use_threads=False)
