"""Takes runs back, or on to their end. An undo is a run of its own, with a journal, and can be undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from imgrank.actions import journal
from imgrank.actions.apply import carry_out, folders_of, settle, unfit
from imgrank.actions.journal import DAMAGED, Run, kept_path
from imgrank.actions.journeys import possible
from imgrank.actions.lock import holding
from imgrank.actions.records import Identity, LeftAlone, Outcome, Step, Verb
from imgrank.actions.steps import part_of, token
from imgrank.actions.stopping import listening
from imgrank.errors import ActionError

_INVERSE = {
    Verb.copy: Verb.remove_copy,
    Verb.hardlink: Verb.remove_hardlink,
    Verb.symlink: Verb.remove_symlink,
    Verb.mkdir: Verb.rmdir,
}
_INVERSE |= {back: forth for forth, back in _INVERSE.items()}


@dataclass(frozen=True, slots=True)
class Past:
    """One line of the history: of `done` operations, `left` can be undone; `undoes` names the run it took back."""

    run: int
    time: str
    action: str
    query: str
    done: int
    left: int
    unfinished: bool
    undoes: int | None
    damaged: bool


def history() -> tuple[Past, ...]:
    """All runs that did something, oldest first, and those whose journal is damaged."""
    runs = journal.read_all()
    return tuple(_past(run, runs) for run in runs if run.begun or run.closed == DAMAGED)


def undo(number: int | None = None) -> Outcome:
    """Put back what run `number` did; None: the last one that is not undone.

    Each file is checked by size and hash first. What somebody changed meanwhile is left alone and named. Raises
    ActionError where there is nothing to put back.
    """
    number = _last() if number is None else number
    run = journal.read(number)
    with listening() as stop, holding(folders_of(run.steps)):
        with journal.reopen(number) as old:
            settle(old)
            run = old.run
            was_open = _close_undos(number) or not run.closed
            if not run.closed:
                old.close("undone")
            steps, lost = _steps_back(run, _taken_back(number, journal.read_all()))
            if not steps and not lost and not was_open:
                raise ActionError(f"Run {number} is undone already, or did nothing; imgrank history lists all runs.")
        if not steps:
            return Outcome(number, 0, lost)
        with journal.start("undo", run.query, steps, _kept(number, steps), undoes=number) as new:
            outcome = carry_out(new, stop)
    return Outcome(outcome.run, outcome.done, (*lost, *outcome.left_alone))


def finish(number: int) -> Outcome:
    """Go on with a run that stopped in the middle. Raises ActionError where it is not one."""
    run = journal.read(number)
    if not run.unfinished:
        raise ActionError(f"Run {number} did not stop in the middle; there is nothing to finish.")
    with listening() as stop, holding(folders_of(run.steps)), journal.reopen(number) as old:
        settle(old)
        return carry_out(old, stop)


def _last() -> int:
    runs = journal.read_all()
    undos = set[int]()
    for run in runs:
        if run.undoes is not None and run.undoes not in undos:
            undos.add(run.number)
    for run in reversed(runs):
        if run.number in undos:
            if run.unfinished and run.undoes is not None:
                return run.undoes
        elif run.closed == DAMAGED:
            journal.read(run.number)  # raises: what comes before it is not the last run
        elif run.unfinished or set(run.ended) - _taken_back(run.number, runs):
            return run.number
    raise ActionError("There is nothing to undo: no run of imgrank has changed a file, or all are undone.")


def _past(run: Run, runs: list[Run]) -> Past:
    left = len(set(run.ended) - _taken_back(run.number, runs))
    return Past(
        run.number,
        run.time,
        run.action,
        run.query,
        len(run.ended),
        left,
        run.unfinished,
        run.undoes,
        run.closed == DAMAGED,
    )


def _close_undos(number: int) -> bool:
    """Settle undos of a run that were cut off themselves, so that what they did counts. Whether there was one."""
    cut_off = [run.number for run in journal.read_all() if run.undoes == number and run.unfinished]
    for each in cut_off:
        with journal.reopen(each) as old:
            settle(old)
            old.close("undone")
    return bool(cut_off)


def _taken_back(number: int, runs: list[Run]) -> set[int]:
    undos = [run for run in runs if run.undoes == number]
    return {back for run in undos for each in run.ended if (back := run.steps[each].reverses) is not None}


def _steps_back(run: Run, taken_back: set[int]) -> tuple[tuple[Step, ...], tuple[LeftAlone, ...]]:
    """The inverse of each step that is done, last first; and the files that cannot go back."""
    mark, steps, lost = token(), list[Step](), list[LeftAlone]()
    for number in sorted(set(run.ended) - taken_back, reverse=True):
        place = run.ended[number]
        if run.steps[number].verb is Verb.trash and not place:
            lost.append(
                LeftAlone(run.steps[number].source, "it is in the system's trash, which can put it back itself")
            )
        else:
            steps.append(_back(run.steps[number], place, run.begun[number], number, mark))
    kept, blocked = possible(steps, unfit)
    return kept, (*lost, *blocked)


def _back(step: Step, place: str, found: Identity, number: int, mark: str) -> Step:
    if step.verb in (Verb.move, Verb.restore, Verb.trash):
        verb = {Verb.move: Verb.move, Verb.restore: Verb.trash, Verb.trash: Verb.restore}[step.verb]
        target = "" if verb is Verb.trash else step.source
        part = part_of(target, mark, number) if target else ""
        return Step(verb, place, target, found.size, hash=found.hash, part=part, stem=step.stem, reverses=number)
    part = part_of(step.target, mark, number) if step.target else ""
    if step.verb is Verb.write:
        time = found.mtime_ns if step.old else None
        return Step(
            Verb.write, step.target, step.target, part=part, old=step.new, new=step.old, time_ns=time, reverses=number
        )
    content = None if step.verb is Verb.remove_symlink else found.hash
    return Step(_INVERSE[step.verb], step.source, step.target, found.size, hash=content, part=part, reverses=number)


def _kept(run: int, steps: Sequence[Step]) -> Iterator[bytes]:
    """The bytes of sidecars, taken along so that the undo can be undone and finished by itself."""
    for digest in {digest for step in steps for digest in (step.old, step.new) if digest}:
        yield kept_path(run, digest).read_bytes()
