"""labels.csv -> Labels: values long or wide, or pairs. Every fault is found before anything is said."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from urllib.parse import parse_qsl, urlsplit
from urllib.request import url2pathname

from imgrank.counting import counted
from imgrank.errors import LabelsError
from imgrank.formats import looks_like_picture
from imgrank.labels.columns import left_column, looks_like_split, may_only_name, split_advice, text_column
from imgrank.labels.csv_text import ANSWERS, Grid, Row, read_grid
from imgrank.labels.numbers import MISSING, NOTHING, POINTS, Notation, bare_number, dots_of, has_decimal_points
from imgrank.labels.tasks import (
    SKIP_BAD,
    SPLITS,
    Fault,
    Labels,
    LeftColumn,
    PairCell,
    ValueCell,
    pair_tasks,
    value_tasks,
)
from imgrank.paths import printable

MOST_PRINTED = 50
MOST_IN_A_LINE = 10
_NO_IMAGE = "there is no image"
KEPT = ("split", "group")
LONG = ("image", "query", "value")
PAIRS = ("left", "right", "query", "preferred")
BESIDE_PAIRS = ("person", "time")


def read_labels(
    path: str, *, skip_bad: bool = False, pictures: Collection[str] | None = None, column: Collection[str] = ()
) -> Labels:
    """Read a labels file in any of its three forms.

    Args:
        path: The file.
        skip_bad: Leave out faulty rows, and queries that are then too small, and name them in `Labels.left_out`.
        pictures: The pictures that there are; without it, the pictures must exist as files.
        column: Columns of the wide form to take for queries though they seem to name images or rows, as an id does;
            others of that kind, and those of text, are left out and named in `Labels.left_columns`.

    Raises:
        LabelsError: The file has faults; the message names each with its line. With `skip_bad`: nothing is left.
    """
    grid = read_grid(path, (*LONG, *PAIRS, *KEPT, *BESIDE_PAIRS))
    _check_columns(path, grid, column)
    reader = _Reader(grid, list(grid.faults), pictures=pictures, wanted=frozenset(column))
    labels = reader.read()
    faults = sorted(reader.faults, key=lambda fault: fault.line)
    if reader.hides_split or (faults and not (skip_bad and labels.tasks)):
        is_empty = skip_bad and not reader.hides_split
        raise LabelsError(_listing(path, faults, is_empty), _remedy(reader, labels, skip_bad))
    notes = (*labels.notes, *map(str, reader.left), *reader.notes)
    return Labels(path, labels.values, labels.pairs, tuple(faults), notes, tuple(reader.left))


def _check_columns(path: str, grid: Grid, column: Collection[str]) -> None:
    missing = next((name for name in column if name not in grid.header), None)
    if missing is not None:
        seen = ", ".join(map(printable, grid.header))
        raise LabelsError(f'{printable(path)} has no column "{printable(missing)}"; its header is {seen}.')


def _remedy(reader: _Reader, labels: Labels, skip_bad: bool) -> str:
    if reader.hides_split:
        return f'If "{printable(reader.flag)}" is a query, name it with {{column}}.' if reader.flag else ""
    if labels.tasks and not skip_bad:
        return SKIP_BAD
    may_be = [left.name for left in reader.left if left.may_be_query] if reader.lacks_query else []
    return f'Name a column with {{column}}, such as "{printable(may_be[0])}".' if may_be else ""


@dataclass(slots=True)
class _Reader:
    """Walks over the rows of one file and collects what is wrong."""

    grid: Grid
    faults: list[Fault]
    notes: list[str] = field(default_factory=list)
    pictures: Collection[str] | None = None
    wanted: Collection[str] = frozenset()
    left: list[LeftColumn] = field(default_factory=list)
    lacks_query: bool = False
    hides_split: bool = False  # a column of another name decides what is trained on, whatever is skipped
    flag: str = ""  # such a column of numbers, which may be a query
    _there: dict[str, str | None] = field(default_factory=dict)
    _folders: dict[str, frozenset[str]] = field(default_factory=dict)
    _notation: Notation = field(init=False)
    _with_dotted_thousands: set[str] = field(default_factory=set)
    _with_decimal_points: set[str] = field(default_factory=set)
    _missing: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        cells = (cell for row in self.grid.rows for cell in row.cells)
        self._notation = Notation.of(self.grid.delimiter, cells)

    def read(self) -> Labels:
        names = [name.casefold() for name in self.grid.header]
        for name in sorted({n for n in names if n and names.count(n) > 1}):
            self.fault(1, f'two columns are called "{printable(name)}"')
        if not self.grid.rows:
            self.fault(1, "there is a header and no row below it")
        if self.faults and self.faults[-1].line == 1:
            return Labels(self.grid.path)
        if "left" in names or "right" in names:
            return self._pairs(names)
        if "query" in names or "value" in names:
            labels = self._long(names)
            self._tell_missing("leave the row out")
            return labels
        if "image" in names:
            labels = self._wide(names)
            self._tell_missing("leave the cell empty")
            return labels
        seen = ", ".join(printable(name) for name in self.grid.header)
        advice = self._renamed() or "; see image,query,value or left,right,query,preferred"
        self.fault(1, f"the header ({seen}) has no column image{advice}")
        return Labels(self.grid.path)

    def _tell_missing(self, remedy: str) -> None:
        """One fault a query for all its words that stand for no value."""
        for query, cells in self._missing.items():
            words = " and ".join(f'"{printable(word)}"' for word in dict.fromkeys(text for _, text in cells))
            what = f"the value {words} is not a number"
            if len(cells) > 1:
                name, more = printable(query.partition("|")[0]), len(cells) - MOST_IN_A_LINE
                lines = ", ".join(str(line) for line, _ in cells[:MOST_IN_A_LINE])
                ending = f" and {more:,} more" if more > 0 else ""
                what = f'{counted(len(cells), "value")} of "{name}" are not numbers: {words} on lines {lines}{ending}'
            self.fault(cells[0][0], f"{what}; where there is no value, {remedy}")

    def _tell_gaps(self, queries: Sequence[int]) -> None:
        """A line that counts the rows that have no value."""
        gaps = {self.grid.header[n].partition("|")[0]: len(self.grid.rows) - len(self._cells(n)) for n in queries}
        told = [f'{count:,} of "{printable(name)}"' for name, count in gaps.items() if count]
        if told:
            more = len(told) - MOST_IN_A_LINE
            ending = f" and of {counted(more, 'more query', 'more queries')}" if more > 0 else ""
            self.notes.append(f"rows without a value were left out: {', '.join(told[:MOST_IN_A_LINE])}{ending}")

    def _renamed(self) -> str:
        """What to call image: the column whose cells, but for a few, are called like pictures."""
        for column, name in enumerate(self.grid.header):
            cells = self._cells(column)
            if name and 2 * sum(map(looks_like_picture, cells)) > len(cells):
                return f'; rename the column "{printable(name)}" to image'
        return ""

    def fault(self, line: int, reason: str) -> None:
        self.faults.append(Fault(line, reason))

    def _long(self, names: Sequence[str]) -> Labels:
        if not self._has_columns(names, LONG, KEPT):
            return Labels(self.grid.path)
        return Labels(self.grid.path, value_tasks(self._long_cells(names), self.faults))

    def _long_cells(self, names: Sequence[str]) -> Iterable[ValueCell]:
        values: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for row in self.grid.rows:
            get = self._getter(row, names, told=False)
            values[get("query").casefold()].append((row.line, get("value")))
        for query, cells in values.items():
            self._decide_dots(query, cells)
        for row in self.grid.rows:
            get = self._getter(row, names)
            image, query = self._image(row, get("image")), self._query(row, get("query"))
            value, split = self._number(row, get("value"), query.casefold()), self._split(row, get("split"))
            if image is not None and query and value is not None and split is not None:
                yield ValueCell(row.line, image, query, value, split, get("group"))

    def _wide(self, names: Sequence[str]) -> Labels:
        queries = [n for n, name in enumerate(names) if name not in ("image", *KEPT) and self._counts(n)]
        queries = [n for n in queries if self._is_query(n)]
        if not queries and not self.faults:
            self.lacks_query = bool(self.left)
            left = "".join(f"; {each}" for each in self.left)
            self.fault(1, f"there is no column for a query, and none called query{left}")
        self._doubt(queries)
        self._tell_gaps(queries)
        return Labels(self.grid.path, value_tasks(self._wide_cells(names, queries), self.faults))

    def _doubt(self, queries: Sequence[int]) -> None:
        """Name queries that may measure nothing, where there are others."""
        for n in queries if len(queries) > 1 else ():
            name = self.grid.header[n]
            if name not in self.wanted and may_only_name(name, self._cells(n)):
                self.notes.append(
                    f'the column "{printable(name)}" is taken for a query; if its numbers only name images or rows, '
                    "take it out"
                )

    def _wide_cells(self, names: Sequence[str], queries: Sequence[int]) -> Iterable[ValueCell]:
        for n in queries:
            lines = ((row.line, row.cells[n]) for row in self.grid.rows if n < len(row.cells))
            self._decide_dots(names[n], list(lines))
        for row in self.grid.rows:
            get = self._getter(row, names)
            image, split = self._image(row, get("image")), self._split(row, get("split"))
            for n in queries:
                text = row.cells[n] if n < len(row.cells) else ""
                value = self._number(row, text, names[n]) if text else None
                if value is not None and image is not None and split is not None:
                    yield ValueCell(row.line, image, self.grid.header[n], value, split, get("group"))

    def _pairs(self, names: Sequence[str]) -> Labels:
        if not self._has_columns(names, PAIRS, (*KEPT, *BESIDE_PAIRS)):
            return Labels(self.grid.path)
        cells = []
        for row in self.grid.rows:
            get = self._getter(row, names)
            left, right = self._image(row, get("left")), self._image(row, get("right"))
            query, split = self._query(row, get("query")), self._split(row, get("split"))
            answer = ANSWERS.get(get("preferred").casefold())
            if answer is None:
                self.fault(row.line, f'preferred is "{printable(get("preferred"))}", not left, right or tie')
            if left is not None and left == right:
                self.fault(row.line, "left and right are the same image")
            elif left and right and query and split is not None and answer is not None:
                cells.append(PairCell(row.line, left, right, query, answer, split, get("group")))
        return Labels(self.grid.path, pairs=pair_tasks(cells, self.faults))

    def _has_columns(self, names: Sequence[str], needed: Sequence[str], allowed: Sequence[str]) -> bool:
        missing = [name for name in needed if name not in names]
        for name in missing:
            advice = self._renamed() if name == "image" else ""
            self.fault(1, f"the column {name} is missing (this form has {','.join(needed)}){advice}")
        for n, name in enumerate(names):
            if name not in (*needed, *allowed) and self._counts(n):
                self.fault(1, f'the column "{printable(self.grid.header[n])}" is unknown')
        return not missing

    def _counts(self, column: int) -> bool:
        """Whether a column says something: it has a name or cells, and does not just number rows or pictures."""
        if self._is_index(column):
            return False
        name, cells = self.grid.header[column], self._cells(column)
        if name and name not in self.wanted and self._says_split(column):
            return False
        left = None if name in self.wanted else left_column(name, cells)
        if left is not None:
            self._leave(left)
            return False
        return bool(name or cells)

    def _leave(self, left: LeftColumn) -> None:
        is_grouped = any(other.casefold() == "group" for other in self.grid.header)
        self.left.append(replace(left, may_be_group=left.repeats and not is_grouped))

    def _says_split(self, column: int) -> bool:
        """Whether a column of another name looks like a split: a fault, or left out beside the one of that name."""
        name, cells = self.grid.header[column], self._cells(column)
        names = [other.casefold() for other in self.grid.header]
        is_alone = sum(other not in ("image", *KEPT) for other in names) < 2
        if not looks_like_split(name, cells, has_gaps=len(cells) < len(self.grid.rows), is_alone=is_alone):
            return False
        are_numbers = all(map(self._is_number, cells))
        if "split" in names:
            self.left.append(LeftColumn(name, may_be_query=are_numbers, says_split=True))
        else:
            self.hides_split = True
            self.flag = name if are_numbers else self.flag
            self.fault(1, f'the column "{printable(name)}" {split_advice(cells)}')
        return True

    def _cells(self, column: int) -> list[str]:
        """The cells of a column that are not empty."""
        return [row.cells[column] for row in self.grid.rows if column < len(row.cells) and row.cells[column]]

    def _is_index(self, column: int) -> bool:
        """Whether it counts the rows and has no name, or what pandas calls it: it came along, nobody gave values."""
        if column or self.grid.header[0].casefold() not in ("", "unnamed: 0"):
            return False
        cells = [row.cells[0] for row in self.grid.rows]
        return any(cells == [str(n) for n in range(start, start + len(cells))] for start in (0, 1))

    def _is_query(self, column: int) -> bool:
        """Whether a wide column holds values; one of text is left out, unless its name was given or its cells tell
        that a name is wrong."""
        texts = self._cells(column)
        name = self.grid.header[column]
        left = text_column(name, texts, self._is_number)
        if not name:
            self.fault(1, f"column {column + 1} holds values and has no name")
        elif left is None:
            return True
        elif name in self.wanted:
            self.fault(1, f'the column "{printable(name)}" holds no numbers to learn from{left.advice}')
        elif texts and (meant := _kept_name(name)):
            self.hides_split = True
            self.fault(
                1, f'the column "{printable(name)}" is unknown; if it says the {meant} of each row, call it {meant}'
            )
        else:
            self._leave(left)
        return False

    def _is_number(self, text: str) -> bool:
        return self._notation.parse(text) is not None or self._notation.is_unclear(text)

    def _decide_dots(self, query: str, cells: Sequence[tuple[int, str]]) -> None:
        """Whether the dots in the values of a query part thousands, and a word where that is to be known."""
        texts = [text for _, text in cells]
        if has_decimal_points(texts, self._notation):
            self._with_decimal_points.add(query)
        dots = dots_of(texts, self._notation, may_be_thousands=self.grid.delimiter == ";")
        if dots is None:
            return
        (line, text), name = cells[dots.example], printable(query.partition("|")[0])
        if dots.part_thousands:
            self._with_dotted_thousands.add(query)
            read = text.replace(".", "")
            self.notes.append(
                f'dots in the values of "{name}" separate thousands: line {line}, {text} is read as {read}'
            )
        else:
            self.notes.append(
                f'dots in the values of "{name}" are read as decimal points: line {line}, {text} is {float(text):g}; '
                "if they separate thousands, write the numbers without them"
            )

    def _getter(self, row: Row, names: Sequence[str], *, told: bool = True) -> Callable[[str], str]:
        if told and any(row.cells[len(names) :]):
            self.fault(row.line, f"the row has {counted(len(row.cells), 'cell')} and the header {len(names)}")
        at = dict(zip(names, row.cells, strict=False))
        return lambda name: at.get(name, "")

    def _query(self, row: Row, text: str) -> str:
        if not text.strip("| "):
            self.fault(row.line, "the query is missing")
            return ""
        return text

    def _split(self, row: Row, text: str) -> str | None:
        split = text.casefold()
        if split and split not in SPLITS:
            self.fault(row.line, f'the split "{printable(text)}" is not one of {", ".join(SPLITS)}')
            return None
        return split

    def _number(self, row: Row, text: str, query: str) -> float | None:
        if self._notation.is_unclear(text):
            self.fault(
                row.line, f'the value "{text}" could be thousands or have a decimal comma; write it without commas'
            )
            return None
        notation = POINTS if query in self._with_decimal_points else self._notation
        value = notation.parse(text.replace(".", "") if query in self._with_dotted_thousands else text)
        if not text:
            self.fault(row.line, "the value is missing")
        elif text.casefold() in MISSING:
            self._missing[query].append((row.line, text))
        elif value is None:
            hint = "; write a decimal point" if self._notation.parse(text.replace(",", ".", 1)) is not None else ""
            if text.isalpha() and text.casefold() not in NOTHING:
                hint = "; give each class a number, such as 1, 2 and 3"
            if bare := bare_number(text, self._is_number):
                hint = f"; write {bare[0]}"
            self.fault(row.line, f'the value "{printable(text)}" is not a number{hint}')
        return value

    def _image(self, row: Row, text: str) -> str | None:
        if not text:
            self.fault(row.line, "the image's path is missing")
            return None
        path = self._existing(text)
        if path is None:
            self.fault(row.line, f"{_NO_IMAGE} {printable(text)}")
        return path

    def _existing(self, text: str) -> str | None:
        if text not in self._there:
            spellings = dict.fromkeys((text, text.replace("\\", "/"), *_from_address(text)))  # Windows' files travel
            places = [*map(self._place, spellings), *(self._in_index(spellings) if self.pictures is not None else ())]
            self._there[text] = next(filter(self._is_there, places), None)
        return self._there[text]

    def _in_index(self, spellings: Iterable[str]) -> Iterator[str]:
        """An index has paths as they were given to it, a labels file may have whole ones."""
        for text in spellings:
            yield text
            with suppress(ValueError):  # another drive on Windows
                yield os.path.relpath(text) if os.path.isabs(text) else text

    def _place(self, text: str) -> str:
        return os.path.normpath(os.path.join(os.path.dirname(self.grid.path), text))

    def _is_there(self, path: str) -> bool:
        return self._is_file(path) if self.pictures is None else path in self.pictures

    def _is_file(self, path: str) -> bool:
        folder, name = os.path.split(path)
        if folder not in self._folders:
            self._folders[folder] = _names(folder)
        return name in self._folders[folder] or os.path.isfile(path)


def _kept_name(name: str) -> str:
    """What a column of text is called that a wrong name hides, and that decides what is trained on; else empty."""
    return next(iter(get_close_matches(name.casefold(), KEPT, n=1)), "")


def _from_address(text: str) -> Iterator[str]:
    """The path in a file:// address, or in what Label Studio writes for a file that it serves."""
    address = urlsplit(text) if ":" in text or "?" in text else None
    if address is not None and address.scheme == "file" and address.netloc in ("", "localhost"):
        yield url2pathname(address.path)
    if address is not None and address.path.endswith("/data/local-files/"):
        yield from (path for name, path in parse_qsl(address.query) if name == "d")


def _names(folder: str) -> frozenset[str]:
    """Files of a folder, listed once: a hundred thousand rows do not ask a hundred thousand times."""
    try:
        with os.scandir(folder or os.curdir) as entries:
            return frozenset(entry.name for entry in entries if entry.is_file())
    except OSError:
        return frozenset()


def _listing(path: str, faults: Sequence[Fault], is_empty: bool) -> str:
    more = len(faults) - MOST_PRINTED
    lines = [f"  {fault}" for fault in faults[:MOST_PRINTED]] + ([f"  and {more} more"] if more > 0 else [])
    ending = ["Nothing is left to use."] if is_empty else []
    if any(fault.reason.startswith(_NO_IMAGE) for fault in faults):
        folder = printable(os.path.dirname(path)) or "the current folder"
        ending.insert(0, f"Relative paths start at the folder of the labels file, {folder}.")
    return "\n".join(
        [f"{printable(path)} has {counted(len(faults), 'fault')}; nothing was trained or measured.", *lines, *ending]
    )
