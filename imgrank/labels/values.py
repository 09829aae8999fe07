"""The values of a labels file: the cells of each query as numbers, in the notation that they show together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from imgrank.labels.csv_text import Grid, Row
from imgrank.labels.findings import Findings, SameFault
from imgrank.labels.numbers import MISSING, NOTHING, POINTS, Notation, bare_number, dots_of, has_decimal_points
from imgrank.paths import printable

NO_NUMBER = ("is not a number", "are not numbers")


@dataclass(slots=True)
class Values:
    """Reads the values of one file. What its dots mean is decided for each query before its first value is read."""

    grid: Grid
    findings: Findings
    without: str = "leave the row out"  # what to do where there is no value
    _notation: Notation = field(init=False)
    _with_dotted_thousands: set[str] = field(default_factory=set)
    _with_decimal_points: set[str] = field(default_factory=set)

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
        (line, text), name = cells[dots.example], _name(query)
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
            unclear = "could be thousands or have a decimal comma"
            remedy = f"; write {text.replace(',', '')} or {text.replace(',', '.')}"
            self._bad(row, text, query, (unclear, unclear), remedy, "comma")
            return None
        notation = POINTS if query in self._with_decimal_points else self._notation
        value = notation.parse(text.replace(".", "") if query in self._with_dotted_thousands else text)
        if not text:
            said = SameFault("the value is missing", f'values of "{_name(query)}" are missing')
            self.findings.cell(row.line, text, said, (query, "missing"))
        elif text.casefold() in MISSING:
            self._bad(row, text, query, NO_NUMBER, f"; where there is no value, {self.without}")
        elif value is None:
            if bare := bare_number(text, self.is_number):
                self._bad(row, text, query, NO_NUMBER, f"; write {bare[0]} instead of {printable(text)}", "unit")
            else:
                self._bad(row, text, query, NO_NUMBER, self._advice(text))
        return value

    def _advice(self, text: str) -> str:
        """How to write a number that is none as it stands."""
        if text.isalpha() and text.casefold() not in NOTHING:
            return "; give each class a number, such as 1, 2 and 3"
        return "; write a decimal point" if self._notation.parse(text.replace(",", ".", 1)) is not None else ""

    def _bad(self, row: Row, text: str, query: str, wrong: tuple[str, str], remedy: str, kind: str = "") -> None:
        """Cells of a query are one fault where they are wrong in one way, said of one and of several, and are to be
        mended in one way: by the same words, or of one `kind`."""
        said = SameFault(f'the value "{printable(text)}" {wrong[0]}', f'values of "{_name(query)}" {wrong[1]}', remedy)
        self.findings.cell(row.line, text, said, (query, wrong, kind or remedy))


def _name(query: str) -> str:
    return printable(query.partition("|")[0])
