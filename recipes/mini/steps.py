"""What the trainings here do in every step: rates by the schedule, gradients of two halves, the moving average.

And what they keep of themselves now and then, so that the same command goes on where it was interrupted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from imgrank.atomic import atomic_file

Gradients = Sequence[torch.Tensor | None]


class Stateful(Protocol):
    """A module, an optimiser, a schedule."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any], /) -> object: ...


@dataclass(frozen=True)
class Checkpoint:
    """A file with all that a training of these options has at a step; the rows of a step depend on its number alone."""

    path: Path
    options: str
    parts: Mapping[str, Stateful]

    def save(self, step: int) -> None:
        states = {name: part.state_dict() for name, part in self.parts.items()}
        with atomic_file(self.path) as file:
            torch.save({"step": step, "options": self.options, **states}, file)

    def load(self) -> int:
        """Bring the parts to where an interrupted training stood. Returns its step, or 0 where there is none."""
        if not self.path.exists():
            return 0
        kept = torch.load(self.path, weights_only=True)
        if kept["options"] != self.options:
            raise SystemExit(
                f"{self.path} is of a training with other options ({kept['options']}); delete it to begin."
            )
        for name, part in self.parts.items():
            part.load_state_dict(kept[name])
        return int(kept["step"])

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


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
