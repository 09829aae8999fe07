"""Columns of a wide labels file that name images or rows rather than measure them (an id, the number of a file), or
that hold text, or say the split of each row under another name.

A name and the values decide together, so that no quantity is dropped: "image_id" with a number of its own in each row
is none, "rating_id" of five levels and "sharpness index" may be one, and a query that is called "rank" is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches

from imgrank.labels.folders_and_ratings import SCALES
from imgrank.labels.numbers import NOTHING, unit_advice
from imgrank.labels.tasks import MOST_CLASSES, SPLITS, LeftColumn
from imgrank.paths import printable

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
_TRAIN = ("train", "training")
_HELD_OUT = ("val", "valid", "validation", "dev", "test", "testing", "holdout")
# Names of which a flag in each row says the split; "train" alone may be what a picture shows
_OF_SPLIT = re.compile(
    rf"(?:is|in|for|use)[ _.-]*(?:{'|'.join((*_TRAIN, *_HELD_OUT))})[ _.-]*(?:set|split|rows?)?|"
    rf"(?:{'|'.join((*_TRAIN, *_HELD_OUT))})[ _.-]*(?:set|split|rows?)|training|{'|'.join(_HELD_OUT)}",
    re.IGNORECASE,
)
_FLAGS = ("0", "1", "2", "0.0", "1.0", "2.0", "true", "false", "yes", "no", "t", "f", "y", "n", "x")
_CLOSE_TO_SPLIT = 0.8  # alike, as a number below a name that is not closer may be a quantity
# Whom or what several images show or are by; words below such a name are names
_WHO = re.compile(
    r"(?:person|people|subject|sitter|model|actor|actress|player|artist|painter|author|creator|photographer|owner|user|"
    r"student|child|who)s?(?:[ _.-]*names?)?|(?:(?:first|last|full)[ _.-]*)?names?",
    re.IGNORECASE,
)
_GRADES = frozenset(word for scale in SCALES for word in scale)
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


def looks_like_split(name: str, cells: Sequence[str], *, has_gaps: bool, is_alone: bool) -> bool:
    """Whether a column says the split of each row, by its words or by its name; `has_gaps` where some rows are empty,
    and `is_alone` where no other column may be a query, so that a flag is one."""
    words = {cell.casefold() for cell in cells} - set(NOTHING)
    if not words:
        return False
    if words <= {*_TRAIN, *_HELD_OUT}:
        is_mixed = not words.isdisjoint(_HELD_OUT) and (has_gaps or not words.isdisjoint(_TRAIN))
        return is_mixed or words <= set(SPLITS)
    is_named = _OF_SPLIT.fullmatch(name) or get_close_matches(name.casefold(), ["split"], cutoff=_CLOSE_TO_SPLIT)
    return bool(is_named) and words <= set(_FLAGS) and not is_alone


def split_advice(cells: Sequence[str]) -> str:
    """What such a column holds, and what to do with it."""
    words = list(dict.fromkeys(cells))
    shown = ", ".join(map(printable, words[:3])) + (", ..." if len(words) > 3 else "")
    spelling = "" if all(word.casefold() in SPLITS for word in words) else " and write train, val or test in it"
    return f"looks like a split ({shown}); call it split{spelling}, or take it out"


def text_column(name: str, cells: Sequence[str], is_number: Callable[[str], bool]) -> LeftColumn | None:
    """The column, where hardly a cell is a number: comments, of which one may be "3"; None where it has values."""
    numbers = sum(map(is_number, cells))
    words = [cell for cell in cells if cell and cell.casefold() not in NOTHING and not is_number(cell)]
    if numbers * FEW_NUMBERS > len(words):
        return None
    levels = len(set(words))
    if levels < len(words) and _WHO.fullmatch(name.strip()) and _GRADES.isdisjoint(map(str.casefold, words)):
        return LeftColumn(name, repeats=True, may_be_query=False)
    are_classes = 1 < levels <= min(MOST_CLASSES, len(words) / 2)
    advice = unit_advice(words, is_number)
    return LeftColumn(name, are_classes, may_be_query=False, says_nothing=True, advice=advice)


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
