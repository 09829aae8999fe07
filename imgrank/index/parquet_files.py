"""Parquet read on the thread that asks for it.

A thread of Arrow's own may still hold a buffer of Python's when the interpreter ends, and then aborts the process.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO

from imgrank.index.needs import parquet


def open_parquet(stream: BinaryIO, checked: bool = False) -> Any:  # noqa: ANN401 (pyarrow has no types)
    """The pyarrow file of an open stream; `checked` compares the checksums of its pages."""
    return parquet().ParquetFile(stream, pre_buffer=False, page_checksum_verification=checked)


def read_group(file: Any, group: int, columns: Sequence[str]) -> Any:  # noqa: ANN401
    """The given columns of one row group, as a pyarrow table."""
    return file.read_row_group(group, columns=list(columns), use_threads=False)
