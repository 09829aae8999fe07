"""The loop: epochs over stored tokens, one query a batch, the best weights kept."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from imgrank.adapter.model import AdapterModel, TextBatch
from imgrank.adapter.pairs import Summary
from imgrank.arrays import Floats
from imgrank.errors import TrainingError
from imgrank.learning.dataset import Dataset
from imgrank.learning.metrics import mae
from imgrank.learning.task import Rows, TaskRows
from imgrank.training.batches import Augmentation, Batch, QueryRows, ValueBatch, batches, pictures, steps_in_epoch
from imgrank.training.options import TrainingOptions

State = dict[str, Tensor]
SCORED_AT_ONCE = 256
LARGEST_GRADIENT = 1.0


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch, for watching: mean losses, the val metric (SRCC, or for answers 2 x accuracy - 1), val MAE."""

    number: int
    of: int
    value_loss: float
    order_loss: float
    metric: float
    mae: float
    pictures_per_second: float
    seconds_left: float
    stage: str = ""


@dataclass(slots=True, eq=False)
class LoopState:
    """Where a run stands between two epochs: everything that going on needs."""

    model: AdapterModel
    averaged: AveragedModel
    optimiser: torch.optim.Optimizer
    epoch: int = 0
    best_epoch: int = 0
    best_metric: float = -math.inf
    best_state: State | None = None
    predicted: tuple[tuple[Floats, ...], ...] = ()
    epochs: tuple[Epoch, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """What a run came to: the best weights, and by epoch what was `predicted` of each part's val rows, in its unit."""

    state: State
    best_epoch: int
    epochs: tuple[Epoch, ...]
    predicted: tuple[tuple[Floats, ...], ...]
    interrupted: bool = False


def fit(
    model: AdapterModel,
    dataset: Dataset,
    parts: Sequence[QueryRows],
    options: TrainingOptions,
    *,
    epochs: int,
    stop_after: int | None = None,
    patient: bool = True,
    device: torch.device | None = None,
    watch: Callable[[Epoch], None] = lambda _: None,
    resume: Callable[[LoopState], None] = lambda _: None,
    after_epoch: Callable[[LoopState], None] = lambda _: None,
) -> Fit:
    """Train for `epochs` of the schedule, of which only the first `stop_after` are run.

    Where parts have val rows and `patient`, training stops early and the best epoch's weights are kept; else
    the last ones. Two runs with one seed are bit-equal on the CPU. `resume` may set the progress to an earlier
    run's, `after_epoch` may keep it. Ctrl-C ends the run with the best so far; before the first epoch's end it
    goes on up. Raises TrainingError where the loss is no number.
    """
    device = device or torch.device("cpu")
    progress = _begin(model.to(device), options)
    resume(progress)
    interrupted = False
    started, first = time.perf_counter(), progress.epoch
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        try:
            while progress.epoch < (stop_after or epochs):
                report = _epoch(progress, dataset, parts, options, epochs, device)
                pace = (time.perf_counter() - started) / (progress.epoch - first)
                report = replace(report, seconds_left=pace * ((stop_after or epochs) - progress.epoch))
                progress.epochs = (*progress.epochs, report)
                watch(report)
                after_epoch(progress)
                if patient and progress.epoch - progress.best_epoch >= options.patience:
                    break
        except KeyboardInterrupt:
            if progress.best_state is None:
                raise
            interrupted = True
    if progress.best_state is None:
        raise TrainingError("Training was stopped during its first epoch; there is nothing to save.")
    keep_best = patient and any(len(part.val) for part in parts)
    state = progress.best_state if keep_best else _state(progress.averaged)
    best_epoch = progress.best_epoch if keep_best else progress.epoch
    return Fit(state, best_epoch, progress.epochs, progress.predicted, interrupted)


def predict(model: AdapterModel, dataset: Dataset, task: TaskRows, rows: Rows, device: torch.device) -> Floats:
    """(N,) standardised values of a task's rows under its first phrasing; for answers, left less right."""
    text = TextBatch.of(task.texts[0]).to(device)

    def values(of: Rows) -> Floats:
        blocks = [of[start : start + SCORED_AT_ONCE] for start in range(0, len(of), SCORED_AT_ONCE)]
        with torch.inference_mode():
            shown = [pictures(dataset, block, device) for block in blocks]
            scores = [model.score(model.fuse(p.tokens, p.embedding, text)).value for p in shown]
        result: Floats = torch.cat(scores).double().cpu().numpy() if scores else np.zeros(0)
        return result

    model.eval()
    return task.predict(values, rows)


def _begin(model: AdapterModel, options: TrainingOptions) -> LoopState:
    decayed = [p for p in model.parameters() if p.ndim > 1]
    rest = [p for p in model.parameters() if p.ndim <= 1]
    optimiser = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": options.weight_decay}, {"params": rest, "weight_decay": 0.0}],
        lr=options.learning_rate,
        betas=(0.9, 0.98),
        fused=decayed[0].device.type in ("cpu", "cuda"),  # one call for all tensors, and the same step
    )
    running_mean = get_ema_multi_avg_fn(options.ema_decay)
    return LoopState(model, AveragedModel(model, multi_avg_fn=running_mean), optimiser)


def _epoch(
    progress: LoopState,
    dataset: Dataset,
    parts: Sequence[QueryRows],
    options: TrainingOptions,
    epochs: int,
    device: torch.device,
) -> Epoch:
    """One epoch of training, then validation. Its randomness hangs on seed and number alone, so it can resume."""
    started = time.perf_counter()
    number = progress.epoch + 1
    torch.manual_seed(options.seed * 100_003 + number)
    steps = steps_in_epoch(parts, options.batch, options.min_steps)
    sums, seen = np.zeros(2), 0
    progress.model.train()
    kept = Augmentation(options.crop, options.negatives)
    for step, batch in enumerate(batches(dataset, parts, options.batch, steps, (options.seed, number), device, kept)):
        for group in progress.optimiser.param_groups:
            group["lr"] = options.learning_rate * _schedule(
                (number - 1) * steps + step, epochs * steps, options.warm_up
            )
        sums += _step(progress, batch, options, number, device)
        seen += len(batch.pictures.tokens)
    rate = seen / (time.perf_counter() - started)
    progress.epoch = number
    metrics, error = _validate(progress, dataset, parts, device)
    if metrics > progress.best_metric or progress.best_state is None or not any(len(part.val) for part in parts):
        progress.best_metric, progress.best_epoch, progress.best_state = metrics, number, _state(progress.averaged)
    value_loss, order_loss = (float(total) / steps for total in sums)
    return Epoch(number, epochs, value_loss, order_loss, metrics, error, rate, 0.0)


def _step(
    progress: LoopState, batch: Batch, options: TrainingOptions, number: int, device: torch.device
) -> tuple[float, float]:
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
        value_loss, order_loss = _losses(progress.model, batch, options)
    loss = value_loss + order_loss
    if not finite(loss):
        raise TrainingError(
            f"Training diverged in epoch {number}: the loss is NaN or infinite. The ranker that was saved before "
            "is kept; it has no network.",
            f"To train a network as well, set {{learning_rate}} below {options.learning_rate:g}.",
        )
    progress.optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(progress.model.parameters(), LARGEST_GRADIENT)
    progress.optimiser.step()
    progress.averaged.update_parameters(progress.model)
    return float(value_loss.detach()), float(order_loss.detach())


def _losses(model: AdapterModel, batch: Batch, options: TrainingOptions) -> tuple[Tensor, Tensor]:
    z = model.fuse(batch.pictures.tokens, batch.pictures.embedding, batch.text)
    scores = model.score(z)
    value = scores.value.float()
    if isinstance(batch, ValueBatch):
        real = len(batch.target)
        by_relevance = _relevance_loss(scores.relevance.float(), real)
        z, value = z[:real], value[:real]
        order = options.score_order_weight * order_loss(score_differences(value), batch.target)
        if options.ranking == "pairs":
            logits = compare_once(model, model.summarise(z)).float()
            order = order + options.order_weight * order_loss(logits, batch.target)
        elif options.ranking == "list":
            order = order + options.order_weight * list_loss(value, batch.target)
        return value_loss(value, batch.target) + by_relevance, order
    summary = model.summarise(z)
    logits = model.pair_head.pairs(summary[batch.left], summary[batch.right]).float()
    by_score = answer_loss(value[batch.left] - value[batch.right], batch.preferred)
    # Without values the scale of scores is free: a light pull keeps them about standard.
    return by_score + 0.01 * value.square().mean(), options.order_weight * answer_loss(logits, batch.preferred)


def _relevance_loss(relevance: Tensor, real: int) -> Tensor:
    """Of logits (B,), the first `real` pictures show the subject and the others lack it; 0 where none lacks it."""
    if real == len(relevance):
        return relevance.sum() * 0
    shown = (torch.arange(len(relevance), device=relevance.device) < real).float()
    return relevance_loss(relevance, shown)


def compare_once(model: AdapterModel, summary: Summary) -> Tensor:
    """Logits (B, B) of which only those above the diagonal count, as `order_loss` reads them; a quarter is left out."""
    middle = len(summary) // 2
    top, low = model.compare(summary[:middle], summary), model.compare(summary[middle:], summary[middle:])
    return torch.cat([top, F.pad(low, (middle, 0))])


def _validate(
    progress: LoopState, dataset: Dataset, parts: Sequence[QueryRows], device: torch.device
) -> tuple[float, float]:
    """The mean metric over queries on their val rows, and the mean absolute error of those with values."""
    model = cast(AdapterModel, progress.averaged.module)
    predicted = tuple(part.mean + part.scale * predict(model, dataset, part.task, part.val, device) for part in parts)
    progress.predicted = (*progress.predicted, predicted)
    watched = [(part, its) for part, its in zip(parts, predicted, strict=True) if len(part.val)]
    metrics = [part.task.order_metric(part.val, its) for part, its in watched]
    errors = [mae(its, part.task.true[part.val]) for part, its in watched if part.task.has_unit]
    return float(np.mean(metrics)) if metrics else math.nan, float(np.mean(errors)) if errors else math.nan


def _schedule(step: int, steps: int, warm_up: float) -> float:
    """A factor from 0 to 1: up in a line, then down along half a cosine."""
    warm = max(1, round(warm_up * steps))
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def _state(averaged: AveragedModel) -> State:
    return {name: copy.deepcopy(tensor.detach().cpu()) for name, tensor in averaged.module.state_dict().items()}


def value_loss(value: Tensor, target: Tensor) -> Tensor:
    """Smooth L1 between values (B,) and their targets (B,), both standardised."""
    return F.smooth_l1_loss(value, target)


def order_loss(logits: Tensor, target: Tensor) -> Tensor:
    """RankNet's logistic loss on the logits (B, B) of "row stands above column", over all pairs whose targets differ.

    The logits are antisymmetric, so each pair is looked at once; equal targets and the diagonal are masked.
    """
    difference = target[:, None] - target[None, :]
    apart = (difference != 0).triu(1)
    if not apart.any():
        return logits.sum() * 0
    return F.softplus(-logits[apart] * difference[apart].sign()).mean()


def answer_loss(logits: Tensor, preferred: Tensor) -> Tensor:
    """The same for answers: logits (N,) of "left stands above right", preferred (N,) 1, -1, or 0 for a tie, masked."""
    told = preferred != 0
    if not told.any():
        return logits.sum() * 0
    return F.softplus(-logits[told] * preferred[told]).mean()


def list_loss(value: Tensor, target: Tensor) -> Tensor:
    """ListNet: cross-entropy between the softmax of targets (B,) and that of values (B,)."""
    return -(target.softmax(0) * value.log_softmax(0)).sum()


def relevance_loss(logit: Tensor, shown: Tensor) -> Tensor:
    """Binary cross-entropy of "the subject is shown" logits (B,) against 0 or 1 (B,)."""
    return F.binary_cross_entropy_with_logits(logit, shown)


def score_differences(value: Tensor) -> Tensor:
    """(B,) values to (B, B) logits: row less column."""
    return value[:, None] - value[None, :]


def finite(loss: Tensor) -> bool:
    """Whether the loss is still a number."""
    return bool(torch.isfinite(loss.detach()))
