"""What the task half is taught by: values, sentences, and the classes it must not forget."""

from __future__ import annotations

import torch
from data import HEADS
from fit_captions import SAME_MEANING, SURE, CaptionsInTraining
from task_heads import WEIGHTS
from torch.nn import functional as F
from words import Words


def value_loss(predicted: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Smooth L1 and RankNet, each summed over the tasks present by their weights; ties masked."""
    total = predicted.new_zeros(())
    for task, name in enumerate(HEADS):
        known = ~wanted[:, task].isnan()
        p, w = predicted[known, task], wanted[known, task]
        if len(w) < 2:
            continue
        above = (w[:, None] - w[None, :]) > 1e-6
        ranks = (F.softplus(-4 * (p[:, None] - p[None, :])) * above).sum() / above.sum().clamp(min=1)
        total = total + WEIGHTS.get(name, 1.0) * (F.smooth_l1_loss(p, w, beta=0.5) + 0.5 * ranks)
    return total


def pair_loss(head: CaptionsInTraining, seen: torch.Tensor, words: Words, rows: torch.Tensor) -> torch.Tensor:
    """Each picture finds its phrase among those that are not true of it, and the other way round."""
    phrases = words.draw(rows)
    vectors = words.vectors[words.vector[phrases]]
    logits = head.log_scale.exp().clamp(max=100) * head.images(seen) @ head.texts(vectors).T
    alike = vectors @ vectors.T > SAME_MEANING
    logits = logits.masked_fill((words.true_of(rows, phrases, rows) | alike).fill_diagonal_(False), -1e4)
    target = torch.arange(len(rows), device=logits.device)
    return F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)


def name_loss(head: CaptionsInTraining, seen: torch.Tensor, logits: torch.Tensor, names: torch.Tensor) -> torch.Tensor:
    """Where the published tower is sure of classes, their names are what the picture is near to."""
    chances = logits.softmax(-1)
    near = (20 * head.images(seen) @ head.texts(names).T).log_softmax(-1)
    return (-(chances * near).sum(1) * (chances.amax(1) > SURE)).mean()


def class_loss(logits: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Distance of the task half's classes to the published tower's."""
    return F.kl_div(logits.log_softmax(-1), wanted.softmax(-1), reduction="batchmean")
