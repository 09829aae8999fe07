"""Changes to files, asked for by a page: plans to look at first, the one thread that carries them out, and history."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from imgrank.actions import past_runs
from imgrank.actions import run as actions
from imgrank.actions import undo as past
from imgrank.actions.apply import Stop
from imgrank.actions.keywords import told_of_keyword, with_sentence
from imgrank.actions.records import Action, LeftAlone, Outcome, Plan, Request
from imgrank.actions.run import prepare
from imgrank.actions.templates import DEFAULT_TEMPLATE
from imgrank.actions.undo import Past, history
from imgrank.counting import counted
from imgrank.errors import ActionError, ImgrankError, UsageError
from imgrank.paths import printable
from imgrank.records import Progress, RankedImage, Ranking
from imgrank.web.threads import begin
from imgrank.web.viewer.library import Library
from imgrank.web.viewer.orders import Order
from imgrank.web.words import unexpected

CHOOSE = "choose images yourself, or type a keyword of your own"
MOST_PLANS, PLAN_SECONDS = 8, 3600.0  # plans, and how long they may be looked at
ACTIONS = {each.value: each for each in (Action.copy, Action.move, Action.rename, Action.tag, Action.trash)}
WITH_FOLDER = (Action.copy, Action.move)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the page asks to be done with pictures, by their numbers, which were `chosen` or are all that is shown.
    `keyword` is None for the sentence itself, on those that show it."""

    action: Action
    numbers: tuple[int, ...]
    folder: str = ""
    template: str = ""
    keyword: str | None = None
    chosen: bool = True


@dataclass(frozen=True, slots=True)
class Waiting:
    """A plan that nobody agreed to yet."""

    made: Plan
    since: float


class Plans:
    """Makes plans about pictures of the library, and of no others."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._waiting: dict[str, Waiting] = {}

    def make(self, wanted: Wanted, order: Order, ranking: Ranking, stars: Mapping[str, int]) -> tuple[str, Plan]:
        """A checked plan and its name; nothing is changed. Ranks are those of the order, which `ranking` tells of, and
        `stars` those that were given.

        Raises UsageError where a picture is not in the folder any more, and what planning raises.
        """
        images = self._images(wanted, order)
        folder = self._folder(wanted) if wanted.action in WITH_FOLDER else None
        template = (wanted.template.strip() or DEFAULT_TEMPLATE) if wanted.action is Action.rename else None
        by_sentence = wanted.keyword is None and not order.by_name
        request = Request(
            wanted.action, order.query, folder, template, keyword=(wanted.keyword or "").strip(), stars=stars
        )
        if by_sentence:
            chosen = wanted.chosen or len(set(wanted.numbers)) < len(order.numbers)
            request = with_sentence(request, None, ranking, chosen=chosen)
        made = prepare(images, request, order.images)
        if by_sentence and (told := told_of_keyword(request, images)):
            made = replace(made, notes=(*made.notes, f"{told}; {CHOOSE}"))
        name = secrets.token_urlsafe(16)
        with self._lock:
            now = time.monotonic()
            self._waiting = {key: each for key, each in self._waiting.items() if now - each.since < PLAN_SECONDS}
            while len(self._waiting) >= MOST_PLANS:
                del self._waiting[next(iter(self._waiting))]
            self._waiting[name] = Waiting(made, now)
        return name, made

    @contextmanager
    def taken(self, name: str) -> Iterator[Plan]:
        """The plan of this name, which is good no more; unless the block raises, and so did not begin with it.

        Raises UsageError where there is none.
        """
        with self._lock:
            waiting = self._waiting.pop(name, None)
        if waiting is None or time.monotonic() - waiting.since > PLAN_SECONDS:
            raise UsageError("This plan was carried out already, or has expired; make a new one.")
        try:
            yield waiting.made
        except BaseException:  # Ctrl-C as well: a plan that did not end can be carried out later
            with self._lock:
                self._waiting[name] = waiting
            raise

    def _images(self, wanted: Wanted, order: Order) -> Sequence[RankedImage]:
        place = {number: n for n, number in enumerate(order.numbers)}
        if not wanted.numbers:
            raise UsageError("No picture was chosen; tick some first.")
        if not all(number in place and self._library.file(number) for number in wanted.numbers):
            raise UsageError(
                "A chosen picture is not in the folder any more; look at what is there now, and try again."
            )
        return [order.images[place[number]] for number in dict.fromkeys(wanted.numbers)]

    def _folder(self, wanted: Wanted) -> str:
        named = os.path.expanduser(wanted.folder.strip())
        if not named or "\0" in named:
            raise UsageError(f"Name the folder to {wanted.action.value} the pictures to.")
        folder = os.path.normpath(os.path.join(self._library.folder, named))
        if os.path.exists(folder) and not os.path.isdir(folder):
            raise UsageError(f"{printable(folder)} is a file, not a folder; name another.")
        return folder


Doing = Callable[[Callable[[Progress], None], Stop], Outcome]
Saying = Callable[[str, str], str]  # from the numbers of files and of changes, in words


@dataclass(frozen=True, slots=True)
class Job:
    """What is being done to files, or was last: `said` in words when it ended, `error` where it could not."""

    number: int = 0
    what: str = ""
    done: int = 0
    total: int = 0
    running: bool = False
    said: str = ""
    error: ImgrankError | None = None
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
        self._runs: set[int] = set()

    def did(self, run: int) -> bool:
        """Whether this run was made here, since the start."""
        return run in self._runs

    @property
    def job(self) -> Job:
        """What is being done now, or was last."""
        return self._job

    def carry_out(self, plan: Plan) -> None:
        """Begin. Raises UsageError while other work goes on."""
        total = len(plan.changes)
        what = plan.request.action.value
        where = f" to {printable(plan.request.folder)}" if plan.request.folder else ""
        self._begin(
            what,
            total,
            lambda report, stop: actions.act(plan, progress=report, stop=stop),
            lambda files, _: f"{files} {_PAST[what]}{where}",
        )

    def take_back(self, run: Past) -> None:
        """Begin to undo a run. Raises UsageError while other work goes on."""
        self._begin(
            "undo",
            0,
            lambda report, stop: past.undo(run.run, progress=report, stop=stop),
            lambda _, changes: f"Run {run.run}, {run.action}: {changes} undone",
        )

    def finish(self, run: Past) -> None:
        """Begin to go on with a run that stopped. Raises UsageError while other work goes on."""
        self._begin(
            "finish",
            0,
            lambda report, stop: past.finish(run.run, progress=report, stop=stop),
            lambda files, _: f"{files} done",
        )

    def close(self) -> Job | None:
        """Stop before the next file, and wait for the one in hand. The work that went on, as it ended, if any did."""
        with self._lock:
            went_on = self._job.running
            self._stop.ask()
            thread = self._thread
        if thread is not None:
            thread.join(60)
        return self._job if went_on else None

    def _begin(self, what: str, total: int, doing: Doing, saying: Saying) -> None:
        with self._lock:
            if self._job.running:
                raise UsageError("Files are being changed already; wait until that has ended.")
            if self._stop.asked:
                raise UsageError("imgrank open is shutting down; nothing was changed.")
            before, self._job = self._job, Job(self._job.number + 1, what, 0, total, running=True)
            try:
                self._thread = begin(partial(self._do, doing, saying), "imgrank-work", daemon=False)
            except UsageError:
                self._job = before
                raise

    def _do(self, doing: Doing, saying: Saying) -> None:
        job = self._job

        def report(now: Progress) -> None:
            self._job = Job(job.number, job.what, now.done, now.total, running=True)

        try:
            outcome = doing(report, self._stop)
        except ImgrankError as error:
            ended = replace(self._job, running=False, error=error)
        except Exception as error:  # noqa: BLE001 - the page must not wait for ever; the words go to the user
            words = ActionError(unexpected("It ended", error), "{history} tells what was done.")
            ended = replace(self._job, running=False, error=words)
        else:
            said = _said(saying, job.total or outcome.done, outcome)
            done, left = outcome.done, outcome.left_alone
            ended = Job(job.number, job.what, done, done, said=said, run=outcome.run, left_alone=left)
            if outcome.run is not None:
                self._runs.add(outcome.run)
        self._changed()
        self._job = ended


_PAST = {"copy": "copied", "move": "moved", "rename": "renamed", "tag": "tagged", "trash": "thrown into the trash"}


def _said(saying: Saying, planned: int, outcome: Outcome) -> str:
    """Of `planned` files; making a folder is a step too, and no file."""
    left = len(outcome.left_alone)
    done = saying(counted(planned - left, "file"), counted(outcome.done, "change"))
    return f"{done}; {left} left alone." if left else f"{done}."


class History:
    """Reads journals anew only where there are new ones or `forget` was called."""

    def __init__(self, folder: str) -> None:
        self._folder = os.path.realpath(folder)
        self._lock = threading.Lock()
        self._known: tuple[list[int], tuple[Past, ...]] | None = None
        self._of_folder: dict[int, bool] = {}

    def runs(self) -> tuple[Past, ...]:
        """Runs that took files from this folder or brought some here, the oldest first."""
        with self._lock:
            try:
                numbers = past_runs.numbers()
                if self._known is None or self._known[0] != numbers:
                    self._known = (numbers, tuple(past for past in history() if self._is_here(past.run)))
            except (OSError, ImgrankError):
                return ()
            return self._known[1]

    def forget(self) -> None:
        """A run has gone on: read again."""
        with self._lock:
            self._known = None

    def last(self) -> Past | None:
        """The run that one click takes back; None where there is none."""
        able = (past for past in self.runs() if past.undoes is None and past.can_undo)
        return max(able, key=lambda past: past.latest, default=None)

    def run(self, number: int) -> Past:
        """The run of this number. Raises UsageError where it is not of this folder."""
        for past_run in self.runs():
            if past_run.run == number:
                return past_run
        raise UsageError(f"Run {number} changed nothing in this folder; open the one that it changed to take it back.")

    def _is_here(self, number: int) -> bool:
        if number not in self._of_folder:
            steps = past_runs.read_or_damaged(number).steps
            self._of_folder[number] = any(
                _is_inside(path, self._folder) for step in steps for path in (step.source, step.target) if path
            )
        return self._of_folder[number]


def _is_inside(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)
