"""Rows of one query as tensors, one batch after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from imgrank.adapter.model import TextBatch
from imgrank.learning.dataset import Dataset, PairRows, Rows, TaskRows, ValueRows


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One query's rows to train on and to watch; `mean` and `scale` standardise its values."""

    task: TaskRows
    train: Rows
    val: Rows
    mean: float = 0.0
    scale: float = 1.0

    @staticmethod
    def of(task: TaskRows, train: Rows, val: Rows) -> Part:
        """Standardised by the rows to train on; answers need no standard."""
        if isinstance(task, PairRows):
            return Part(task, train, val)
        values = task.values[train]
        return Part(task, train, val, float(values.mean()), float(values.std()) or 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """tokens (B, P, D) and embedding (B, E) of B pictures."""

    tokens: Tensor
    embedding: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class ValueBatch:
    """B pictures of one query with standardised targets (B,)."""

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


def steps_in_epoch(parts: Sequence[Part], batch: int, fewest: int) -> int:
    """As many batches as rows ask for, and never so few that looking at val costs more than learning."""
    return max(fewest, sum(-(-len(part.train) // batch) for part in parts))


def batches(
    dataset: Dataset, parts: Sequence[Part], batch: int, steps: int, seed: Sequence[int], device: torch.device
) -> Iterator[Batch]:
    """One epoch. Queries are drawn alike, whatever their size, so that small ones count; a random phrasing a batch."""
    rng = np.random.default_rng(seed)
    queues: list[Rows] = [np.zeros(0, np.intp) for _ in parts]
    for _ in range(steps):
        n = int(rng.integers(len(parts)))
        size = min(batch, len(parts[n].train))
        if len(queues[n]) < size:
            queues[n] = rng.permutation(parts[n].train)
        rows, queues[n] = queues[n][:size], queues[n][size:]
        yield _batch(dataset, parts[n], rows, rng, device)


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


def _batch(dataset: Dataset, part: Part, rows: Rows, rng: np.random.Generator, device: torch.device) -> Batch:
    task = part.task
    text = TextBatch.of(task.texts[int(rng.integers(len(task.texts)))]).to(device)
    if isinstance(task, ValueRows):
        shown = pictures(dataset, task.rows[rows], device, rng.random(len(rows)) < 0.5)
        target = (task.values[rows] - part.mean) / part.scale
        return ValueBatch(shown, text, torch.from_numpy(target.astype(np.float32)).to(device))
    names, places = np.unique(np.concatenate([task.left[rows], task.right[rows]]), return_inverse=True)
    left, right = (torch.from_numpy(side).to(device) for side in places.reshape(2, -1))
    shown = pictures(dataset, names, device, rng.random(len(names)) < 0.5)
    preferred = torch.from_numpy(task.preferred[rows].astype(np.float32)).to(device)
    return AnswerBatch(shown, text, left, right, preferred)
