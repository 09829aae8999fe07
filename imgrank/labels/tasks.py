"""Checked cells -> one task a query: phrasings joined, duplicates merged, and what only shows over many rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from imgrank.labels.records import FEWEST_ROWS, Fault, PairTask, ValueTask
from imgrank.paths import printable


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
    by_query: dict[tuple[str, ...], list[ValueCell]] = defaultdict(list)
    for cell in cells:
        by_query[phrasings(cell.query)].append(cell)
    _shared_phrasings(by_query, faults)
    tasks = []
    for names, its_cells in by_query.items():
        kept = _without_straddlers(_without_duplicates(its_cells, faults), faults)
        if _enough(names[0], its_cells[0].line, len(kept), faults) and _varied(names[0], kept, faults):
            tasks.append(_value_task(names, kept))
    return tuple(tasks)


def pair_tasks(cells: Iterable[PairCell], faults: list[Fault]) -> tuple[PairTask, ...]:
    """One task for each query. People may contradict each other: the same pair may stand there often."""
    by_query: dict[tuple[str, ...], list[PairCell]] = defaultdict(list)
    for cell in cells:
        by_query[phrasings(cell.query)].append(cell)
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


def _shared_phrasings(queries: Iterable[tuple[str, ...]], faults: list[Fault]) -> None:
    owner: dict[str, tuple[str, ...]] = {}
    for names in queries:
        for name in names:
            if owner.setdefault(name.casefold(), names) is not names:
                other = printable("|".join(owner[name.casefold()]))
                faults.append(
                    Fault(0, f'"{printable(name)}" belongs to two queries, {printable("|".join(names))} and {other}')
                )


def _enough(query: str, line: int, rows: int, faults: list[Fault]) -> bool:
    if rows < FEWEST_ROWS:
        faults.append(
            Fault(line, f'the query "{printable(query)}" has {rows} good rows and needs at least {FEWEST_ROWS}')
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
