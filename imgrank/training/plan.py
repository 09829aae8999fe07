"""How a dataset is learnt: with a val split where it is large enough, or else by cross-validation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from imgrank.adapter.model import AdapterModel
from imgrank.cores import on_one_core
from imgrank.evaluation.baselines import answer_predictions, ridge_predictions
from imgrank.evaluation.dataset import Dataset, PairRows, Rows, TaskRows
from imgrank.evaluation.ridge import Axis, features
from imgrank.evaluation.splits import FOLDS, deal, needs_folds
from imgrank.training.axis import fit_axis
from imgrank.training.batches import Part
from imgrank.training.choosing import Unseen, best_common_epoch, best_mix, most_by_folds
from imgrank.training.loop import Epoch, Fit, Progress, fit, predict
from imgrank.training.options import TrainingOptions

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """What was learnt of one query.

    `unseen` are the rows that its figures are measured on, with what each part said of them; `ridge` (N,) is
    what the plain baseline says of the same rows. `axis` and `mix` go into the adapter file.
    """

    task: TaskRows
    mean: float
    scale: float
    axis: Axis
    mix: float
    unseen: Unseen
    ridge: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """The trained model, what was learnt of each query, and how: `cross_validated` tells which rows are unseen."""

    model: AdapterModel
    learnt: tuple[Learnt, ...]
    epochs: tuple[Epoch, ...]
    best_epoch: int
    cross_validated: bool
    interrupted: bool


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Everything that does not change while learning: `new_model` begins the model of fold 0, 1, ..."""

    dataset: Dataset
    new_model: Callable[[int], AdapterModel]
    options: TrainingOptions
    device: torch.device
    watch: Callable[[Epoch], None]


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """How a run is remembered: one with a val split after each epoch, one by folds after each fold.

    `resume` and `folds` are what an earlier run left, `after_epoch` and `after_fold` keep this one.
    """

    resume: Callable[[Progress], None] = lambda _: None
    after_epoch: Callable[[Progress], None] = lambda _: None
    folds: tuple[Fit, ...] = ()
    after_fold: Callable[[Sequence[Fit]], None] = lambda _: None


def learn(run: Run, memory: Memory) -> Outcome:
    """Learn a dataset whose rows have splits; test rows are never looked at."""
    if needs_folds(run.dataset):
        with on_one_core():  # steps on small data are too short to share, and so equal on every machine
            return _by_folds(run, memory)
    return _by_val(run, memory)


def _by_val(run: Run, memory: Memory) -> Outcome:
    x = _features(run)
    parts = [Part.of(task, task.in_split("train"), task.in_split("val")) for task in run.dataset.tasks]
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
    for part in parts:
        said = part.mean + part.scale * predict(model, run.dataset, part.task, part.val, run.device)
        axis = fit_axis(x, run.dataset.packed.shape.width, part.task, part.train)
        unseen = Unseen(part.task, part.val, said, _along(axis, x, part.task, part.val))
        plain = _plain(x, part.task, part.val, part.train)
        learnt.append(Learnt(part.task, part.mean, part.scale, axis, best_mix(unseen), unseen, plain))
    return Outcome(model.cpu(), tuple(learnt), done.epochs, done.best_epoch, False, done.interrupted)


def _by_folds(run: Run, memory: Memory) -> Outcome:
    x = _features(run)
    tasks = run.dataset.tasks
    used = [task.in_split("train", "val") for task in tasks]
    dealt = deal(tasks, used, FOLDS, run.options.seed)
    held = [
        [
            Part.of(task, rows[part != fold], rows[part == fold])
            for task, rows, part in zip(tasks, used, dealt, strict=True)
        ]
        for fold in range(FOLDS)
    ]
    fits = _fits(run, held, memory)
    whole = [Part.of(task, rows, np.zeros(0, np.intp)) for task, rows in zip(tasks, used, strict=True)]
    epoch = best_common_epoch(fits)
    final = fits[-1]
    if not final.interrupted:
        try:
            final = _fold(run, whole, FOLDS, stop_after=epoch)
        except KeyboardInterrupt:  # in its first epoch: what the last fold came to is the best so far
            final = replace(final, interrupted=True)
    learnt = [_learnt_by_folds(run, x, n, part, held[: len(fits)], fits, epoch) for n, part in enumerate(whole)]
    if final.interrupted:  # the axis has seen all rows, the model has not
        learnt = [replace(its, mix=0.0) for its in learnt]
    return Outcome(_loaded(run, final).cpu(), tuple(learnt), fits[0].epochs, epoch, True, final.interrupted)


def _fits(run: Run, held: Sequence[Sequence[Part]], memory: Memory) -> list[Fit]:
    """One fit a fold, up to one that was interrupted; those that are remembered are not made again."""
    fits = list(memory.folds)
    try:
        memory.after_fold(fits)
        while len(fits) < FOLDS and not (fits and fits[-1].interrupted):
            fits.append(_fold(run, held[len(fits)], len(fits)))
            if not fits[-1].interrupted:
                memory.after_fold(fits)
    except KeyboardInterrupt:  # in a fold's first epoch, or while one was kept
        if not fits:
            raise
        fits[-1] = replace(fits[-1], interrupted=True)
    return fits


def _fold(run: Run, parts: Sequence[Part], fold: int, stop_after: int | None = None) -> Fit:
    stage = "all rows" if fold == FOLDS else f"fold {fold + 1} of {FOLDS}"
    return fit(
        run.new_model(fold),
        run.dataset,
        parts,
        replace(run.options, seed=run.options.seed + fold),
        epochs=min(run.options.fold_epochs, run.options.epochs),
        stop_after=stop_after,
        patient=False,
        device=run.device,
        watch=lambda epoch: run.watch(replace(epoch, stage=stage)),
    )


def _learnt_by_folds(
    run: Run, x: Floats, n: int, whole: Part, held: Sequence[Sequence[Part]], fits: Sequence[Fit], epoch: int
) -> Learnt:
    """Each row as it was predicted by the fold that had not seen it."""
    width, task = run.dataset.packed.shape.width, whole.task
    rows = np.concatenate([parts[n].val for parts in held])
    said = np.concatenate([done.said[min(epoch, len(done.said)) - 1][n] for done in fits])
    along, plain = [], []
    for parts in held:
        part = parts[n]
        along.append(_along(fit_axis(x, width, task, part.train), x, task, part.val))
        plain.append(_plain(x, task, part.val, part.train))
    order = np.argsort(rows)
    unseen = Unseen(task, rows[order], said[order], np.concatenate(along)[order])
    axis = fit_axis(x, width, task, whole.train)
    mix = best_mix(unseen, most_by_folds(len(rows)))
    return Learnt(task, whole.mean, whole.scale, axis, mix, unseen, np.concatenate(plain)[order])


def _features(run: Run) -> Floats:
    """What axis and ridge see: tokens, and the embedding where the model looks at it too."""
    config = run.new_model(0).config
    return features(run.dataset.packed)[:, : config.image_width + config.embedding_width]


def _along(axis: Axis, x: Floats, task: TaskRows, rows: Rows) -> Floats:
    if isinstance(task, PairRows):
        return axis(x[task.left[rows]]) - axis(x[task.right[rows]])
    return axis(x[task.rows[rows]])


def _plain(x: Floats, task: TaskRows, rows: Rows, train: Rows) -> Floats:
    """The baseline on rows; where no row is left to learn from, nothing is said: NaN."""
    if isinstance(task, PairRows):
        return answer_predictions(x, task, rows, train)
    return ridge_predictions(x, task, rows, train)


def _loaded(run: Run, done: Fit) -> AdapterModel:
    model = run.new_model(0)
    model.load_state_dict(done.state)
    return model.to(run.device).eval()
