"""Numbers as people and spreadsheets write them: decimal points or commas, thousands parted by either."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from imgrank.paths import printable

# What people and programs write where there is no value
MISSING = ("na", "n/a", "#n/a", "n.a.", "nan", "null", "none", "nil", "-", "--", "–", "—", "?")
NOTHING = (*MISSING, "inf", "infinity")  # and for no number
# What cannot be but a separator of thousands: two of them, or one before a decimal point
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})(,\d{3})+(\.\d*)?|[+-]?[1-9]\d{0,2},\d{3}\.\d*", re.ASCII)
# The same written with dots, where commas are decimal ones; the second form is that only beside such commas
_DOTTED = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3}){2,}(,\d*)?|[+-]?[1-9]\d{0,2}\.\d{3},\d*", re.ASCII)
_ONE_DOT = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}", re.ASCII)
_DOTS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(0,\d+|\d+,(\d{1,2}|\d{4,})|[1-9]\d{0,2}(\.\d{3})+,\d+)", re.ASCII)
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
_BLANKS = re.compile(r"[+-]?\d{1,3}([ '\u00a0\u202f]\d{3})+", re.ASCII)
_UNIT_BEHIND = re.compile(r"([+-]?[0-9.,]+)\s?((?:[^\W\d]|[^\w\s.,:+-])[^\s\d]*|/\s?[0-9]+)")
_UNIT_BEFORE = re.compile(r"([^\w\s.,:+-]|[A-Z]{3})\s?([0-9.,]+)")
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_LARGE = 100  # beside whole numbers below this, 1.200 may be a little more than one
_FAR_ABOVE = 10  # times the largest value without a dot: what thousands would make as large has decimal points


@dataclass(frozen=True, slots=True)
class Notation:
    """How a file writes its numbers; without `commas_part` cells, a comma may be a decimal one, and with
    `decimal_commas` some value shows that it is."""

    commas_part: bool
    decimal_commas: bool = False

    @staticmethod
    def of(delimiter: str, cells: Iterable[str]) -> Notation:
        """That of a file: 27,5 or 0,125 among its cells show that its commas are decimal ones."""
        if delimiter == ",":
            return Notation(commas_part=True)
        return Notation(commas_part=False, decimal_commas=any(map(_DECIMAL.fullmatch, cells)))

    def is_unclear(self, text: str) -> bool:
        """Whether a comma may be a decimal one, or part thousands."""
        return not self.decimal_commas and _EITHER.fullmatch(text) is not None

    def parse(self, text: str) -> float | None:
        """The number, None where it is none or not finite."""
        if _THOUSANDS.fullmatch(text):
            text = text.replace(",", "")
        elif not self.commas_part:
            dotted = _DOTTED.fullmatch(text) or (self.decimal_commas and _ONE_DOT.fullmatch(text))
            text = (text.replace(".", "") if dotted else text).replace(",", ".")
        try:
            value = float(text)
        except ValueError:
            return None
        return value if math.isfinite(value) and "_" not in text else None


POINTS = Notation(commas_part=False)  # where dots are decimal points


@dataclass(frozen=True, slots=True)
class Dots:
    """The dots in the values of one query, where they may part thousands: whether they do, as in the `example`, which
    is the number of a cell."""

    example: int
    part_thousands: bool


def dots_of(cells: Sequence[str], notation: Notation, *, may_be_thousands: bool) -> Dots | None:
    """Of 1.200 and 2.400 beside 950: that they part thousands; None where dots are decimal points without a doubt.

    Where they may be either they are decimal points, which is worth a word if `may_be_thousands` in such files, or
    beside whole numbers as large.
    """
    dotted = [(number, text) for number, text in enumerate(cells) if "." in text]
    others = [text for text in cells if text and "." not in text]
    example = next((number for number, text in dotted if _ONE_DOT.fullmatch(text)), None)
    if notation.decimal_commas or example is None or not all(_DOTS.fullmatch(text) for _, text in dotted):
        return None
    if not all(map(_INTEGER.fullmatch, others)):
        return None
    is_large = any(abs(int(other)) >= _LARGE for other in others) or any(text.count(".") > 1 for _, text in dotted)
    if is_large and not notation.commas_part and _are_thousands([text for _, text in dotted], others):
        return Dots(example, part_thousands=True)
    return Dots(example, part_thousands=False) if is_large or may_be_thousands else None


def _are_thousands(dotted: Sequence[str], others: Sequence[str]) -> bool:
    """Whether the values do not lie far above all others so: 1200 and 2400 beside 950, but not 66667 beside 100."""
    if any(text.count(".") > 1 for text in dotted):
        return True
    largest = max(abs(int(text.replace(".", ""))) for text in dotted)
    return largest <= _FAR_ABOVE * max(abs(int(other)) for other in others)


def has_decimal_points(cells: Sequence[str], notation: Notation) -> bool:
    """Whether a query writes decimal points though other values of its file have decimal commas: 0.875 beside 1.250."""
    dotted = [text for text in cells if "." in text]
    if not notation.decimal_commas or any("," in text for text in cells):
        return False
    return any(not _DOTS.fullmatch(text) for text in dotted)


def bare_number(text: str, is_number: Callable[[str], bool]) -> tuple[str, str] | None:
    """The number in 23%, $5, 5 kg, 1/5 or 1 000, and the unit around it; None where there is no such number."""
    if _BLANKS.fullmatch(text):
        return re.sub(r"[^\d+-]", "", text), ""
    if behind := _UNIT_BEHIND.fullmatch(text):
        number, unit = behind.groups()
    elif before := _UNIT_BEFORE.fullmatch(text):
        unit, number = before.groups()
    else:
        return None
    return (number, unit) if is_number(number) else None


def unit_advice(cells: Sequence[str], is_number: Callable[[str], bool]) -> str:
    """How to write numbers that all have the same unit; empty where they are something else."""
    found = [bare_number(cell, is_number) for cell in cells]
    units = {unit for _, unit in filter(None, found)}
    if not found or found[0] is None or None in found or len(units) > 1:
        return ""
    number, unit = found[0]
    taken_off = f'leave out "{printable(unit)}": ' if unit else ""
    return f"; to train on it, {taken_off}write {number} instead of {printable(cells[0])}"
