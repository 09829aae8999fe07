"""Rows of one query as tensors, one batch after another."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import isqrt

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from imgrank.adapter.model import TextBatch
from imgrank.learning.dataset import Dataset
from imgrank.learning.task import Rows, TaskRows, ValueRows

FEWEST_TO_CROP = 5  # places a side: of fewer, a window shows hardly less than all


@dataclass(frozen=True, slots=True, eq=False)
class QueryRows:
    """One query's rows to train on and to watch; `mean` and `scale` standardise its values."""

    task: TaskRows
    train: Rows
    val: Rows
    mean: float = 0.0
    scale: float = 1.0

    @staticmethod
    def of(task: TaskRows, train: Rows, val: Rows, scale: tuple[float, float] | None = None) -> QueryRows:
        """Standardised by the rows to train on, or by a given mean and deviation; answers need no standard."""
        mean, deviation = scale if scale is not None and task.has_unit else task.standard(train)
        return QueryRows(task, train, val, mean, deviation)


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """tokens (B, P, D) and embedding (B, E) of B pictures."""

    tokens: Tensor
    embedding: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class ValueBatch:
    """B pictures of one query with standardised targets (B,); pictures after those lack the query's subject."""

    pictures: Pictures
    text: TextBatch
    target: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class AnswerBatch:
    """Pictures, and N answers between the pictures at `left` and `right` (N,)."""

    pictures: Pictures
    text: TextBatch
    left: Tensor
    right: Tensor
    preferred: Tensor


Batch = ValueBatch | AnswerBatch


def steps_in_epoch(parts: Sequence[QueryRows], batch: int, fewest: int) -> int:
    """As many batches as rows ask for, and never so few that looking at val costs more than learning."""
    return max(fewest, sum(-(-len(part.train) // batch) for part in parts))


@dataclass(frozen=True, slots=True)
class Augmentation:
    """The `crop` and `negatives` of TrainingOptions."""

    crop: float = 1.0
    negatives: float = 0.0


def batches(
    dataset: Dataset,
    parts: Sequence[QueryRows],
    batch: int,
    steps: int,
    seed: Sequence[int],
    device: torch.device,
    augmentation: Augmentation = Augmentation(),
) -> Iterator[Batch]:
    """One epoch. Queries are drawn alike, whatever their size, so that small ones count; a random phrasing a batch."""
    rng = np.random.default_rng(seed)
    others = [strangers(parts, n) if augmentation.negatives else np.zeros(0, np.intp) for n in range(len(parts))]
    queues: list[Rows] = [np.zeros(0, np.intp) for _ in parts]
    filled = [n for n, part in enumerate(parts) if len(part.train)]
    for _ in range(steps if filled else 0):
        n = filled[int(rng.integers(len(filled)))]
        size = min(batch, len(parts[n].train))
        if len(queues[n]) < size:
            queues[n] = rng.permutation(parts[n].train)
        rows, queues[n] = queues[n][:size], queues[n][size:]
        made = _batch(dataset, parts[n], rows, others[n], augmentation.negatives, rng, device)
        yield replace(made, pictures=_cropped(made.pictures, augmentation.crop, rng))


def strangers(parts: Sequence[QueryRows], n: int) -> Rows:
    """Pictures of other queries to train on that part `n` says nothing of."""
    own = parts[n].task.pictures(np.arange(len(parts[n].task)))
    other = [part.task.pictures(part.train) for k, part in enumerate(parts) if k != n]
    return np.setdiff1d(np.concatenate(other), own) if other else np.zeros(0, np.intp)


def _cropped(shown: Pictures, least: float, rng: np.random.Generator) -> Pictures:
    """Tokens within a window of each picture's square grid, as large in all of a batch."""
    count = shown.tokens.shape[1]
    side = isqrt(count)
    if least >= 1 or side * side != count or side < FEWEST_TO_CROP:
        return shown
    kept = int(rng.integers(math.ceil(least * side), side + 1))
    tops, lefts = rng.integers(0, side - kept + 1, (2, len(shown.tokens)))
    window = np.arange(kept)[:, None] * side + np.arange(kept)
    places = torch.from_numpy(window.ravel() + (tops * side + lefts)[:, None]).to(shown.tokens.device)
    return replace(shown, tokens=shown.tokens.gather(1, places[..., None].expand(-1, -1, shown.tokens.shape[2])))


def pictures(
    dataset: Dataset, rows: Rows, device: torch.device, turned: npt.NDArray[np.bool_] | None = None
) -> Pictures:
    """Tokens of pictures of the dataset, mirrored where `turned`."""
    packed = dataset.packed[rows]
    tokens, embedding = packed.tokens(), packed.embedding.astype(np.float32)
    if turned is not None and dataset.mirrored is not None and turned.any():
        mirrored = dataset.mirrored[rows[turned]]
        tokens[turned], embedding[turned] = mirrored.tokens(), mirrored.embedding.astype(np.float32)
    return Pictures(torch.from_numpy(tokens).to(device), torch.from_numpy(embedding).to(device))


def _batch(
    dataset: Dataset,
    part: QueryRows,
    rows: Rows,
    others: Rows,
    negatives: float,
    rng: np.random.Generator,
    device: torch.device,
) -> Batch:
    task = part.task
    text = TextBatch.of(task.texts[int(rng.integers(len(task.texts)))]).to(device)
    if isinstance(task, ValueRows):
        strange = rng.choice(others, min(round(negatives * len(rows)), len(others)), replace=False)
        seen = np.concatenate([task.rows[rows], strange])
        shown = pictures(dataset, seen, device, rng.random(len(seen)) < 0.5)
        target = (task.values[rows] - part.mean) / part.scale
        return ValueBatch(shown, text, torch.from_numpy(target.astype(np.float32)).to(device))
    names, places = np.unique(np.concatenate([task.left[rows], task.right[rows]]), return_inverse=True)
    left, right = (torch.from_numpy(side).to(device) for side in places.reshape(2, -1))
    shown = pictures(dataset, names, device, rng.random(len(names)) < 0.5)
    preferred = torch.from_numpy(task.preferred[rows].astype(np.float32)).to(device)
    return AnswerBatch(shown, text, left, right, preferred)
