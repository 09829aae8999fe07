"""What was found in a labels file: its faults, notes and the columns left out; and the report that lists the faults."""

from __future__ import annotations

import os
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from imgrank.counting import agreeing, counted
from imgrank.errors import LabelsError
from imgrank.labels.tasks import SKIP_BAD, Fault, LeftColumn
from imgrank.paths import printable

_MOST_PRINTED = 50
MOST_IN_A_LINE = 10
_MOST_WORDS = 4


def listing(opening: str, faults: Sequence[Fault], *ending: str) -> str:
    """A sentence and the faults below it, a line each; of very many the first."""
    more = len(faults) - _MOST_PRINTED
    lines = [f"  {fault}" for fault in faults[:_MOST_PRINTED]] + ([f"  and {more} more"] if more > 0 else [])
    return "\n".join([opening, *lines, *ending])


@dataclass(frozen=True, slots=True)
class SameFault:
    """A fault that many cells may have: what is said of one of them, of several behind their number, and the remedy."""

    one: str
    several: str
    remedy: str = ""


@dataclass(slots=True)
class Findings:
    """Collected while a file is read, so that every fault is found before anything is said."""

    faults: list[Fault]
    notes: list[str] = field(default_factory=list)
    left: list[LeftColumn] = field(default_factory=list)
    lacks_query: bool = False
    hides_split: bool = False  # a column of another name decides what is trained on, whatever is skipped
    flag: str = ""  # such a column of numbers, which may be a query
    lacks_images: bool = False
    _same: dict[Hashable, tuple[SameFault, list[tuple[int, str]]]] = field(default_factory=dict)

    def fault(self, line: int, reason: str) -> None:
        self.faults.append(Fault(line, reason))

    def cell(self, line: int, text: str, said: SameFault, kind: Hashable) -> None:
        """A fault of one cell, which is told once for all cells of its kind; the words are those of the first."""
        self._same.setdefault(kind, (said, []))[1].append((line, text))

    def tell_no_images(self, cells: Sequence[tuple[int, str]], remedy: str) -> None:
        """One fault for all images that are not there."""
        self.lacks_images = True
        said = SameFault(f"there is no image {printable(cells[0][1])}", "cells name images that are not there", remedy)
        for line, text in cells:
            self.cell(line, text, said, "no image")

    def tell_cells(self) -> None:
        """One fault for all cells of a kind."""
        for said, cells in self._same.values():
            what = said.one if len(cells) == 1 else f"{len(cells):,} {said.several}: {_places(cells)}"
            self.fault(cells[0][0], f"{what}{said.remedy}")
        self._same.clear()

    def sorted_faults(self) -> tuple[Fault, ...]:
        """The faults, line by line."""
        return tuple(sorted(self.faults, key=lambda fault: fault.line))

    def check(self, path: str, *, has_tasks: bool, skip_bad: bool) -> None:
        """Raise LabelsError where a fault cannot be, or is not to be, left out."""
        if self.hides_split or (self.faults and not (skip_bad and has_tasks)):
            listing = self._listing(path, is_empty=skip_bad and not self.hides_split)
            raise LabelsError(listing, self._remedy(has_tasks=has_tasks, skip_bad=skip_bad))

    def _listing(self, path: str, *, is_empty: bool) -> str:
        faults = self.sorted_faults()
        ending = ["Nothing is left to use."] if is_empty else []
        if self.lacks_images:
            folder = printable(os.path.dirname(path)) or "the current folder"
            ending.insert(0, f"Relative paths start at the folder of the labels file, {folder}.")
        opening = f"{printable(path)} has {counted(len(faults), 'error')}; nothing was trained or measured."
        return listing(opening, faults, *ending)

    def _remedy(self, *, has_tasks: bool, skip_bad: bool) -> str:
        if self.hides_split:
            return f'If "{printable(self.flag)}" is a query, name it with {{column}}.' if self.flag else ""
        if has_tasks and not skip_bad:
            return SKIP_BAD
        may_be = [left.name for left in self.left if left.may_be_query] if self.lacks_query else []
        return f'Name a column with {{column}}, such as "{printable(may_be[0])}".' if may_be else ""


def _places(cells: Sequence[tuple[int, str]]) -> str:
    """A few of the texts, and on which lines they stand."""
    lines = list(dict.fromkeys(f"{line}" for line, _ in cells))
    where = f"{agreeing(len(lines), 'line', 'lines')} {_some(lines, MOST_IN_A_LINE, 'more')}"
    texts = [f'"{printable(text)}"' for text in dict.fromkeys(text for _, text in cells) if text]
    return f"{_some(texts, _MOST_WORDS, 'others')} on {where}" if texts else where


def _some(words: Sequence[str], most: int, others: str) -> str:
    more = len(words) - most
    ending = f" and {more:,} {agreeing(more, others.removesuffix('s'), others)}" if more > 0 else ""
    return f"{', '.join(words[:most])}{ending}"
