"""From the answers in the labels file to a saved adapter and the order it gives, in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace as with_changes
from functools import partial
from typing import TYPE_CHECKING, Protocol

from imgrank.adapter.registry import checkpoint_path, new_adapter_path
from imgrank.errors import ImgrankError, UsageError
from imgrank.labels import FEWEST_ROWS, Labels, read_labels
from imgrank.labels.tasks import phrasings
from imgrank.parallel import blas_on_one_core
from imgrank.records import Progress
from imgrank.web.records import LabelSettings, ShownMetric, Trained, Training
from imgrank.web.threads import begin
from imgrank.web.words import sentence_of, unexpected

if TYPE_CHECKING:
    from imgrank.ranker import Ranker
    from imgrank.training.loop import Epoch
    from imgrank.training.result import TrainedQuery


class Report(Protocol):
    """How far a training is, for who waits."""

    def __call__(self, said: str, part: float, left: float | None = None, *, saved: bool = False) -> None:
        """`left` seconds, where that is known; `saved`: from now on there is a ranker that can be asked.

        Raises KeyboardInterrupt, as Ctrl-C does, where somebody wants the end, unless `part` is 1.
        """
        ...


Teach = Callable[[str, bool, Report], Trained]


class Trainer:
    """Runs `teach(name, replace, report)`, one at a time; of several trainers too, where they share `alone`.

    `changed` is called whenever there is a ranker that was not there before.
    """

    def __init__(
        self, teach: Teach, changed: Callable[[], None] = lambda: None, alone: threading.Lock | None = None
    ) -> None:
        self._teach, self._changed = teach, changed
        self.alone = alone or threading.Lock()
        self._state = Training()
        self._stopping = False
        self._mine: set[str] = set()
        self.started = 0.0  # when the last training began

    @property
    def state(self) -> Training:
        """Where it stands now."""
        now = self._state
        if self._stopping and now.stage == "running":
            return with_changes(now, said="Stopping after the step in hand", left=None, stopping=True)
        return now

    def start(self, name: str, replace: bool) -> None:
        """Begin. An adapter made just now may be made again.

        Raises UsageError where the name is taken, another training runs, or no thread can be had; AdapterError where
        the name is none.
        """
        path, replace = new_adapter_path(name), replace or name in self._mine
        if not replace and path.exists():
            raise UsageError(f"There is a ranker named {name} already.", "Choose another {name}, or tick {replace}.")
        if not self.alone.acquire(blocking=False):
            raise UsageError(self._busy())
        before, self._stopping, self.started = self._state, False, time.monotonic()
        self._state = Training("running", "Reading the answers", adapter=name)
        try:
            begin(partial(self._run, name, replace), "imgrank-train")
        except UsageError:
            self._state = before
            self.alone.release()
            raise

    def stop(self) -> None:
        """Have the training end with what it has."""
        self._stopping = True

    def _busy(self) -> str:
        if self.state.stopping:
            return "The training before is being stopped. Train again in a few seconds; every answer is kept."
        if self.state.stage == "running":
            return "A training is running; wait for its end, or stop it."
        return "Another ranker is being trained. Wait for its end, or stop it on its page; every answer is kept."

    def _run(self, name: str, replace: bool) -> None:
        try:
            self._state = self._ended(name, replace)
        finally:
            self.alone.release()

    def _ended(self, name: str, replace: bool) -> Training:
        try:
            trained = self._teach(name, replace, self._report)
        except KeyboardInterrupt:
            return Training("failed", "Stopped before there was a ranker. The answers are kept.")
        except ImgrankError as error:
            return self._failed(sentence_of(error))
        except Exception as error:  # noqa: BLE001 - the page must not wait for ever; the words go to the user
            return self._failed(unexpected("Training ended", error))
        self._mine.add(name)
        self._changed()
        return Training("done", f"Saved as {name}.", 1.0, adapter=name, answers=True, result=trained)

    def _failed(self, said: str) -> Training:
        if not self._state.answers:
            return Training("failed", said)
        kept = f"{said} {self._state.adapter} stays as it was saved before that."
        return Training("failed", kept, adapter=self._state.adapter, answers=True)

    def _report(self, said: str, part: float, left: float | None = None, *, saved: bool = False) -> None:
        before = self._state
        is_first = saved and not before.answers
        if is_first:
            self._mine.add(before.adapter)
            self._changed()
        if self._stopping and part < 1 and not is_first:  # which comes too early for a training to end with it
            raise KeyboardInterrupt
        self._state = Training("running", said, max(part, before.part), left, before.adapter, before.answers or saved)


SETTLED = 3  # epochs; the first ones are slower than those that come


def teach(
    settings: LabelSettings, new_ranker: Callable[[str], Ranker], name: str, replace: bool, report: Report
) -> Trained:
    """Train on the answers about this sentence, save the adapter by its name, and order the folder with it.

    `new_ranker(adapter)` makes a ranker for this thread. Raises what reading labels and training raise.
    """
    from imgrank.training import TrainingOptions, train

    started, epochs = time.perf_counter(), 0

    def encoding(progress: Progress) -> None:
        if progress.done < progress.total:
            report(f"Reading pictures: {progress.done} of {progress.total}", 0.0)
        else:
            report("Learning from the answers", 0.0)

    def watching(epoch: Epoch) -> None:
        nonlocal epochs
        epochs += 1
        gone, left = time.perf_counter() - started, epoch.seconds_left
        part = min(gone / (gone + left), 0.99)
        report("Looking whether a network adds to it", part, left if epochs >= SETTLED else None, saved=True)

    with new_ranker("none") as source, blas_on_one_core(), _nothing_to_resume(name):
        result = train(
            _about(settings),
            name=name,
            unit=settings.unit if settings.mode == "values" else None,
            replace=replace,
            skip_bad=True,  # a picture that went or broke since it was asked about stands aside
            options=TrainingOptions(epochs=20, fold_epochs=8, min_steps=4, mirror=False),  # somebody is waiting
            source=source,
            watch=watching,
            progress=encoding,
            saved=lambda _: report("Looking whether a network adds to it", 0.0, saved=True),
        )
    report("Ordering the folder", 1.0)
    with new_ranker(str(result.path)) as ranker:
        ranking = ranker.rank([settings.folder], phrasings(settings.sentence)[0], recursive=settings.recursive)
    [query] = result.queries
    order = tuple(image.path for image in ranking.images)
    return Trained(name, query.rows, _metrics(query, settings), order, time.perf_counter() - started, ranking.notes)


@contextmanager
def _nothing_to_resume(name: str) -> Iterator[None]:
    """A training that was stopped on a page is not gone on with: the next one begins with more answers."""
    try:
        yield
    finally:
        with suppress(OSError):
            checkpoint_path(new_adapter_path(name)).unlink(missing_ok=True)


def _about(settings: LabelSettings) -> Labels:
    """The answers about this sentence alone: other sentences of the file, and their faults, stand aside."""
    labels = read_labels(settings.labels, skip_bad=True)
    wanted = phrasings(settings.sentence)
    values = tuple(task for task in labels.values if task.phrasings == wanted)
    pairs = tuple(task for task in labels.pairs if task.phrasings == wanted)
    if not values and not pairs:
        raise UsageError(f"There are fewer than {FEWEST_ROWS} answers about this sentence; answer some more.")
    return with_changes(labels, values=values, pairs=pairs)


def _metrics(query: TrainedQuery, settings: LabelSettings) -> tuple[ShownMetric, ...]:
    names = ("pair_accuracy",) if settings.mode == "pairs" else ("srcc", "mae")
    sections = (("trained", query.adapter), ("plain ridge", query.ridge), ("zero-shot", query.zero_shot))
    measured = ((who, name, section.by_name()[name]) for name in names for who, section in sections)
    return tuple(
        ShownMetric(who, name, its.value, its.ci.low, its.ci.high)
        for who, name, its in measured
        if its.value == its.value
    )
