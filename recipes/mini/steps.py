"""What the trainings here do in every step: rates by the schedule, gradients of two halves, the moving average."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import torch
from torch import nn

Gradients = Sequence[torch.Tensor | None]


def set_rates(optimiser: torch.optim.Optimizer, rates: Sequence[float], step: int, warmup: int, done: float) -> None:
    """Of each group: up to its rate over `warmup` steps, and by a cosine down to nothing when `done` is 1."""
    factor = min(1.0, (step + 1) / warmup) * 0.5 * (1 + math.cos(math.pi * done))
    for group, rate in zip(optimiser.param_groups, rates, strict=True):
        group["lr"] = rate * factor


def set_gradients(parameters: Sequence[nn.Parameter], *halves: Gradients) -> None:
    """Sum the gradients that halves of a step gave each parameter."""
    for parameter, *found in zip(parameters, *halves, strict=True):
        known = [gradient for gradient in found if gradient is not None]
        parameter.grad = sum(known[1:], known[0]) if known else None


@torch.no_grad()
def follow(average: Iterable[nn.Parameter], learning: Iterable[nn.Parameter], decay: float) -> None:
    """Move an exponential average towards the weights."""
    torch._foreach_lerp_(list(average), list(learning), 1 - decay)
