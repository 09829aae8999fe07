"""The text of a labels file: its header and rows, each with the line it begins on; and labels written as such a file.

Commas, semicolons or tabs part its cells.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from imgrank.errors import LabelsError, UsageError
from imgrank.labels.tasks import Fault, Labels
from imgrank.paths import printable, why

LONG = ("image", "query", "value")
PAIRS = ("left", "right", "query", "preferred")
KEPT = ("split", "group")  # what any form may have
BESIDE_PAIRS = ("person", "time")
ANSWERS = {"left": 1.0, "right": -1.0, "tie": 0.0}
_KNOWN = (*LONG, *PAIRS, *KEPT, *BESIDE_PAIRS)
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


def read_grid(path: str) -> Grid:
    """Read and split a file; of three delimiters the one that shows most known column names is taken.

    Raises LabelsError where the file is missing, not text in UTF-8, or empty.
    """
    text = _text(path)
    if _JSON.match(text):
        raise LabelsError(
            f"{printable(path)} is JSON; labels are read from CSV. Label Studio and other tools can export CSV, too."
        )
    lines = list(io.StringIO(text))
    if lines and _EXCEL.fullmatch(lines[0].strip()):
        lines[0] = "\n"  # kept as a line, so that faults are named by theirs
    first = next((line for line in lines if line.strip(" \t\r\n,;")), None)
    if first is None:
        raise LabelsError(f"{printable(path)} is empty; it needs a header, such as image,query,value, and rows below.")
    delimiter = max(DELIMITERS, key=lambda d: _fit(first, d))
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
    if raw[:4] == b"PK\x03\x04":
        raise LabelsError(
            f"{printable(path)} is an Excel workbook or another ZIP file; save the table as CSV in UTF-8."
        )
    if b"\0" in raw:
        line = raw.count(b"\n", 0, raw.index(b"\0")) + 1
        raise LabelsError(f"{printable(path)}, line {line}: this is not a text file (it has a NUL byte).")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise LabelsError(
            f"{printable(path)}, line {line}: this is not UTF-8; save the file as CSV in UTF-8."
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _fit(line: str, delimiter: str) -> tuple[int, int]:
    try:
        cells = [cell.strip().casefold() for cell in next(csv.reader([line], delimiter=delimiter))]
    except csv.Error:
        return 0, 0
    return sum(cell in _KNOWN for cell in cells), len(cells)


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


def write_labels(labels: Labels, path: str, *, absolute: bool = False) -> None:
    """Write labels in the long form, or in the pairs form; paths are relative to the file unless `absolute`; URLs stay.

    Raises UsageError where labels hold both forms, or the file exists or cannot be written.
    """
    if labels.values and labels.pairs:
        raise UsageError("Values and pairs cannot be in the same labels file.")

    def place(image: str) -> str:
        if "://" in image:
            return image
        return os.path.abspath(image) if absolute else _relative(image, path)

    try:
        with Path(path).open("x", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(
                _pair_rows(labels, place) if labels.pairs else _written_rows(labels, place)
            )
    except FileExistsError:
        raise UsageError(f"{printable(path)} already exists and was not overwritten; choose another file.") from None
    except (OSError, UnicodeEncodeError) as error:
        raise UsageError(
            f"{printable(path)} could not be written: {why(error) if isinstance(error, OSError) else error}."
        ) from error


def _written_rows(labels: Labels, place: Callable[[str], str]) -> list[list[str]]:
    rows = [["image", "query", "value", "split", "group"]]
    for task in labels.values:
        query = "|".join(task.phrasings)
        for image, value, split, group in zip(task.images, task.values, task.splits, task.groups, strict=True):
            rows.append([place(image), query, f"{value:.12g}", split, group])
    return rows


def _pair_rows(labels: Labels, place: Callable[[str], str]) -> list[list[str]]:
    said = {number: word for word, number in ANSWERS.items()}
    rows = [["left", "right", "query", "preferred", "split", "group"]]
    for task in labels.pairs:
        query = "|".join(task.phrasings)
        for left, right, answer, split, group in zip(
            task.left, task.right, task.preferred, task.splits, task.groups, strict=True
        ):
            rows.append([place(left), place(right), query, said[float(answer)], split, group])
    return rows


def _relative(image: str, path: str) -> str:
    try:
        return os.path.relpath(image, os.path.dirname(path) or os.curdir)
    except ValueError:  # another drive on Windows
        return os.path.abspath(image)
