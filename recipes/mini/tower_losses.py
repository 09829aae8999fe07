"""What the tower is taught by: values, captions, and the classes it must not forget."""

from __future__ import annotations

import numpy as np
import torch
from data import HEADS
from task_heads import WEIGHTS
from torch.nn import functional as F
from tower_data import TrainingData
from tower_model import Seen, TowerInTraining


def value_loss(predicted: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Smooth L1 and RankNet, each summed over the tasks present by their weights; ties masked."""
    total = predicted.new_zeros(())
    for task, name in enumerate(HEADS):
        known = ~wanted[:, task].isnan()
        if known.sum() < 2:
            continue
        p, w = predicted[known, task], wanted[known, task]
        above = (w[:, None] - w[None, :]) > 1e-6
        margins = (p[:, None] - p[None, :])[above]
        loss = F.smooth_l1_loss(p, w, beta=0.5)
        if len(margins):
            loss = loss + 0.5 * F.softplus(-4 * margins).mean()
        total = total + WEIGHTS.get(name, 1.0) * loss
    return total


def contrast_loss(
    model: TowerInTraining, data: TrainingData, seen: Seen, rows: np.ndarray, rng: np.random.Generator
) -> torch.Tensor:
    """Image against its own caption and 4,096 others, and caption against the images of the batch."""
    own = torch.tensor([rng.choice(data.captions_of[data.sample[row]]) for row in rows])
    others = data.negatives[torch.from_numpy(rng.integers(0, len(data.negatives), 4096))]
    texts = model.map_text(data.caption[torch.cat([own, others])])
    scale = model.log_scale.exp().clamp(max=100)
    logits = scale * seen.caption @ texts.T
    with torch.no_grad():  # a stranger's caption that says the same thing is no negative
        same = data.caption[own] @ data.caption[torch.cat([own, others])].T > 0.8
        same[torch.arange(len(rows)), torch.arange(len(rows))] = False
    logits = logits.masked_fill(same, float("-inf"))
    target = torch.arange(len(rows))
    return F.cross_entropy(logits, target) + F.cross_entropy(logits[:, : len(rows)].T, target)


def class_loss(
    model: TowerInTraining, data: TrainingData, seen: Seen, logits: torch.Tensor, firm: float
) -> torch.Tensor:
    """Keep the teacher's 1000 probabilities, in the classifier and in the caption space.

    `firm` weighs the distance of the logits themselves: it holds classes that no training picture shows.
    """
    teacher = logits.softmax(-1)
    drift = (seen.logits - seen.logits.mean(1, keepdim=True)) - (logits - logits.mean(1, keepdim=True))
    kept = F.kl_div(seen.logits.log_softmax(-1), teacher, reduction="batchmean")
    anchors = model.map_text(data.class_vectors)
    named = F.kl_div((20 * seen.caption @ anchors.T).log_softmax(-1), teacher, reduction="batchmean")
    return 0.5 * kept + 0.1 * named + firm * drift.square().mean()
