"""Columns of a part that are read as they stand in the file, without a copy: those that questions read.

Such a column is uncompressed, and one page in each row group, so that its bytes stand in one piece at the end of that
page. The part says how many there are and what their digest is. Where that is not so, whoever wrote the part, the
column is read as any other of Parquet is, which is several times slower and tells what is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash

from imgrank.arrays import Flags

GOOD = "good"
Blob = npt.NDArray[np.uint8]  # (rows, bytes)


@dataclass(frozen=True, slots=True)
class Digests:
    """Of each row group, how many of its `rows` have tokens, and the xxh3-64 of these bytes of each column; that of
    which rows they are, a byte each, under GOOD."""

    rows: tuple[int, ...] = ()
    columns: Mapping[str, tuple[str, ...]] | None = None

    @staticmethod
    def of(columns: Mapping[str, Blob], good: Flags, group_rows: int) -> Digests:
        """Of columns that hold the `good` rows (N,) of a part alone."""
        groups = [good[start : start + group_rows] for start in range(0, len(good), group_rows)]
        rows = tuple(int(group.sum()) for group in groups)
        spans = list(pairwise(accumulate(rows, initial=0)))
        found = {name: tuple(_digest(blob[start:end]) for start, end in spans) for name, blob in columns.items()}
        return Digests(rows, found | {GOOD: tuple(map(_digest, groups))})

    def to_json(self) -> bytes:
        """In a line."""
        return json.dumps({"rows": self.rows, **(self.columns or {})}).encode()

    @staticmethod
    def from_json(data: bytes) -> Digests:
        """What `to_json` wrote; nothing where it is no such line."""
        try:
            fields = {str(name): tuple(values) for name, values in json.loads(data).items()}
            return Digests(tuple(max(0, int(count)) for count in fields.pop("rows", ())), fields)
        except (ValueError, TypeError, AttributeError, RecursionError, OverflowError):
            return Digests()

    def fits(self, group: int, name: str, blob: Blob | Flags) -> bool:
        """Whether these are the bytes of that column in that group."""
        known = (self.columns or {}).get(name, ())
        return group < len(known) and known[group] == _digest(blob)


def plain_column(read: Any, end: int, rows: int, width: int) -> Blob | None:
    """(rows, width): the bytes before `end`, by `read(start, length)`; None where there are not so many."""
    length = rows * width
    data = read(end - length, length) if 0 < length <= end else b""
    return np.frombuffer(data, np.uint8).reshape(rows, width) if len(data) == length else None


def _digest(blob: Blob | Flags) -> str:
    return xxhash.xxh3_64_hexdigest(np.ascontiguousarray(blob).data)
