"""How a dataset is learnt: in closed form first, then by a network for as long as it adds to that.

With a val split where it is large enough, or else by cross-validation.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from imgrank.adapter.config import AdapterConfig
from imgrank.adapter.model import AdapterModel
from imgrank.adapter.subject import Subject
from imgrank.arrays import Floats
from imgrank.learning.baselines import baseline, ridge_views
from imgrank.learning.blocks import Blocks
from imgrank.learning.dataset import FOLDS, Dataset, held_out, needs_folds
from imgrank.learning.fit_closed import ClosedFit, fit_closed
from imgrank.learning.fit_subject import fit_subject
from imgrank.learning.task import Rows, TaskRows, ValueRows
from imgrank.parallel import on_one_core
from imgrank.training.batches import QueryRows, strangers
from imgrank.training.blend_weight import Unseen, best_blend_weight, best_common_epoch, most_by_folds, network_adds
from imgrank.training.loop import Epoch, Fit, LoopState, fit, predict
from imgrank.training.options import TrainingOptions

FEWEST_FOLDS = 2  # after which a network that adds nothing is given up


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """What was learnt of one query.

    `unseen` are the rows that its metrics are measured on, with each part's predictions; `ridge` (N,) are those of the
    plain baseline on the same rows. `closed`, `subject`, `blend_weight`, the network's part, and whether it learnt
    `relevance` go into the adapter file.
    """

    task: TaskRows
    mean: float
    scale: float
    closed: ClosedFit
    unseen: Unseen
    ridge: Floats
    subject: Subject | None
    blend_weight: float = 0.0
    relevance: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What was learnt of each query, and how: `cross_validated` tells which rows are unseen.

    `model` is None where no network has a part in any answer.
    """

    config: AdapterConfig
    model: AdapterModel | None
    learnt: tuple[Learnt, ...]
    epochs: tuple[Epoch, ...]
    best_epoch: int
    cross_validated: bool
    interrupted: bool


@dataclass(frozen=True, slots=True, eq=False)
class Fitting:
    """Everything that does not change while learning.

    `new_model` begins the model of fold 0, 1, ...; `prepare` gives the dataset what the network alone looks at.
    """

    dataset: Dataset
    new_model: Callable[[int], AdapterModel]
    options: TrainingOptions
    device: torch.device
    watch: Callable[[Epoch], None]
    prepare: Callable[[Dataset], Dataset] = lambda dataset: dataset


@dataclass(frozen=True, slots=True, eq=False)
class Checkpointing:
    """How a run is remembered: one with a val split after each epoch, one by folds after each fold.

    `resume` and `folds` are what an earlier run left, `after_epoch` and `after_fold` keep this one.
    """

    resume: Callable[[LoopState], None] = lambda _: None
    after_epoch: Callable[[LoopState], None] = lambda _: None
    folds: tuple[Fit, ...] = ()
    after_fold: Callable[[Sequence[Fit]], None] = lambda _: None


def learn(run: Fitting, memory: Checkpointing, closed_form: Callable[[Fitted], None] = lambda _: None) -> Fitted:
    """Learn a dataset whose rows have splits; test rows are never looked at.

    `closed_form` is told the outcome that needs no network before the first epoch begins. Ctrl-C from there on ends
    the run with the best so far, at least that one.
    """
    folds = _Folds.of(run) if needs_folds(run.dataset) else None
    plain = _by_val(run) if folds is None else _by_folds(run, folds)
    if not run.options.epochs:
        return plain
    closed_form(plain)
    try:
        run = replace(run, dataset=run.prepare(run.dataset))
        if folds is None:
            return _network_by_val(run, memory, plain)
        with on_one_core():  # steps on small data are too short to share, and so equal on every machine
            return _network_by_folds(run, memory, plain, folds)
    except KeyboardInterrupt:
        return replace(plain, interrupted=True)


@dataclass(frozen=True, slots=True, eq=False)
class _Folds:
    """`held`: for each fold the parts of all tasks, the fold being their val rows. `whole`: all rows to learn from."""

    held: tuple[tuple[QueryRows, ...], ...]
    whole: tuple[QueryRows, ...]

    @staticmethod
    def of(run: Fitting) -> _Folds:
        tasks = run.dataset.tasks
        used = [task.in_split("train", "val") for task in tasks]
        scale = _one_scale(run)
        held = (
            tuple(QueryRows.of(task, its.learnt, its.told, scale) for task, its in zip(tasks, fold, strict=True))
            for fold in held_out(tasks, used, run.options.seed)
        )
        whole = (QueryRows.of(task, rows, np.zeros(0, np.intp), scale) for task, rows in zip(tasks, used, strict=True))
        return _Folds(tuple(held), tuple(whole))

    def rows(self, n: int, folds: int = FOLDS) -> Rows:
        """Rows of task n in the first `folds` folds, one fold after another."""
        return np.concatenate([parts[n].val for parts in self.held[:folds]])


def _by_val(run: Fitting) -> Fitted:
    blocks, views = _blocks(run), ridge_views(run.dataset.packed, _looks_at_embedding(run))
    learnt = []
    for part in _parts(run):
        task = part.task
        closed = fit_closed(blocks, task, part.train)
        unseen = Unseen(task, part.val, None, closed.of_task(task, part.val))
        subject = fit_subject(run.dataset.packed, task, part.train)
        learnt.append(Learnt(task, part.mean, part.scale, closed, unseen, _plain(views, part), subject))
    return Fitted(run.new_model(0).config, None, tuple(learnt), (), 0, False, False)


def _parts(run: Fitting) -> list[QueryRows]:
    scale = _one_scale(run)
    return [QueryRows.of(task, task.in_split("train"), task.in_split("val"), scale) for task in run.dataset.tasks]


def _one_scale(run: Fitting) -> tuple[float, float] | None:
    """Mean and deviation of all values that may be learnt from, where all queries are to share them."""
    tasks = [task for task in run.dataset.tasks if isinstance(task, ValueRows)]
    if not run.options.one_scale or not tasks:
        return None
    values = np.concatenate([task.values[task.in_split("train", "val")] for task in tasks])
    return float(values.mean()), float(values.std()) or 1.0


def _by_folds(run: Fitting, folds: _Folds) -> Fitted:
    """Each row as it was predicted by the closed form that had not seen its fold, nor any picture of it."""
    blocks, views = _blocks(run), ridge_views(run.dataset.packed, _looks_at_embedding(run))
    learnt = []
    for n, whole in enumerate(folds.whole):
        parts = [parts[n] for parts in folds.held if len(parts[n].val)]
        predicted = [fit_closed(blocks, whole.task, part.train).of_task(whole.task, part.val) for part in parts]
        rows = folds.rows(n)
        order = np.argsort(rows)
        unseen = Unseen(whole.task, rows[order], None, np.concatenate([np.zeros(0), *predicted])[order])
        plain = np.concatenate([np.zeros(0), *(_plain(views, part) for part in parts)])[order]
        closed = fit_closed(blocks, whole.task, whole.train)
        subject = fit_subject(run.dataset.packed, whole.task, whole.train)
        learnt.append(Learnt(whole.task, whole.mean, whole.scale, closed, unseen, plain, subject))
    return Fitted(run.new_model(0).config, None, tuple(learnt), (), 0, True, False)


def _network_by_val(run: Fitting, memory: Checkpointing, plain: Fitted) -> Fitted:
    parts = _parts(run)
    done = fit(
        run.new_model(0),
        run.dataset,
        parts,
        run.options,
        epochs=run.options.epochs,
        device=run.device,
        watch=run.watch,
        resume=memory.resume,
        after_epoch=memory.after_epoch,
    )
    model = _loaded(run, done)
    learnt = []
    for part, its in zip(parts, plain.learnt, strict=True):
        predicted = part.mean + part.scale * predict(model, run.dataset, part.task, part.val, run.device)
        learnt.append(_with_network(run, its, replace(its.unseen, network=predicted), 1.0))
    return replace(
        plain,
        model=model.cpu() if run.options.always or any(its.blend_weight for its in learnt) else None,
        learnt=tuple(learnt),
        epochs=done.epochs,
        best_epoch=done.best_epoch,
        interrupted=done.interrupted,
    )


def _network_by_folds(run: Fitting, memory: Checkpointing, plain: Fitted, folds: _Folds) -> Fitted:
    fits = _fits(run, folds, plain, memory)
    epoch = best_common_epoch(fits)
    tried = replace(plain, epochs=fits[0].epochs, best_epoch=epoch)
    if len(fits) < FOLDS:  # given up
        return tried
    learnt = tuple(
        _with_network(run, its, _seen_by_folds(folds, fits, epoch, n, its), most_by_folds(len(its.unseen.rows)))
        for n, its in enumerate(plain.learnt)
    )
    if not run.options.always and not any(its.blend_weight for its in learnt):
        return replace(tried, learnt=learnt)
    final = _fold(run, folds.whole, FOLDS, _Clock(run.options, fits), stop_after=epoch)
    if final.interrupted:
        raise KeyboardInterrupt
    return replace(tried, model=_loaded(run, final).cpu(), learnt=learnt)


def _with_network(run: Fitting, its: Learnt, unseen: Unseen, most: float) -> Learnt:
    blend_weight = best_blend_weight(unseen, most)
    kept = run.options.always or network_adds(unseen, blend_weight)
    relevance = kept and _has_strangers(run, its)
    return replace(its, unseen=unseen, blend_weight=blend_weight if kept else 0.0, relevance=relevance)


def _has_strangers(run: Fitting, its: Learnt) -> bool:
    """Whether the network saw pictures that lack this query's subject."""
    parts = _parts(run)
    n = next(n for n, part in enumerate(parts) if part.task is its.task)
    return run.options.negatives > 0 and its.task.has_unit and len(strangers(parts, n)) > 0


def _seen_by_folds(folds: _Folds, fits: Sequence[Fit], epoch: int, n: int, its: Learnt) -> Unseen:
    """Task n on the rows of the folds that have been fitted, with what the network said of them at an epoch."""
    rows = folds.rows(n, len(fits))
    order = np.argsort(rows)
    predicted = np.concatenate([done.predicted[min(epoch, len(done.predicted)) - 1][n] for done in fits])[order]
    among = np.isin(its.unseen.rows, rows)
    return Unseen(its.task, rows[order], predicted, its.unseen.closed[among])


def _fits(run: Fitting, folds: _Folds, plain: Fitted, memory: Checkpointing) -> list[Fit]:
    """One fit a fold, fewer where the network adds nothing; those that are remembered are not made again."""
    fits: list[Fit] = list(memory.folds)
    memory.after_fold(fits)
    while len(fits) < FOLDS and (run.options.always or _promising(folds, fits, plain)):
        done = _fold(run, folds.held[len(fits)], len(fits), _Clock(run.options, fits))
        if done.interrupted:
            raise KeyboardInterrupt
        fits.append(done)
        memory.after_fold(fits)
    return fits


def _promising(folds: _Folds, fits: Sequence[Fit], plain: Fitted) -> bool:
    """Whether on the rows seen so far any part of the network would do any query good."""
    if len(fits) < FEWEST_FOLDS:
        return True
    epoch = best_common_epoch(fits)
    return any(best_blend_weight(_seen_by_folds(folds, fits, epoch, n, its)) for n, its in enumerate(plain.learnt))


class _Clock:
    """How long a run by folds still takes at most, should no later fold be longer than the longest before it."""

    def __init__(self, options: TrainingOptions, fits: Sequence[Fit]) -> None:
        self._began = time.perf_counter()
        self._most = min(options.fold_epochs, options.epochs)
        self._longest = max((len(fit.epochs) for fit in fits), default=self._most)
        self._stages = FOLDS - len(fits)  # after this one: the other folds, and all rows

    def seconds_left(self, epoch: Epoch) -> float:
        """From the pace of this fold."""
        pace = (time.perf_counter() - self._began) / epoch.number
        expected = self._longest if epoch.number < self._longest else self._most
        return pace * (max(expected - epoch.number, 0) + max(self._stages, 0) * self._longest)


def _fold(run: Fitting, parts: Sequence[QueryRows], fold: int, clock: _Clock, stop_after: int | None = None) -> Fit:
    stage = "all rows" if fold == FOLDS else f"fold {fold + 1} of {FOLDS}"

    def watch(epoch: Epoch) -> None:
        left = epoch.seconds_left if fold == FOLDS else clock.seconds_left(epoch)
        run.watch(replace(epoch, stage=stage, seconds_left=left))

    return fit(
        run.new_model(fold),
        run.dataset,
        parts,
        replace(run.options, seed=run.options.seed + fold, patience=run.options.fold_patience),
        epochs=min(run.options.fold_epochs, run.options.epochs),
        stop_after=stop_after,
        patient=fold < FOLDS and not run.options.always,
        device=run.device,
        watch=watch,
    )


def _looks_at_embedding(run: Fitting) -> bool:
    return run.new_model(0).config.embedding_width > 0


def _blocks(run: Fitting) -> Blocks:
    """Of every picture, in the directions of those that may be learnt from."""
    used = [task.pictures(task.in_split("train", "val")) for task in run.dataset.tasks]
    return Blocks.of(run.dataset.packed, np.unique(np.concatenate(used)), _looks_at_embedding(run))


def _plain(views: Sequence[Floats], part: QueryRows) -> Floats:
    """The baseline on a part's val rows; where no row is left to learn from, nothing is said: NaN."""
    return baseline(views, part.task, part.val, part.train)


def _loaded(run: Fitting, done: Fit) -> AdapterModel:
    model = run.new_model(0)
    model.load_state_dict(done.state)
    return model.to(run.device).eval()
