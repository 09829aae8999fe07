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
from imgrank.actions.steps import count_files, folders_of, part_of, token
from imgrank.errors import ActionError
from imgrank.paths import why
from imgrank.records import Progress

_INVERSE = {
    Verb.copy: Verb.remove_copy,
    Verb.hardlink: Verb.remove_hardlink,
    Verb.symlink: Verb.remove_symlink,
    Verb.mkdir: Verb.rmdir,
}
_GOES_ON = "{history} tells what is done; the same again goes on with the rest."  # a remedy
_INVERSE |= {back: forth for forth, back in _INVERSE.items()}


@dataclass(frozen=True, slots=True)
class Past:
    """One line of the history: of `done` changes of files, `left` can be undone; `undoes` names the run it took back.

    `folder` is the one in which, or below which, its files are.
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


@in_words("So the runs cannot be listed.")
def history() -> tuple[Past, ...]:
    """All runs that did something, oldest first, and those whose journal is damaged."""
    past = [(_past(run, chain), bool(run.ended)) for chain in chains(past_runs.read_all()) for run in chain.runs]
    told = (each for each, did_something in past if did_something or _is_told(each))
    return tuple(sorted(told, key=lambda each: each.run))


@in_words("Nothing was changed.")
def look_up(number: int | None = None) -> Past:
    """What `undo` and `finish` would be about: run `number`; None: the last one that is not undone.

    Raises ActionError where there is none.
    """
    number = _last() if number is None else number
    chain = chain_of(number)
    return _past(chain.run(number), chain)


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
        steps, lost = _steps_back(chain, number)
        if not steps and not lost and stopped is None:
            raise ActionError(f"Run {number} is undone already, or did nothing.", "{history} lists all runs.")
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
            did = f"Run {stopped.number} did: {{finish}} {stopped.number} goes on." if stopped else ""
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
                raise ActionError(str(unread), f"{{undo}} {chain.root} takes back the run before.")
            return chain.root
    raise unread or ActionError("There is nothing to undo: no run of imgrank has changed a file, or all are undone.")


def _is_told(past: Past) -> bool:
    return past.unfinished or past.damaged


def _past(run: Run, chain: Chain) -> Past:
    runs = {each.number: each for each in chain.runs}
    return Past(
        run.number,
        run.time,
        run.action,
        run.query,
        _common(folders_of(_first_done(run, runs).steps)),
        run.changed,
        count_files(runs[deed.run].steps[deed.step] for deed in chain.in_effect(run.number)),
        chain.stopped is run,
        run.undoes,
        run.closed == DAMAGED,
    )


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
        remedy = f"{{undo}} {chain.root} puts them back as they were first, {{finish}} {stopped} goes on."
        if stopped == number:
            raise ActionError(f"Run {number} stopped in the middle of these files. Nothing was changed now.", remedy)
        raise ActionError(
            f"Run {number} cannot be taken back while run {stopped} stands in the middle of these files. Nothing was "
            "changed now.",
            remedy,
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
