"""Carries out plans and takes runs back, one at a time, in a thread that a closed page does not end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from imgrank.actions import run as actions
from imgrank.actions import undo as past
from imgrank.actions.interruptions import Stop
from imgrank.actions.records import LeftAlone, Outcome, Plan
from imgrank.errors import ImgrankError, UsageError
from imgrank.records import Progress

Doing = Callable[[Callable[[Progress], None], Stop], Outcome]


@dataclass(frozen=True, slots=True)
class Job:
    """What is being done to files, or was last: `said` in words when it ended, `fault` where it could not."""

    number: int = 0
    what: str = ""
    done: int = 0
    total: int = 0
    running: bool = False
    said: str = ""
    fault: str = ""
    run: int | None = None
    left_alone: tuple[LeftAlone, ...] = ()


class Work:
    """The one thread that changes files. `changed` is called when it has."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._lock = threading.Lock()
        self._job = Job()
        self._stop = Stop()
        self._thread: threading.Thread | None = None

    @property
    def job(self) -> Job:
        """What is being done now, or was last."""
        return self._job

    def carry_out(self, plan: Plan) -> None:
        """Begin. Raises UsageError while other work goes on."""
        total = len(plan.changes)
        what = plan.request.action.value
        self._begin(what, total, lambda report, stop: actions.act(plan, progress=report, stop=stop))

    def take_back(self, run: int) -> None:
        """Begin to undo a run. Raises UsageError while other work goes on."""
        self._begin("undo", 0, lambda report, stop: past.undo(run, progress=report, stop=stop))

    def finish(self, run: int) -> None:
        """Begin to go on with a run that stopped. Raises UsageError while other work goes on."""
        self._begin("finish", 0, lambda report, stop: past.finish(run, progress=report, stop=stop))

    def close(self) -> None:
        """Stop before the next file, and wait for the one in hand."""
        self._stop.ask()
        thread = self._thread
        if thread is not None:
            thread.join(60)

    def _begin(self, what: str, total: int, doing: Doing) -> None:
        with self._lock:
            if self._job.running:
                raise UsageError("Files are being changed already; wait for the end of that.")
            if self._stop.asked:
                raise UsageError("imgrank open is ending; nothing was changed.")
            self._job = Job(self._job.number + 1, what, 0, total, running=True)
            self._thread = threading.Thread(target=self._do, args=(doing,), name="imgrank-work")
            self._thread.start()

    def _do(self, doing: Doing) -> None:
        job = self._job

        def report(now: Progress) -> None:
            self._job = Job(job.number, job.what, now.done, now.total, running=True)

        try:
            outcome = doing(report, self._stop)
        except ImgrankError as error:
            ended = Job(job.number, job.what, self._job.done, self._job.total, fault=str(error))
        except Exception as error:  # noqa: BLE001 - the page must not wait for ever; the words go to the user
            words = f"It ended unexpectedly: {type(error).__name__}: {error}. imgrank history says what was done."
            ended = Job(job.number, job.what, self._job.done, self._job.total, fault=words)
        else:
            said = _said(job.what, job.total or outcome.done, outcome)
            done, left = outcome.done, outcome.left_alone
            ended = Job(job.number, job.what, done, done, said=said, run=outcome.run, left_alone=left)
        self._changed()
        self._job = ended


_PAST = {"copy": "copied", "move": "moved", "rename": "renamed", "tag": "tagged", "trash": "thrown into the trash"}


def _said(what: str, planned: int, outcome: Outcome) -> str:
    """Of `planned` files; making a folder is a step too, and no file."""
    left = len(outcome.left_alone)
    count = f"{planned - left} file" if planned - left == 1 else f"{planned - left} files"
    done = f"{outcome.done} changes undone" if what == "undo" else f"{count} {_PAST.get(what, 'done')}"
    return f"{done}; {left} left alone." if left else f"{done}."
