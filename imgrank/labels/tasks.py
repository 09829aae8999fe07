"""What labels walk on as, whatever file they came from: one task a query, phrasings joined and duplicates merged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from imgrank.counting import counted
from imgrank.paths import printable

SPLITS = ("train", "val", "test")
FEWEST_ROWS = 8  # labelled rows of one query, below which nothing can be trained
MOST_CLASSES = 10
SKIP_BAD = "Correct them, or use {skip_bad} to leave these rows out."  # a remedy


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one line of a labels file; line 0 is the file itself."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}" if self.line else self.reason


@dataclass(frozen=True, slots=True)
class LeftColumn:
    """A column that is taken for no query: it names images or rows, or, with `says_nothing`, holds no numbers to learn
    from, or, with `says_split`, is a split beside the one of that name. `repeats` where rows share a value, as images
    of one patient do, and `may_be_group` where nothing else says what must stay in one split; `may_be_query` where it
    holds numbers that could be learnt all the same. `advice` ends the line where it does not follow from the others."""

    name: str
    repeats: bool = False
    may_be_group: bool = False
    may_be_query: bool = True
    says_nothing: bool = False
    says_split: bool = False
    advice: str = ""

    def __str__(self) -> str:
        name = printable(self.name)
        if self.says_split:
            return f'the column "{name}" looks like a split, and was left out: the column split is the one that counts'
        if self.says_nothing:
            advice = self.advice or ("; to train on it, give each class a number" if self.repeats else "")
            return f'the column "{name}" holds no numbers to learn from, and was left out{advice}'
        if self.repeats:
            advice = "; call it group, and such images stay in one split" if self.may_be_group else ""
            return f'the column "{name}" names what several images belong to, and was left out{advice}'
        return f'the column "{name}" numbers the images, and was left out'


@dataclass(frozen=True, slots=True, eq=False)
class ValueTask:
    """One query and its N labelled pictures.

    `phrasings` say the same in other words, the first one names the query. `values` (N,) are in the user's
    unit; `splits` and `groups` hold N texts, empty where the file says nothing.
    """

    phrasings: tuple[str, ...]
    images: tuple[str, ...]
    values: npt.NDArray[np.float64]
    splits: tuple[str, ...]
    groups: tuple[str, ...]

    @property
    def query(self) -> str:
        """What the query is called: its first phrasing."""
        return self.phrasings[0]

    def __len__(self) -> int:
        return len(self.images)

    def shown_by(self, known: Container[str]) -> list[bool]:
        """Of each row, whether its picture is known."""
        return [image in known for image in self.images]

    def select(self, kept: Sequence[bool]) -> ValueTask:
        """The rows to keep."""
        values, splits, groups = self.values[np.array(kept, bool)], _kept(self.splits, kept), _kept(self.groups, kept)
        return ValueTask(self.phrasings, _kept(self.images, kept), values, splits, groups)

    @property
    def are_classes(self) -> bool:
        """Whether the values are a few whole numbers, several pictures each: ordered classes."""
        levels = np.unique(self.values)
        return bool(len(levels) <= min(MOST_CLASSES, len(self) / 2) and np.array_equal(levels, np.rint(levels)))


@dataclass(frozen=True, slots=True, eq=False)
class PairTask:
    """One query and N answers to "which is more?".

    `preferred` (N,) is 1 where the left picture was said to be more, -1 where the right one, 0 for a tie.
    """

    phrasings: tuple[str, ...]
    left: tuple[str, ...]
    right: tuple[str, ...]
    preferred: npt.NDArray[np.float64]
    splits: tuple[str, ...]
    groups: tuple[str, ...]

    @property
    def query(self) -> str:
        """What the query is called: its first phrasing."""
        return self.phrasings[0]

    def __len__(self) -> int:
        return len(self.left)

    def shown_by(self, known: Container[str]) -> list[bool]:
        """Of each answer, whether both pictures are known."""
        return [left in known and right in known for left, right in zip(self.left, self.right, strict=True)]

    def select(self, kept: Sequence[bool]) -> PairTask:
        """The answers to keep."""
        left, right, splits, groups = (
            _kept(column, kept) for column in (self.left, self.right, self.splits, self.groups)
        )
        return PairTask(self.phrasings, left, right, self.preferred[np.array(kept, bool)], splits, groups)


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Everything a labels file says; `left_out` names what was passed by, `notes` are lines for the user.

    `left_columns` were taken for no query, as they name images or rows, or hold text; `notes` say so, too.
    """

    source: str
    values: tuple[ValueTask, ...] = ()
    pairs: tuple[PairTask, ...] = ()
    left_out: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()
    left_columns: tuple[LeftColumn, ...] = ()

    @property
    def tasks(self) -> tuple[ValueTask | PairTask, ...]:
        """All queries, those with values first."""
        return self.values + self.pairs

    def with_tasks(self, tasks: Sequence[ValueTask | PairTask]) -> Labels:
        """The same labels with other queries."""
        values = tuple(task for task in tasks if isinstance(task, ValueTask))
        return replace(self, values=values, pairs=tuple(task for task in tasks if isinstance(task, PairTask)))

    def images(self) -> tuple[str, ...]:
        """Every picture that is named, once, in order of its first mention."""
        named: dict[str, None] = {}
        for task in self.values:
            named.update(dict.fromkeys(task.images))
        for pair_task in self.pairs:
            named.update(dict.fromkeys(pair_task.left))
            named.update(dict.fromkeys(pair_task.right))
        return tuple(named)


def _kept(column: Sequence[str], kept: Sequence[bool]) -> tuple[str, ...]:
    return tuple(cell for cell, keep in zip(column, kept, strict=True) if keep)


@dataclass(frozen=True, slots=True)
class ValueCell:
    """One value of one picture, and the line that says so."""

    line: int
    image: str
    query: str
    value: float
    split: str
    group: str


@dataclass(frozen=True, slots=True)
class PairCell:
    """One answer: 1 left, -1 right, 0 tie."""

    line: int
    left: str
    right: str
    query: str
    preferred: float
    split: str
    group: str


_Cell = TypeVar("_Cell", ValueCell, PairCell)


def phrasings(text: str) -> tuple[str, ...]:
    """`older person|elderly` -> ("older person", "elderly"), without blanks and repetitions."""
    return tuple(dict.fromkeys(part for part in (" ".join(p.split()) for p in text.split("|")) if part))


def value_tasks(cells: Iterable[ValueCell], faults: list[Fault]) -> tuple[ValueTask, ...]:
    """One task for each query, in order of first mention; adds to `faults` what is wrong across rows."""
    by_query = _by_query(cells, faults)
    tasks = []
    for names, its_cells in by_query.items():
        kept = _without_straddlers(_without_duplicates(its_cells, faults), faults)
        if _enough(names[0], its_cells[0].line, len(kept), faults) and _varied(names[0], kept, faults):
            tasks.append(_value_task(names, kept))
    return tuple(tasks)


def pair_tasks(cells: Iterable[PairCell], faults: list[Fault]) -> tuple[PairTask, ...]:
    """One task for each query. People may contradict each other: the same pair may stand there often."""
    by_query = _by_query(cells, faults)
    tasks = []
    for names, its_cells in by_query.items():
        kept = _without_straddlers(its_cells, faults)
        if not _enough(names[0], its_cells[0].line, len(kept), faults):
            continue
        if all(cell.preferred == 0 for cell in kept):
            faults.append(Fault(its_cells[0].line, f'the query "{printable(names[0])}" has nothing but ties'))
            continue
        tasks.append(_pair_task(names, kept))
    return tuple(tasks)


def _without_duplicates(cells: Sequence[ValueCell], faults: list[Fault]) -> list[ValueCell]:
    first: dict[str, ValueCell] = {}
    for cell in cells:
        known = first.setdefault(cell.image, cell)
        if (known.value, known.split, known.group) == (cell.value, cell.split, cell.group):
            continue
        what = (
            f"the value {cell.value:g}, but line {known.line} has {known.value:g}"
            if known.value != cell.value
            else f"another split or group than line {known.line}"
        )
        faults.append(Fault(cell.line, f"{printable(cell.image)} has {what}"))
    return list(first.values())


def _without_straddlers(cells: Sequence[_Cell], faults: list[Fault]) -> list[_Cell]:
    """A group stands in the split of its first row; rows that say otherwise are faults."""
    split_of: dict[str, tuple[str, int]] = {}
    kept = []
    for cell in cells:
        split, line = split_of.setdefault(cell.group, (cell.split, cell.line)) if cell.group else (cell.split, 0)
        if split == cell.split:
            kept.append(cell)
        else:
            here, there = cell.split or "no split", split or "no split"
            faults.append(
                Fault(cell.line, f'the group "{printable(cell.group)}" is in {here}, but in {there} on line {line}')
            )
    return kept


def _by_query(cells: Iterable[_Cell], faults: list[Fault]) -> dict[tuple[str, ...], list[_Cell]]:
    """Rows by query, capitals alike; a query with a phrasing of an earlier one is a fault, and is not among them."""
    spelt: dict[tuple[str, ...], tuple[str, ...]] = {}
    by_query: dict[tuple[str, ...], list[_Cell]] = defaultdict(list)
    for cell in cells:
        names = phrasings(cell.query)
        by_query[spelt.setdefault(tuple(name.casefold() for name in names), names)].append(cell)
    owner: dict[str, tuple[str, ...]] = {}
    for names in tuple(by_query):
        shared = [name for name in names if owner.setdefault(name.casefold(), names) is not names]
        for name in shared:
            other = printable("|".join(owner[name.casefold()]))
            faults.append(
                Fault(0, f'"{printable(name)}" belongs to two queries, {printable("|".join(names))} and {other}')
            )
        if shared:
            del by_query[names]
    return by_query


def _enough(query: str, line: int, rows: int, faults: list[Fault]) -> bool:
    if rows < FEWEST_ROWS:
        faults.append(
            Fault(
                line, f'the query "{printable(query)}" has {counted(rows, "good row")} and needs at least {FEWEST_ROWS}'
            )
        )
    return rows >= FEWEST_ROWS


def _varied(query: str, cells: Sequence[ValueCell], faults: list[Fault]) -> bool:
    varied = any(cell.value != cells[0].value for cell in cells)
    if not varied:
        faults.append(
            Fault(cells[0].line, f'the query "{printable(query)}" has the same value {cells[0].value:g} in all rows')
        )
    return varied


def _value_task(names: tuple[str, ...], cells: Sequence[ValueCell]) -> ValueTask:
    return ValueTask(
        names,
        tuple(cell.image for cell in cells),
        np.array([cell.value for cell in cells]),
        tuple(cell.split for cell in cells),
        tuple(cell.group for cell in cells),
    )


def _pair_task(names: tuple[str, ...], cells: Sequence[PairCell]) -> PairTask:
    return PairTask(
        names,
        tuple(cell.left for cell in cells),
        tuple(cell.right for cell in cells),
        np.array([cell.preferred for cell in cells]),
        tuple(cell.split for cell in cells),
        tuple(cell.group for cell in cells),
    )
