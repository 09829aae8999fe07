"""The columns of a labels file that are queries, and those that are left out or at fault."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from imgrank.counting import counted
from imgrank.formats import looks_like_picture
from imgrank.labels.columns import left_column, looks_like_split, may_only_name, split_advice, text_column
from imgrank.labels.csv_text import KEPT, Grid
from imgrank.labels.findings import MOST_IN_A_LINE, Findings
from imgrank.labels.tasks import LeftColumn, phrasings
from imgrank.paths import printable


@dataclass(slots=True)
class Columns:
    """Judges the columns of one file, by their names and cells; those `wanted` are queries whatever they look like."""

    grid: Grid
    findings: Findings
    wanted: Collection[str]
    is_number: Callable[[str], bool]

    def queries(self, names: Sequence[str]) -> list[int]:
        """Which columns of the wide form are queries."""
        queries = [n for n, name in enumerate(names) if name not in ("image", *KEPT) and self.counts(n)]
        for n in queries:
            if not phrasings(names[n]):
                self.findings.fault(1, f'the column "{printable(names[n])}" has no query in its name')
        queries = [n for n in queries if phrasings(names[n]) and self._is_query(n)]
        if not queries and not self.findings.faults:
            self.findings.lacks_query = bool(self.findings.left)
            left = "".join(f"; {each}" for each in self.findings.left)
            self.findings.fault(1, f"there is no column for a query, and none called query{left}")
        self._doubt(queries)
        self._tell_gaps(queries)
        return queries

    def _doubt(self, queries: Sequence[int]) -> None:
        """Name queries that may measure nothing, where there are others."""
        for n in queries if len(queries) > 1 else ():
            name = self.grid.header[n]
            if name not in self.wanted and may_only_name(name, self._cells(n)):
                self.findings.notes.append(
                    f'the column "{printable(name)}" is taken for a query; if its numbers only name images or rows, '
                    "take it out"
                )

    def _tell_gaps(self, queries: Sequence[int]) -> None:
        """A line that counts the rows that have no value."""
        gaps = {self.grid.header[n].partition("|")[0]: len(self.grid.rows) - len(self._cells(n)) for n in queries}
        told = [f'{count:,} of "{printable(name)}"' for name, count in gaps.items() if count]
        if told:
            shown, more = ", ".join(told[:MOST_IN_A_LINE]), len(told) - MOST_IN_A_LINE
            ending = f" and of {counted(more, 'more query', 'more queries')}" if more > 0 else ""
            self.findings.notes.append(f"rows without a value were left out: {shown}{ending}")

    def image_advice(self) -> str:
        """What to rename to image: the column whose cells, but for a few, are called like pictures."""
        for column, name in enumerate(self.grid.header):
            cells = self._cells(column)
            if name and 2 * sum(map(looks_like_picture, cells)) > len(cells):
                return f'; rename the column "{printable(name)}" to image'
        return ""

    def counts(self, column: int) -> bool:
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
        self.findings.left.append(replace(left, may_be_group=left.repeats and not is_grouped))

    def _says_split(self, column: int) -> bool:
        """Whether a column of another name looks like a split: a fault, or left out beside the one of that name."""
        name, cells = self.grid.header[column], self._cells(column)
        names = [other.casefold() for other in self.grid.header]
        is_alone = sum(other not in ("image", *KEPT) for other in names) < 2
        if not looks_like_split(name, cells, has_gaps=len(cells) < len(self.grid.rows), is_alone=is_alone):
            return False
        are_numbers = all(map(self.is_number, cells))
        if "split" in names:
            self.findings.left.append(LeftColumn(name, may_be_query=are_numbers, says_split=True))
        else:
            self.findings.hides_split = True
            self.findings.flag = name if are_numbers else self.findings.flag
            self.findings.fault(1, f'the column "{printable(name)}" {split_advice(cells)}')
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
        left = text_column(name, texts, self.is_number)
        if not name:
            self.findings.fault(1, f"column {column + 1} holds values and has no name")
        elif left is None:
            return True
        elif name in self.wanted:
            self.findings.fault(1, f'the column "{printable(name)}" holds no numbers to learn from{left.advice}')
        elif texts and (meant := _kept_name(name)):
            self.findings.hides_split = True
            self.findings.fault(
                1, f'the column "{printable(name)}" is unknown; if it says the {meant} of each row, call it {meant}'
            )
        else:
            self._leave(left)
        return False


def _kept_name(name: str) -> str:
    """What a column of text is called that a wrong name hides, and that decides what is trained on; else empty."""
    return next(iter(get_close_matches(name.casefold(), KEPT, n=1)), "")
