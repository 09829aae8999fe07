"""Takes runs back, or on to their end. An undo is a run of its own, with a journal, and can be undone."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from imgrank.actions import journal, past_runs, trash
from imgrank.actions.apply import Stop, carry_out, in_words, listening, settle, subject, unfit
from imgrank.actions.chains import Chain, chain_of, chains, refuse_stopped
from imgrank.actions.check import possible
from imgrank.actions.embed.delta import decode
from imgrank.actions.lock import holding
from imgrank.actions.no_clobber import exists, hash_bytes
from imgrank.actions.past_runs import DAMAGED, Run
from imgrank.actions.records import Identity, LeftAlone, Outcome, Step, Verb
from imgrank.actions.steps import count_files, folders_of, is_aside, part_of, token
from imgrank.errors import ActionError
from imgrank.paths import why
from imgrank.records import Progress

_INVERSE = {
    Verb.copy: Verb.remove_copy,
    Verb.hardlink: Verb.remove_hardlink,
    Verb.symlink: Verb.remove_symlink,
    Verb.mkdir: Verb.rmdir,
}
_GOES_ON = "{history} shows what was done; run the same command again to do the rest."  # a remedy
_INVERSE |= {back: forth for forth, back in _INVERSE.items()}


@dataclass(frozen=True, slots=True)
class Past:
    """One line of the history: of `done` changes of files, `left` can be undone; `undoes` names the run it took back.

    `folder` is the one in which, or below which, its files are. `waits_for` names the run that stopped in the middle of
    these files, or went on with them, and must be finished or undone first; `can_undo` says that `undo` takes the run
    back now. `latest` is the run of its chain in which something was done last that is in effect.
    """

    run: int
    time: str
    action: str
    query: str
    folder: str
    done: int
    left: int
    unfinished: bool
    undoes: int | None
    damaged: bool
    is_undone: bool
    waits_for: int | None
    can_undo: bool
    latest: int

    @property
    def state(self) -> str:
        """In words, for a line of the history."""
        if self.unfinished:
            return "stopped in the middle"
        if self.damaged:
            return "its journal is damaged"
        if self.left:
            return f"{self.left} can be undone" + ("" if self.waits_for is None else f" after run {self.waits_for}")
        if self.can_undo:
            return "can be undone"
        return "undone" if self.is_undone else "cannot be undone"


@in_words("So the runs cannot be listed.")
def history() -> tuple[Past, ...]:
    """All runs that changed files, oldest first, those that stopped in the middle, and those whose journal is damaged.

    An undo that found none of the files may have taken away a folder: that is no line of its own.
    """
    all_of_them = chains(past_runs.read_all())
    stopped = [chain for chain in all_of_them if chain.stopped is not None]
    past = (_past(run, chain, stopped) for chain in all_of_them for run in chain.runs)
    return tuple(sorted(filter(_is_told, past), key=lambda each: each.run))


@in_words("Nothing was changed.")
def look_up(number: int | None = None) -> Past:
    """What `undo` and `finish` would be about: run `number`; None: the last one that is not undone.

    Raises ActionError where there is none.
    """
    number = _last() if number is None else number
    chain = chain_of(number)
    return _past(chain.run(number), chain, [chain] if chain.stopped is not None else [])


@in_words(remedy=_GOES_ON)
def undo(
    number: int | None = None, *, progress: Callable[[Progress], None] = lambda _: None, stop: Stop | None = None
) -> Outcome:
    """Put back what run `number` did; None: the last one that is not undone.

    What undos and their undos did since counts: the first tree comes back, wherever one of them was cut off. Each file
    is checked by size and hash first. What somebody changed meanwhile is left alone and named. Raises ActionError
    where there is nothing to put back, or a later run stopped in the middle.
    """
    number = _last() if number is None else number
    folders = _folders(chain_of(number))
    with listening(stop) as stop, holding(folders):
        stopped = chain_of(number).stopped  # which may turn out to have done nothing
        chain = _settled(number)
        refuse_stopped(folders, but=chain.root)
        _refuse_half_way(chain, number)
        _refuse_before_later(chain, number)
        steps, lost = _steps_back(chain, number)
        if not steps and not lost and stopped is None:
            raise ActionError(f"Run {number} was already undone, or changed nothing.", "{history} lists all runs.")
        outcome = _carry_back(chain, number, steps, stop, progress) if steps else Outcome(number, 0, ())
        _close(chain)
    return replace(outcome, left_alone=(*lost, *outcome.left_alone))


@in_words(remedy=_GOES_ON)
def finish(number: int, *, progress: Callable[[Progress], None] = lambda _: None, stop: Stop | None = None) -> Outcome:
    """Go on with a run that stopped in the middle. Raises ActionError where it is not one."""
    with listening(stop) as stop, holding(_folders(chain_of(number))):
        chain = chain_of(number)
        stopped = chain.stopped
        if stopped is None or stopped.number != number:
            did = f"Run {stopped.number} did: {{finish}} {stopped.number} completes the run." if stopped else ""
            raise ActionError(f"Run {number} did not stop in the middle; there is nothing to finish.", did)
        with journal.reopen(number, chain.root) as old:
            settle(old)
            return carry_out(old, stop, progress)


def _last() -> int:
    """The first run of the chain in which something was done last that is in effect, or that stopped."""
    undone_by, found, unread = past_runs.undone_by(), dict[int, Chain](), None
    for number in reversed(past_runs.numbers()):
        try:
            chain = next((each for each in found.values() if number in each.numbers), None)
            chain = chain or chain_of(number, undone_by)
        except ActionError as error:
            unread = unread or error
            continue
        found[chain.root] = chain
        is_stopped = chain.stopped is not None and chain.stopped.number == number
        if is_stopped or any(deed.run == number for deed in chain.in_effect()):
            if unread is not None:
                raise ActionError(str(unread), f"{{undo}} {chain.root} undoes the run before it.")
            return chain.root
    raise unread or ActionError(
        "There is nothing to undo: no run of imgrank has changed a file, or all have been undone."
    )


def _is_told(past: Past) -> bool:
    return past.done > 0 or past.unfinished or past.damaged


def _past(run: Run, chain: Chain, stopped: Sequence[Chain]) -> Past:
    """A line about a run of a chain, beside the chains that stopped in the middle."""
    runs = {each.number: each for each in chain.runs}
    in_effect = chain.in_effect(run.number)
    able = _returning(chain, run.number)
    waits_for = _in_the_way(run, chain, stopped) if able or run.unfinished else None
    if waits_for is not None and waits_for in runs and not chain.stopped and not _returning(chain, waits_for):
        able, waits_for = (), None
    is_way_out = chain.stopped is not None and run is chain.runs[0]
    return Past(
        run.number,
        run.time,
        run.action,
        run.query,
        _common(folders_of(_first_done(run, runs).steps)),
        run.changed,
        count_files(able),
        chain.stopped is run,
        run.undoes,
        run.closed == DAMAGED,
        not in_effect,
        waits_for,
        waits_for is None and (bool(able) or is_way_out),
        max([deed.run for deed in in_effect] + ([chain.stopped.number] if chain.stopped else []), default=run.number),
    )


def _returning(chain: Chain, number: int) -> tuple[Step, ...]:
    """The steps of a run that are in effect, or of the half of a circle those that lead back to a visible name."""
    runs = {run.number: run for run in chain.runs}
    deeds = chain.in_effect(number)
    steps = tuple(runs[deed.run].steps[deed.step] for deed in deeds)
    reached = {step.target for step in steps}
    if all(step.source in reached for step in steps if is_aside(step.source)):
        return steps
    mark = token()
    back = [
        _back(step, runs[deed.run].ended[deed.step], runs[deed.run].begun[deed.step], part_of(step.source, mark, count))
        for count, (deed, step) in enumerate(zip(reversed(deeds), reversed(steps), strict=True))
    ]
    return possible(back, lambda _: "")[0]


def _in_the_way(run: Run, chain: Chain, stopped: Sequence[Chain]) -> int | None:
    """The run because of which `undo` refuses to take one back."""
    if chain.stopped is not None:
        return None if run is chain.runs[0] else chain.stopped.number
    later = chain.on_top(run.number)
    if later is not None:
        return later
    folders = _folders(chain) if stopped else set()
    others = (other.stopped for other in stopped if folders & _folders(other))
    return next((other.number for other in others if other is not None), None)


def _first_done(run: Run, runs: Mapping[int, Run]) -> Run:
    """The run that an undo, or an undo of one, goes back to: its folder says where, and the trash is elsewhere."""
    while run.undoes is not None and run.undoes in runs:
        run = runs[run.undoes]
    return run


def _common(folders: Collection[str]) -> str:
    try:
        return os.path.commonpath(folders)
    except ValueError:  # none, or on several drives
        return min(folders, default="")


def _folders(chain: Chain) -> set[str]:
    return {folder for run in chain.runs for folder in folders_of(run.steps)}


def _settled(number: int) -> Chain:
    """The chain of a run, with all that a crash left open looked at and written down."""
    chain = chain_of(number)
    for run in chain.runs:
        if run.uncertain:
            with journal.reopen(run.number, chain.root) as old:
                settle(old)
    return chain_of(number)


def _refuse_half_way(chain: Chain, number: int) -> None:
    """In the middle of a run there are files under hidden names: only the whole way back or forth leads out."""
    if chain.stopped is not None and number != chain.root:
        stopped = chain.stopped.number
        remedy = f"{{undo}} {chain.root} puts them back as they were first, {{finish}} {stopped} completes the run."
        if stopped == number:
            raise ActionError(f"Run {number} stopped in the middle of these files. Nothing was changed now.", remedy)
        raise ActionError(
            f"Run {number} cannot be undone while run {stopped} is unfinished on the same files. Nothing was "
            "changed now.",
            remedy,
        )


def _refuse_before_later(chain: Chain, number: int) -> None:
    """An undo that was cut off and one that went on from there did a way in two parts: the second goes back first."""
    later = chain.on_top(number) if chain.in_effect(number) else None
    if later is not None:
        raise ActionError(
            f"Run {number} cannot be undone before run {later}, which changed the same files. Nothing was changed now.",
            f"{{undo}} {later} undoes that one.",
        )


def _carry_back(
    chain: Chain, number: int, steps: Sequence[Step], stop: Stop, progress: Callable[[Progress], None]
) -> Outcome:
    contents = _kept(number, steps)
    with journal.start("undo", chain.run(number).query, steps, contents, number, chain.root) as new:
        return carry_out(new, stop, progress)


def _close(chain: Chain) -> None:
    """Say of runs that were cut off that nothing more will happen in them."""
    for run in chain.runs:
        if run.begun and not run.closed:
            with journal.reopen(run.number) as old:
                old.close("undone")


def _steps_back(chain: Chain, number: int) -> tuple[tuple[Step, ...], tuple[LeftAlone, ...]]:
    """The inverse of each step that is in effect, last first; and the files that cannot go back."""
    mark, steps, lost = token(), list[Step](), list[LeftAlone]()
    runs = {run.number: run for run in chain.runs}
    for count, deed in enumerate(reversed(chain.in_effect(number))):
        run = runs[deed.run]
        step, found = run.steps[deed.step], run.begun[deed.step]
        place = run.ended[deed.step]
        reason = ""
        if step.verb is Verb.trash:
            place, reason = _in_trash(step, place, found)
        elif step.verb in (Verb.write, Verb.patch):
            reason = _not_kept(deed.run, step)
        if reason:
            lost.append(LeftAlone(subject(step), reason))
            continue
        back = _back(step, place, found, part_of(step.source, mark, count))
        if step.verb is Verb.patch:
            back = replace(back, delta=hash_bytes(decode(journal.kept(deed.run, step.delta)).reversed().encode()))
        steps.append(replace(back, reverses=deed.step, of=None if deed.run == number else deed.run))
    kept, blocked = possible(steps, unfit)
    return kept, (*lost, *blocked)


def _in_trash(step: Step, place: str, found: Identity) -> tuple[str, str]:
    """Where a file lies in the trash now, or why it cannot be had."""
    if place and exists(place):
        return place, ""
    try:
        place = trash.find(step.source, found) or ""
    except OSError as error:
        return "", f"it cannot be read in the trash: {why(error)}"
    if place:
        return place, ""
    where = (
        "it is not in the trash any more" if trash.CAN_UNDO else "it is in the system's trash, which can put it back"
    )
    return "", where


def _not_kept(run: int, step: Step) -> str:
    try:
        for content in _contents(run, step):
            if step.verb is Verb.patch:
                decode(content)
    except (OSError, ValueError) as error:
        words = why(error) if isinstance(error, OSError) else str(error)
        return f"what it was before cannot be read in the journal: {words}"
    return ""


def _back(step: Step, place: str, found: Identity, part: str) -> Step:
    """The step that takes one back, whose file lies at `place` and was `found`. `part` lies beside its old name."""
    if step.verb in (Verb.move, Verb.restore, Verb.trash):
        verb = {Verb.move: Verb.move, Verb.restore: Verb.trash, Verb.trash: Verb.restore}[step.verb]
        if verb is Verb.trash:
            return Step(verb, place, "", found.size, hash=found.hash, stem=step.stem)
        return Step(verb, place, step.source, found.size, hash=found.hash, part=part, stem=step.stem)
    part = os.path.join(os.path.dirname(step.target), os.path.basename(part)) if step.target else ""
    if step.verb in (Verb.write, Verb.patch):
        time = found.mtime_ns if step.old else None
        return Step(step.verb, step.target, step.target, part=part, old=step.new, new=step.old, time_ns=time)
    content = None if step.verb is Verb.remove_symlink else found.hash
    return Step(_INVERSE[step.verb], step.source, step.target, found.size, hash=content, part=part)


def _kept(number: int, steps: Sequence[Step]) -> Iterator[bytes]:
    """What was written, taken along so that the undo can be undone and finished by itself."""
    return (content for step in steps for content in _contents(step.of or number, step))


def _contents(run: int, step: Step) -> Iterator[bytes]:
    """What run `run` keeps of a step that writes: both versions of a sidecar, and what differs in a picture."""
    if step.verb is Verb.patch:
        delta = journal.kept(run, step.delta)
        yield from (delta, decode(delta).reversed().encode())
    elif step.verb is Verb.write:
        yield from (journal.kept(run, digest) for digest in (step.old, step.new) if digest)
