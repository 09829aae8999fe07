"""A run, the undos of it, the undos of those, and so on: what of all that is in effect on the disk now.

The journals of a chain, read in the order of their runs, are the list of operations that were done. One that takes
another back removes it from the list, or stands in it itself where the other had left the list before: as when the
undo of an undo does again what was taken back. What is left is in effect, and to take it back from its end gives the
first tree again, however often runs were cut off on the way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from imgrank.actions import past_runs
from imgrank.actions.past_runs import Run, wall_clock
from imgrank.actions.steps import folders_of
from imgrank.errors import ActionError

_REMEMBERED = 100  # runs that are looked at for one that stopped in the middle


@dataclass(frozen=True, slots=True)
class Deed:
    """A step of a run that was done."""

    run: int
    step: int


@dataclass(frozen=True, slots=True)
class Chain:
    """The runs that go back to one, which is the first of `runs`; in the order in which they were begun."""

    runs: tuple[Run, ...]

    @property
    def root(self) -> int:
        """The number of the run that none of them comes before."""
        return self.runs[0].number

    @property
    def numbers(self) -> set[int]:
        """The numbers of its runs."""
        return {run.number for run in self.runs}

    @property
    def last(self) -> Run | None:
        """The last run of which anything may be on the disk; what was only planned, or refused, does not count."""
        return next((run for run in reversed(self.runs) if run.left_something), None)

    @property
    def stopped(self) -> Run | None:
        """The run that was stopped in the middle and that none has followed, if there is one."""
        return self.last if self.last is not None and self.last.unfinished else None

    def run(self, number: int) -> Run:
        """One of the runs. Raises KeyError."""
        return {run.number: run for run in self.runs}[number]

    def in_effect(self, number: int | None = None) -> list[Deed]:
        """What run `number` did, and those that go back to it, and no run has taken back, in the order of doing.

        What a run did that took one of these back counts where it was taken back itself. None: by all of them.
        """
        number = self.root if number is None else number
        below = {run.number for run in _below(number, self.runs)}
        done, took_back = dict[Deed, None](), set[Deed]()
        for run in self.runs:
            for step in run.ended:
                deed, undone = Deed(run.number, step), None if run.number == number else _undone(run, step)
                if undone in done:
                    del done[undone]
                    took_back.add(deed)
                elif run.number in below or undone in took_back:
                    done[deed] = None
        return list(done)

    def on_top(self, number: int) -> int | None:
        """The last run whose deeds are in effect, came after those of run `number` and were no part of it: it must be
        taken back first. None where there is none."""
        below, own = {run.number for run in _below(number, self.runs)}, set(self.in_effect(number))
        later = (run.number for run in reversed(self.runs) if run.number > number and run.number not in below)
        return next((each for each in later if not own.issuperset(self.in_effect(each))), None)


def chain_of(number: int, undone_by: Mapping[int, Collection[int]] | None = None) -> Chain:
    """The whole chain that a run belongs to, from the journals; `undone_by` as `past_runs.undone_by` gives it.

    Other runs of it whose journals cannot be read count as if they had done nothing: whoever takes a step back looks
    at its file first. Raises ActionError where the journal of this run cannot be read.
    """
    undone_by = past_runs.undone_by() if undone_by is None else undone_by
    of = {undo: run for run, undos in undone_by.items() for undo in undos}
    root = number
    while root in of:  # ends: a run comes after what it undoes
        root = of[root]
    journals = (
        past_runs.read(each) if each == number else past_runs.read_or_damaged(each)
        for each in _descent(root, undone_by)
    )
    return Chain(tuple(journals))


def refuse_stopped(folders: Collection[str], but: int | None = None) -> None:
    """Raise ActionError where a run stopped in the middle of these folders; not for the chain of run `but`."""
    for run in past_runs.open_ones(_REMEMBERED):
        if not run.left_something or not folders_of(run.steps).intersection(folders):
            continue
        chain = chain_of(run.number)
        stopped = chain.stopped
        if stopped is not None and chain.root != but:
            raise ActionError(
                f"Run {stopped.number} ({stopped.action}, {wall_clock(stopped.time)}) stopped in the middle of these "
                "files. Nothing was changed now.",
                f"{{undo}} {chain.root} puts them back, {{finish}} {stopped.number} completes the run.",
            )


def chains(runs: Sequence[Run]) -> list[Chain]:
    """All chains of these runs."""
    numbers = {run.number for run in runs}
    undone_by: dict[int, list[int]] = {}
    for run in runs:
        if run.undoes in numbers and run.undoes is not None:
            undone_by.setdefault(run.undoes, []).append(run.number)
    undos = {undo for each in undone_by.values() for undo in each}
    by_number = {run.number: run for run in runs}
    return [
        Chain(tuple(by_number[each] for each in _descent(run.number, undone_by)))
        for run in runs
        if run.number not in undos
    ]


def _descent(root: int, undone_by: Mapping[int, Collection[int]]) -> list[int]:
    found, waiting = set[int](), [root]
    while waiting:
        number = waiting.pop()
        if number not in found:
            found.add(number)
            waiting.extend(undone_by.get(number, ()))
    return sorted(found)


def _below(number: int, runs: Iterable[Run]) -> list[Run]:
    """Of runs in their order, the one of this number and all that go back to it."""
    found = {number}
    below = []
    for run in runs:
        if run.number == number or run.undoes in found:
            found.add(run.number)
            below.append(run)
    return below


def _undone(run: Run, step: int) -> Deed | None:
    reverses, of = run.steps[step].reverses, run.steps[step].of
    of = run.undoes if of is None else of
    return None if reverses is None or of is None else Deed(of, reverses)
