"""From the answers in the labels file to a saved adapter and the order it gives, in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace as with_changes
from functools import partial
from typing import TYPE_CHECKING

from imgrank.errors import ImgrankError, UsageError
from imgrank.labels import FEWEST_ROWS, Labels, read_labels
from imgrank.labels.tasks import phrasings
from imgrank.records import Progress
from imgrank.web.records import LabelSettings, ShownMetric, Trained, Training
from imgrank.web.threads import begin
from imgrank.web.words import sentence_of, unexpected

if TYPE_CHECKING:
    from imgrank.ranker import Ranker
    from imgrank.training.loop import Epoch
    from imgrank.training.result import TrainedQuery

Report = Callable[[str, float], None]
Teach = Callable[[str, bool, Report], Trained]


class Trainer:
    """Runs `teach(name, replace, report)`, one at a time."""

    def __init__(self, teach: Teach) -> None:
        self._teach = teach
        self._lock = threading.Lock()
        self._state = Training()
        self._mine: set[str] = set()

    @property
    def state(self) -> Training:
        """Where it stands now."""
        return self._state

    def start(self, name: str, replace: bool) -> None:
        """Begin. An adapter made just now may be made again.

        Raises UsageError while another training runs, or where no thread can be had.
        """
        with self._lock:
            before = self._state
            if before.stage == "running":
                raise UsageError("A training is running; wait for its end.")
            self._state = Training("running", "Reading the answers")
            try:
                begin(partial(self._run, name, replace or name in self._mine), "imgrank-train")
            except UsageError:
                self._state = before
                raise

    def _run(self, name: str, replace: bool) -> None:
        try:
            trained = self._teach(name, replace, self._report)
        except ImgrankError as error:
            self._state = Training("failed", sentence_of(error))
        except Exception as error:  # noqa: BLE001 - the page must not wait for ever; the words go to the user
            self._state = Training("failed", unexpected("Training ended", error))
        else:
            self._mine.add(name)
            self._state = Training("done", f"Saved as {trained.adapter}.", 1.0, trained)

    def _report(self, said: str, part: float) -> None:
        self._state = Training("running", said, part)


def teach(
    settings: LabelSettings, new_ranker: Callable[[str], Ranker], name: str, replace: bool, report: Report
) -> Trained:
    """Train on the answers about this sentence, save the adapter by its name, and order the folder with it.

    `new_ranker(adapter)` makes a ranker for this thread. Raises what reading labels and training raise.
    """
    from imgrank.training import TrainingOptions, train

    def encoding(progress: Progress) -> None:
        report(f"{progress.step} {progress.done} of {progress.total}", 0.0)

    def watching(epoch: Epoch) -> None:
        stage = f"{epoch.stage}, " if epoch.stage else ""
        report(f"{stage}epoch {epoch.number} of {epoch.of}", epoch.number / epoch.of)

    started = time.perf_counter()
    with new_ranker("none") as source:
        result = train(
            _about(settings),
            name=name,
            unit=settings.unit if settings.mode == "values" else None,
            replace=replace,
            options=TrainingOptions(epochs=20, fold_epochs=8, min_steps=4, mirror=False),  # somebody is waiting
            source=source,
            watch=watching,
            progress=encoding,
        )
    report("Ordering the folder", 1.0)
    with new_ranker(str(result.path)) as ranker:
        ranking = ranker.rank([settings.folder], phrasings(settings.sentence)[0], recursive=settings.recursive)
    [query] = result.queries
    order = tuple(image.path for image in ranking.images)
    return Trained(name, query.rows, _metrics(query, settings), order, time.perf_counter() - started)


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
    sections = (("trained", query.adapter), ("ridge", query.ridge), ("zero-shot", query.zero_shot))
    measured = ((who, name, section.by_name()[name]) for name in names for who, section in sections)
    return tuple(
        ShownMetric(who, name, its.value, its.ci.low, its.ci.high)
        for who, name, its in measured
        if its.value == its.value
    )
