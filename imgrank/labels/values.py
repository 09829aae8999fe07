"""The values of a labels file: the cells of each query as numbers, in the notation that they show together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from imgrank.counting import counted
from imgrank.labels.csv_text import Grid, Row
from imgrank.labels.findings import MOST_IN_A_LINE, Findings
from imgrank.labels.numbers import MISSING, NOTHING, POINTS, Notation, bare_number, dots_of, has_decimal_points
from imgrank.paths import printable


@dataclass(slots=True)
class Values:
    """Reads the values of one file. What its dots mean is decided for each query before its first value is read."""

    grid: Grid
    findings: Findings
    _notation: Notation = field(init=False)
    _with_dotted_thousands: set[str] = field(default_factory=set)
    _with_decimal_points: set[str] = field(default_factory=set)
    _missing: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        cells = (cell for row in self.grid.rows for cell in row.cells)
        self._notation = Notation.of(self.grid.delimiter, cells)

    def is_number(self, text: str) -> bool:
        return self._notation.parse(text) is not None or self._notation.is_unclear(text)

    def decide_dots(self, query: str, cells: Sequence[tuple[int, str]]) -> None:
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
            self.findings.notes.append(
                f'dots in the values of "{name}" separate thousands: line {line}, {text} is read as {read}'
            )
        else:
            self.findings.notes.append(
                f'dots in the values of "{name}" are read as decimal points: line {line}, {text} is {float(text):g}; '
                "if they separate thousands, write the numbers without them"
            )

    def number(self, row: Row, text: str, query: str) -> float | None:
        if self._notation.is_unclear(text):
            self.findings.fault(
                row.line, f'the value "{text}" could be thousands or have a decimal comma; write it without commas'
            )
            return None
        notation = POINTS if query in self._with_decimal_points else self._notation
        value = notation.parse(text.replace(".", "") if query in self._with_dotted_thousands else text)
        if not text:
            self.findings.fault(row.line, "the value is missing")
        elif text.casefold() in MISSING:
            self._missing[query].append((row.line, text))
        elif value is None:
            hint = "; write a decimal point" if self._notation.parse(text.replace(",", ".", 1)) is not None else ""
            if text.isalpha() and text.casefold() not in NOTHING:
                hint = "; give each class a number, such as 1, 2 and 3"
            if bare := bare_number(text, self.is_number):
                hint = f"; write {bare[0]}"
            self.findings.fault(row.line, f'the value "{printable(text)}" is not a number{hint}')
        return value

    def tell_missing(self, remedy: str) -> None:
        """One fault a query for all its words that stand for no value."""
        for query, cells in self._missing.items():
            words = " and ".join(f'"{printable(word)}"' for word in dict.fromkeys(text for _, text in cells))
            what = f"the value {words} is not a number"
            if len(cells) > 1:
                name, more = printable(query.partition("|")[0]), len(cells) - MOST_IN_A_LINE
                lines = ", ".join(str(line) for line, _ in cells[:MOST_IN_A_LINE])
                ending = f" and {more:,} more" if more > 0 else ""
                what = f'{counted(len(cells), "value")} of "{name}" are not numbers: {words} on lines {lines}{ending}'
            self.findings.fault(cells[0][0], f"{what}; where there is no value, {remedy}")
