"""How a dataset is learnt: with a val split where it is large enough, or else by cross-validation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from imgrank.adapter.model import AdapterModel
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


def learn(run: Run, resume: Callable[[Progress], None], after_epoch: Callable[[Progress], None]) -> Outcome:
    """Learn a dataset whose rows have splits; test rows are never looked at.

    `resume` and `after_epoch` serve a run with a val split alone: the folds of small data are soon done.
    """
    if needs_folds(run.dataset):
        with _one_core():
            return _by_folds(run)
    return _by_val(run, resume, after_epoch)


@contextmanager
def _one_core() -> Iterator[None]:
    """Steps on small data are too short to share: on one core they are quicker, and equal on every machine."""
    cores = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(cores)


def _by_val(run: Run, resume: Callable[[Progress], None], after_epoch: Callable[[Progress], None]) -> Outcome:
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
        resume=resume,
        after_epoch=after_epoch,
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


def _by_folds(run: Run) -> Outcome:
    x = _features(run)
    tasks = run.dataset.tasks
    used = [task.in_split("train", "val") for task in tasks]
    dealt = deal(tasks, used, FOLDS, run.options.seed)
    fits: list[Fit] = []
    held: list[list[Part]] = []
    for fold in range(FOLDS):
        parts = [
            Part.of(task, rows[part != fold], rows[part == fold])
            for task, rows, part in zip(tasks, used, dealt, strict=True)
        ]
        held.append(parts)
        fits.append(_fold(run, parts, fold))
        if fits[-1].interrupted:
            break
    whole = [Part.of(task, rows, np.zeros(0, np.intp)) for task, rows in zip(tasks, used, strict=True)]
    interrupted = fits[-1].interrupted
    epoch = best_common_epoch(fits)
    final = fits[-1] if interrupted else _fold(run, whole, FOLDS, stop_after=epoch)
    learnt = [_learnt_by_folds(run, x, n, part, held, fits, epoch) for n, part in enumerate(whole)]
    if interrupted or final.interrupted:  # the axis has seen all rows, the model has not
        learnt = [replace(its, mix=0.0) for its in learnt]
    return Outcome(
        _loaded(run, final).cpu(), tuple(learnt), fits[0].epochs, epoch, True, interrupted or final.interrupted
    )


def _fold(run: Run, parts: Sequence[Part], fold: int, stop_after: int | None = None) -> Fit:
    stage = "all rows" if fold == FOLDS else f"fold {fold + 1} of {FOLDS}"
    return fit(
        run.new_model(fold),
        run.dataset,
        parts,
        replace(run.options, seed=run.options.seed + fold),
        epochs=run.options.fold_epochs,
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
