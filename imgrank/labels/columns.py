"""Columns of a wide labels file that name images or rows rather than measure them (an id, the number of a file), or
that hold text.

A name and the values decide together, so that no quantity is dropped: "image_id" with a number of its own in each row
is none, "rating_id" of five levels and "sharpness index" may be one, and a query that is called "rank" is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from imgrank.labels.numbers import NOTHING
from imgrank.labels.tasks import MOST_CLASSES, LeftColumn

FEW_NUMBERS = 10  # times as many words as numbers, at least, in a column of text

_OF_A_FILE = r"(?:image|img|picture|pic|photo|file ?name|file|row|line|record|item|sample|case|entry|subject|patient)"
_NUMBER = r"(?:no\.?|nr\.?|num\.?|number|nummer|idx|index|key|counter|#)"
# A name for identities, which may come twice, or hold letters: several images of one patient
_IDENTITY = re.compile(r"(?i:(?:.*[ _.-])?(?:ids?|uid|uuid|guid|pk))|.*[a-z]I[Dd]")
# What several images may be of, in the singular: a whole number below such a name is which one
_OF_ONE = re.compile(
    r"patient|participant|proband|subject|donor|individual|specimen|case|sample|item|record|entry|"
    r"(?:patient|participant|subject|case|sample|specimen|donor)[ _.-]*(?:no\.?|nr\.?|num\.?|number|#)",
    re.IGNORECASE,
)
# Names for a number of its own in each row
_COUNTS = re.compile(
    rf"{_OF_A_FILE}?[ _.-]*(?:idx|index|key|row|nr\.?|no\.?|#|serial)|(?:{_OF_A_FILE}|serial)[ _.-]*{_NUMBER}",
    re.IGNORECASE,
)
# Names that count rows, or measure something: only numbers one after another are the former
_MAY_COUNT = re.compile(rf"(?:.*[ _.-])?(?:{_NUMBER}|seq|sequence|n)", re.IGNORECASE)
_WHOLE = re.compile(r"\d+(?:\.0+)?", re.ASCII)
_ANY_NUMBER = re.compile(r"[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def left_column(name: str, cells: Sequence[str]) -> LeftColumn | None:
    """The column, where it names images or rows; None where it may measure something. Empty cells do not count."""
    name, cells = name.strip(), [cell for cell in cells if cell]
    if not cells:
        return None
    are_whole, levels = all(map(_WHOLE.fullmatch, cells)), len(set(cells))
    is_unique = levels == len(cells)
    if _IDENTITY.fullmatch(name) or _OF_ONE.fullmatch(name):
        if are_whole:
            may_grade = not is_unique and levels <= MOST_CLASSES and max(map(float, cells)) <= MOST_CLASSES
            return None if may_grade else LeftColumn(name, not is_unique)
        has_numbers = any(map(_ANY_NUMBER.fullmatch, cells))
        return None if has_numbers else LeftColumn(name, not is_unique, may_be_query=False)
    if not (are_whole and is_unique):
        return None
    counts = _COUNTS.fullmatch(name) or (_MAY_COUNT.fullmatch(name) and is_consecutive(cells))
    return LeftColumn(name) if counts else None


def text_column(name: str, cells: Sequence[str], is_number: Callable[[str], bool]) -> LeftColumn | None:
    """The column, where hardly a cell is a number: comments, of which one may be "3"; None where it has values."""
    numbers = sum(map(is_number, cells))
    words = [cell for cell in cells if cell and cell.casefold() not in NOTHING and not is_number(cell)]
    if numbers * FEW_NUMBERS > len(words):
        return None
    levels = len(set(words))
    are_classes = 1 < levels <= min(MOST_CLASSES, len(words) / 2)
    return LeftColumn(name, are_classes, may_be_query=False, says_nothing=True)


def may_only_name(name: str, cells: Sequence[str]) -> bool:
    """Whether a column that is taken for a query may measure nothing: an id of few levels, or rows counted."""
    cells = [cell for cell in cells if cell]
    if not all(map(_WHOLE.fullmatch, cells)):
        return False
    names = _IDENTITY.fullmatch(name.strip()) or _OF_ONE.fullmatch(name.strip())
    return names is not None or is_consecutive(cells)


def is_consecutive(cells: Sequence[str]) -> bool:
    """Whether whole numbers come one after another, in the order of the file."""
    return [float(cell) for cell in cells] == [float(cells[0]) + n for n in range(len(cells))] if cells else False
