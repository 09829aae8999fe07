"""A text file with commas, semicolons or tabs -> its header and its rows, each with the line it begins on."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from imgrank.errors import LabelsError
from imgrank.labels.tasks import Fault
from imgrank.paths import printable

DELIMITERS = (",", ";", "\t")
_JSON = re.compile(r'\s*(\[\s*[\[{"]|\{\s*")')
_EXCEL = re.compile(r'"?sep=.?"?', re.IGNORECASE)  # Excel's own first line, which names the delimiter


@dataclass(frozen=True, slots=True)
class Row:
    """One record: where it begins, and its cells without outer blanks."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A labels file as text: `header` in its own spelling, rows that are not empty, and rows that cannot be split."""

    path: str
    delimiter: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]


def read_grid(path: str, known: Sequence[str]) -> Grid:
    """Read and split a file; of three delimiters the one that shows most `known` column names is taken.

    Raises LabelsError where the file is missing, not text in UTF-8, or empty.
    """
    text = _text(path)
    if _JSON.match(text):
        raise LabelsError(
            f"{printable(path)} is JSON; labels are read from CSV. Label Studio and others can export CSV, too."
        )
    lines = list(io.StringIO(text))
    if lines and _EXCEL.fullmatch(lines[0].strip()):
        lines[0] = "\n"  # kept as a line, so that faults are named by theirs
    first = next((line for line in lines if line.strip(" \t\r\n,;")), None)
    if first is None:
        raise LabelsError(f"{printable(path)} is empty; it needs a header, such as image,query,value, and rows below.")
    delimiter = max(DELIMITERS, key=lambda d: _fit(first, d, known))
    rows, faults = _rows(lines, delimiter)
    if not rows:
        raise LabelsError(f"{printable(path)}: {faults[0] if faults else 'no row can be read'}.")
    return Grid(path, delimiter, rows[0].cells, tuple(rows[1:]), tuple(faults))


def _text(path: str) -> str:
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise LabelsError(f"{printable(path)} cannot be read: {error.strerror or error}.") from error
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise LabelsError(f"{printable(path)} is UTF-16; save it as CSV in UTF-8.")
    if b"\0" in raw:
        line = raw.count(b"\n", 0, raw.index(b"\0")) + 1
        raise LabelsError(f"{printable(path)}, line {line}: a NUL byte; this is not a text file.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise LabelsError(
            f"{printable(path)}, line {line}: this is not UTF-8; save the file as CSV in UTF-8."
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _fit(line: str, delimiter: str, known: Sequence[str]) -> tuple[int, int]:
    try:
        cells = [cell.strip().casefold() for cell in next(csv.reader([line], delimiter=delimiter))]
    except csv.Error:
        return 0, 0
    return sum(cell in known for cell in cells), len(cells)


def _rows(lines: list[str], delimiter: str) -> tuple[list[Row], list[Fault]]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    rows: list[Row] = []
    faults: list[Fault] = []
    while True:
        line = reader.line_num + 1
        try:
            cells = tuple(cell.strip() for cell in next(reader))
        except StopIteration:
            return rows, faults
        except csv.Error as error:
            faults.append(Fault(line, f"a quote is not closed or a cell is too long ({error})"))
            continue
        if any(cells):
            rows.append(Row(line, cells))
