"""What training makes small. Values are standardised for their query; ties teach nothing about order."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


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
