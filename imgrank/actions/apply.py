"""Carries out the steps of a journal, and listens for what comes between: Ctrl-C, SIGTERM, errors of the system.

Each step is looked at before it is written down, and written down before it is done.
"""

from __future__ import annotations

import os
import signal
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import wraps
from types import FrameType
from typing import ParamSpec, TypeVar

from imgrank.actions import operations
from imgrank.actions.file_names import split
from imgrank.actions.journal import Journal, kept
from imgrank.actions.no_clobber import Changed, exists, identify
from imgrank.actions.past_runs import Run
from imgrank.actions.records import Identity, LeftAlone, Outcome, Step, Verb
from imgrank.actions.steps import is_aside
from imgrank.counting import counted
from imgrank.errors import ActionError, Interrupted
from imgrank.paths import from_here, why
from imgrank.records import Progress


class Stop:
    """Whether someone asked to stop."""

    asked = False

    def ask(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Stop before the next step."""
        self.asked = True


@contextmanager
def listening(stop: Stop | None = None) -> Iterator[Stop]:
    """Take both signals as a wish to stop between two steps. Outside the main thread they stay as they are.

    `stop` is one that somebody else may ask, too.
    """
    stop = stop or Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    former = {number: signal.signal(number, stop.ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


def in_words(ending: str = "", remedy: str = "") -> Callable[[Callable[_Given, _Result]], Callable[_Given, _Result]]:
    """Let a function raise ActionError where it would raise OSError; `ending` says what the user knows then."""

    def wrap(function: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
        @wraps(function)
        def worded(*args: _Given.args, **kwargs: _Given.kwargs) -> _Result:
            try:
                return function(*args, **kwargs)
            except OSError as error:
                where = f" at {from_here(str(error.filename))}" if error.filename else ""
                facts = f"The system reported an error{where} ({why(error)}). {ending}".rstrip()
                raise ActionError(facts, remedy) from error

        return worded

    return wrap


_CHANGED = "somebody changed it meanwhile"
_MANY = 10_000
_NOTHING = Identity(0, 0, "")
_WRITES = (Verb.write, Verb.patch)
_REMOVALS = (Verb.remove_copy, Verb.remove_hardlink, Verb.remove_symlink)


class _Refused(Exception):
    """A file is not as it should be; the words say how."""


def carry_out(journal: Journal, stop: Stop, progress: Callable[[Progress], None] = lambda _: None) -> Outcome:
    """Do the steps that are not done, in their order. A file that is not as planned is left alone and named.

    Raises Interrupted between two steps once `stop` is asked for, ActionError where the system refuses to go on
    (a full disk, a lost permission): the journal then says what was done, and undo or finish take it from there.
    """
    left_alone: list[LeftAlone] = []
    try:
        for number in journal.run.remaining:
            if stop.asked:
                raise Interrupted(*_told("Stopped as asked", journal))
            left_alone.extend(_take(journal, number))
            progress(Progress(number + 1, len(journal.run.steps), journal.run.action))
        _leave_no_folder(journal)
        journal.close("done")
    except OSError as error:
        raise ActionError(*_told(f"The journal cannot be written ({why(error)})", journal)) from error
    return Outcome(journal.run.number, journal.run.changed, tuple(left_alone))


def _take(journal: Journal, number: int) -> Iterator[LeftAlone]:
    """One step: look at its file, and do it."""
    step = journal.run.steps[number]
    try:
        found = _look(step)
    except (_Refused, FileNotFoundError, NotADirectoryError) as error:
        yield _leave(journal, number, _words(error))
        return
    except OSError as error:
        raise _halted(journal, step, error) from error
    yield from _do(journal, number, step, found)


def _do(journal: Journal, number: int, step: Step, found: Identity) -> Iterator[LeftAlone]:
    try:
        journal.begin(number, found)
        place = operations.operate(step, found, lambda digest: kept(journal.run.number, digest))
        journal.end(number, place)
    except (FileExistsError, Changed) as error:
        journal.void(number)
        yield _leave(journal, number, _words(error))
    except FileNotFoundError as error:
        settle(journal)
        if number not in journal.run.ended:
            yield LeftAlone(subject(step), _words(error))
    except OSError as error:
        if step.verb is not Verb.rmdir:
            raise _halted(journal, step, error) from error
        journal.void(number)  # no file is in it, and the next undo tries again
        yield LeftAlone(step.source, f"the folder cannot be removed: {why(error)}")


def _leave(journal: Journal, number: int, reason: str) -> LeftAlone:
    """Leave a file where it is; but from a temporary name it is brought to one that people see."""
    step = journal.run.steps[number]
    if step.verb is not Verb.move or not is_aside(step.source) or not exists(step.source):
        return LeftAlone(subject(step), reason)
    for target in _visible_names(journal.run, step):
        step = replace(step, target=target)
        try:
            found = identify(step.source)
            journal.revise(number, step)
            journal.begin(number, found)
            journal.end(number, operations.move(step, found))
        except FileExistsError:
            journal.void(number)
        except OSError as error:
            raise _halted(journal, step, error) from error
        else:
            break
    return LeftAlone(step.target, f"{reason}; this is its name now")


def _visible_names(run: Run, step: Step) -> Iterator[str]:
    """Names that are free, for a file under a temporary one: its own, the one it came from, and its own with -2."""
    stem, extension = split(step.target)
    origins = (each.source for each in run.steps if each.target == step.source)
    names = (step.target, *origins, *(f"{stem}-{number}{extension}" for number in range(2, _MANY)))
    return (name for name in names if not is_aside(name) and not exists(name))


def settle(journal: Journal) -> None:
    """Look at what a crash or a fault left open, make it wholly done or wholly not, and write down which."""
    for number in journal.run.uncertain:
        step = journal.run.steps[number]
        try:
            place = operations.settle(step, journal.run.begun[number])
        except OSError as error:
            raise ActionError(f"{from_here(subject(step))} cannot be accessed: {why(error)}.") from error
        if place is None:
            journal.void(number)
        else:
            journal.end(number, place)


def subject(step: Step) -> str:
    """The file that a step is about, as a user would name it."""
    return step.target if step.verb in (*_REMOVALS, *_WRITES, Verb.restore) else step.source


def _look(step: Step) -> Identity:
    """What the step's file is now. Raises _Refused if it is not as it should be, OSError if it cannot be read."""
    if step.verb in (Verb.mkdir, Verb.rmdir):
        return _NOTHING
    if step.verb in _WRITES:
        return _look_at_sidecar(step)
    if step.verb in _REMOVALS:
        return _look_at_twin(step)
    found = _look_at_source(step)
    if step.target and exists(step.target):
        raise _Refused(f"the name {from_here(step.target)} is taken")
    return found


def unfit(step: Step) -> str:
    """Why the file of a step is not as it should be, in words; empty where it is."""
    try:
        if step.hash is None:
            _compare_with_plan(step)
        else:
            _look_at_source(step)
    except (_Refused, OSError) as error:
        return _words(error)
    return ""


def _look_at_source(step: Step) -> Identity:
    _compare_with_plan(step)
    found = identify(os.path.realpath(step.source) if step.verb is Verb.copy else step.source)
    if step.hash is not None and found.hash != step.hash:
        raise _Refused(_CHANGED)
    return found


def _compare_with_plan(step: Step) -> None:
    status = os.lstat(step.source)
    if step.mtime_ns is not None and (status.st_size, status.st_mtime_ns) != (step.size, step.mtime_ns):
        raise _Refused("it was changed after the plan was made")


def _look_at_sidecar(step: Step) -> Identity:
    found = identify(step.target) if exists(step.target) else _NOTHING
    if found.hash != step.old:
        raise _Refused(_CHANGED)
    return found


def _look_at_twin(step: Step) -> Identity:
    """A copy or link is only removed where it is as it was made, and what it was made from is still there."""
    if step.verb is Verb.remove_symlink:
        is_link = stat.S_ISLNK(os.lstat(step.target).st_mode)  # not islink, for which what cannot be read is no link
        if not is_link or os.readlink(step.target) != step.source:
            raise _Refused(_CHANGED)
        return identify(step.target)
    found = identify(step.target)
    if found.hash != step.hash:
        raise _Refused(_CHANGED)
    try:
        original = identify(os.path.realpath(step.source)).hash
    except FileNotFoundError:
        original = ""
    if original != _content(step):
        raise _Refused("the file that it was made from is gone or has changed, so this may be the last copy")
    return found


def _content(step: Step) -> str:
    return identify(os.path.realpath(step.target)).hash


def _words(error: Exception) -> str:
    if isinstance(error, Changed):
        return _CHANGED
    if isinstance(error, FileExistsError):
        return "its new name was taken meanwhile"
    return why(error) if isinstance(error, OSError) else str(error)


def _halted(journal: Journal, step: Step, error: OSError) -> ActionError:
    with suppress(OSError, ActionError):  # The next run settles it: the journal says that the step was begun.
        settle(journal)
    name = from_here(subject(step))
    return ActionError(*_told(f"The system reported an error at {name} ({why(error)})", journal))


def _told(what: str, journal: Journal) -> tuple[str, str]:
    """Facts and remedy of an error that ends a run: what happened, and how far it was. One that did nothing is over."""
    number, run = journal.run.number, journal.run
    with suppress(OSError):  # without it the run stands as stopped, and undo takes it back
        _leave_no_folder(journal)
        if not run.left_something:
            journal.close("nothing")
            return f"{what}. Nothing was changed.", ""
    done = f"{what}, after {len(run.ended):,} of {counted(len(run.steps), 'change')}."
    return done, f"{{undo}} {journal.way_back} puts files back; {{finish}} {number} completes the run."


def _leave_no_folder(journal: Journal) -> None:
    """Remove the folders that a run made for files of which it changed none."""
    run = journal.run
    made = [number for number in run.ended if run.steps[number].verb is Verb.mkdir]
    for number in reversed(made if not (run.changed or run.uncertain) else ()):
        try:
            os.rmdir(run.steps[number].source)
        except OSError:  # somebody put something there
            return
        journal.void(number)
