"""labels.csv while it is being written: every answer is on disk before the next question, and undo is atomic.

Several programs may write to one file: each change is made under a lock, on the file as it is at that moment.
"""

from __future__ import annotations

import csv
import errno
import io
import math
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from imgrank.atomic import write_atomic
from imgrank.errors import ImgrankError, LabelsError, UsageError
from imgrank.labels.csv_text import ANSWERS, LONG, PAIRS, Grid, Row, read_grid
from imgrank.labels.findings import listing
from imgrank.labels.tasks import Fault, phrasings
from imgrank.paths import printable, why

SAID = {number: word for word, number in ANSWERS.items()}
LOCK_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class PairNote:
    """One line of the pairs form: absolute paths; `preferred` is 1 left, -1 right, 0 a tie; `person` may be empty."""

    left: str
    right: str
    query: str
    preferred: float
    person: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class ValueNote:
    """One line of the values form."""

    image: str
    query: str
    value: float
    line: int = 0


Note = PairNote | ValueNote


class Notebook:
    """The labels file of one labelling session, of pairs or else of values.

    Raises UsageError where the file holds the other form, has no column for the person, or its folder is missing;
    LabelsError where a line of it cannot be read.
    """

    def __init__(self, path: str, *, values: bool = False, person: str = "") -> None:
        self.path = path
        self.values = values
        self.person = person
        self._lock = FileLock(f"{path}.lock", timeout=LOCK_SECONDS)
        if not os.path.isdir(os.path.dirname(path) or os.curdir):
            raise UsageError(
                f"The folder of {printable(path)} does not exist.",
                "Create it, or choose another file for {labels}.",
            )
        self._with_lock(self._open)

    def notes(self) -> tuple[Note, ...]:
        """Every line of the file, in its order."""
        return read_notes(self.path)

    def append(self, note: Note) -> None:
        """Write one line and wait until it is on disk. Raises UsageError where the disk refuses."""
        self._with_lock(lambda: self._append(note))

    def remove_last(self, note: Note) -> bool:
        """Take the last line that says the same back out; the file is replaced at once. False where there is none."""
        return self._with_lock(lambda: self._remove_last(note))

    def _with_lock(self, change: Callable[[], bool]) -> bool:
        try:
            with self._lock:
                return change()
        except Timeout:
            raise UsageError(
                f"{printable(self.path)} is locked by another program.", "Close that program and try again."
            ) from None
        except OSError as error:
            raise UsageError(f"{printable(self.path)} could not be written: {why(error)}.") from error

    def _open(self) -> bool:
        """Begin a file, or see that it is of this form and ends with a whole line."""
        if not os.path.exists(self.path) or not os.path.getsize(self.path):
            form: Sequence[str] = LONG if self.values else PAIRS
            write_atomic(
                self.path, _line([*form, "person"] if self.person and not self.values else form, ","), durable=True
            )
            return True
        self._mend_end()
        columns = _columns(read_grid(self.path))
        if ("left" in columns) == self.values or ("value" in columns) != self.values:
            holds = "answers about pairs" if self.values else "values"
            raise UsageError(f"{printable(self.path)} holds {holds}.", "Choose another file for {labels}.")
        if self.person and "person" not in columns:
            raise UsageError(
                f"{printable(self.path)} has no column person, so it cannot record whose answers these are.",
                "Choose another file for {labels}, or leave out {person}.",
            )
        read_notes(self.path)
        return True

    def _mend_end(self) -> None:
        """A last line without its end is one that a power cut tore, or one that an editor left: judge by its cells."""
        raw = Path(self.path).read_bytes()
        if raw.endswith((b"\n", b"\r")):
            return
        head, newline, last = raw.rpartition(b"\n")
        torn = newline and not _is_whole(read_grid(self.path), head.count(b"\n") + 2)
        write_atomic(self.path, head + newline if torn else head + newline + last + b"\n", durable=True)

    def _append(self, note: Note) -> bool:
        self._mend_end()  # an editor may have saved it without its last line break
        grid = read_grid(self.path)
        cells = self._cells(note)
        line = _line([cells.get(name, "") for name in _columns(grid)], grid.delimiter)
        with open(self.path, "ab", buffering=0) as file:
            end = file.seek(0, os.SEEK_END)
            try:
                if file.write(line) < len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(file.fileno())
                self._check_last(note)
            except (OSError, ImgrankError):
                file.truncate(end)  # half a line would make the next one unreadable
                raise
        return True

    def _check_last(self, note: Note) -> None:
        """Raises UsageError where the last row does not say this."""
        grid = read_grid(self.path)
        if not grid.rows or not _says(grid, grid.rows[-1], note):
            raise UsageError(
                f"{printable(self.path)} was changed so that an answer cannot be added: a column is missing, or a "
                "quote is not closed. Correct the file, then answer again."
            )

    def _remove_last(self, note: Note) -> bool:
        grid = read_grid(self.path)
        same = [row for row in grid.rows if _says(grid, row, note)]
        if not same:
            return False
        ends = [row.line for row in grid.rows if row.line > same[-1].line]
        lines = Path(self.path).read_bytes().splitlines(keepends=True)
        start, end = same[-1].line - 1, ends[0] - 1 if ends else len(lines)
        while end > start + 1 and not lines[end - 1].strip():  # blank lines below are not of this row
            end -= 1
        del lines[start:end]
        write_atomic(self.path, b"".join(lines), durable=True)
        return True

    def _cells(self, note: Note) -> dict[str, str]:
        if isinstance(note, ValueNote):
            return {"image": self._place(note.image), "query": note.query, "value": _told(note.value)}
        return {
            "left": self._place(note.left),
            "right": self._place(note.right),
            "query": note.query,
            "preferred": SAID[note.preferred],
            "person": note.person,
        }

    def _place(self, image: str) -> str:
        return place_of(image, self.path)


def place_of(image: str, labels: str) -> str:
    """A picture's path as a labels file names it: relative to the file where it can be, with forward slashes."""
    folder = os.path.dirname(os.path.abspath(labels))
    try:
        return os.path.relpath(os.path.abspath(image), folder).replace(os.sep, "/")
    except ValueError:  # another drive on Windows
        return os.path.abspath(image)


def can_be_written(place: str) -> bool:
    """Whether a labels file can name this path and be read back: UTF-8, one line, no outer blanks."""
    return place == place.strip() and is_one_line(place)


def is_one_line(text: str) -> bool:
    """Whether a cell of a labels file can hold this: one line of UTF-8."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return not set(text) & {"\0", "\r", "\n"}


def read_notes(path: str) -> tuple[Note, ...]:
    """Every line of a file in the pairs form or the values form. Raises LabelsError naming the lines with faults."""
    grid = read_grid(path)
    columns = _columns(grid)
    needed = PAIRS if "left" in columns else LONG
    missing = [name for name in needed if name not in columns]
    faults = list(grid.faults)
    if missing:
        faults.append(Fault(0, f"the column {missing[0]} is missing (the form is {','.join(needed)})"))
    notes: list[Note] = []
    for row in grid.rows if not missing else ():
        try:
            notes.append(_note(grid, row))
        except ValueError as error:
            faults.append(Fault(row.line, str(error)))
    if faults:
        raise LabelsError(listing(f"{printable(path)} has errors; nothing was changed.", faults))
    return tuple(notes)


def _columns(grid: Grid) -> list[str]:
    return [name.casefold() for name in grid.header]


def _note(grid: Grid, row: Row) -> Note:
    cells = dict(zip(_columns(grid), row.cells, strict=False))

    def image(name: str) -> str:
        if not cells.get(name):
            raise ValueError("the image's path is missing")
        return os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(grid.path)), cells[name]))

    if "left" not in _columns(grid):
        return ValueNote(image("image"), _query(cells), _value(cells.get("value", "")), row.line)
    preferred = cells.get("preferred", "").casefold()
    if preferred not in ANSWERS:
        raise ValueError(f'preferred is "{printable(preferred)}", not left, right or tie')
    return PairNote(image("left"), image("right"), _query(cells), ANSWERS[preferred], cells.get("person", ""), row.line)


def _told(value: float) -> str:
    """As short as it can be read back."""
    short = f"{value:.12g}"
    return short if float(short) == value else repr(value)


def _value(text: str) -> float:
    with suppress(ValueError):
        value = float(text.replace(",", "."))
        if math.isfinite(value):
            return value
    raise ValueError(f'the value "{printable(text)}" is not a number')


def _is_whole(grid: Grid, line: int) -> bool:
    """Whether the last row begins on this line and can be read."""
    if not grid.rows or grid.rows[-1].line != line or len(grid.rows[-1].cells) != len(grid.header):
        return False
    try:
        _note(grid, grid.rows[-1])
    except ValueError:
        return False
    return True


def _query(cells: dict[str, str]) -> str:
    if not phrasings(cells.get("query", "")):
        raise ValueError("the query is missing")
    return cells["query"]


def _says(grid: Grid, row: Row, note: Note) -> bool:
    """Whether a row says the same; one that somebody made unreadable meanwhile says nothing."""
    try:
        return _said(_note(grid, row)) == _said(note)
    except ValueError:
        return False


def _said(note: Note) -> tuple[object, ...]:
    """What a note says, whatever its line and the spelling of its query."""
    if isinstance(note, ValueNote):
        return (note.image, phrasings(note.query), note.value)
    return (note.left, note.right, phrasings(note.query), note.preferred, note.person)


def _line(cells: Sequence[str], delimiter: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerow(cells)
    return text.getvalue().encode("utf-8")
