"""Everything about a training run that can be set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Ranking = Literal["pairs", "list", "none"]


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """How to train. Raises ValueError on numbers that make no sense.

    `ranking` is the loss beside the values: RankNet on pair logits, a listwise loss on scores, or none, with
    `order_weight` parts to one of values; RankNet on the scores themselves has `score_order_weight` parts.
    The network trains for at most `epochs` (0: the closed form answers alone), in folds for at most `fold_epochs`,
    and stops early after `patience` or `fold_patience` epochs without a better figure on rows left out. `always`
    runs it to the end and keeps it, whether it adds to the closed form or not: for ablations. `averaging` is the
    decay of the running mean of weights, which is what is kept.
    """

    epochs: int = 60
    fold_epochs: int = 24
    batch: int = 64
    fewest_steps: int = 8
    learning_rate: float = 5e-4
    weight_decay: float = 0.05
    warm_up: float = 0.1
    patience: int = 12
    fold_patience: int = 4
    ranking: Ranking = "pairs"
    order_weight: float = 1.0
    score_order_weight: float = 0.5
    averaging: float = 0.97
    mirror: bool = True
    seed: int = 0
    always: bool = False

    def __post_init__(self) -> None:
        if min(self.fold_epochs, self.fewest_steps, self.patience, self.fold_patience) < 1 or self.batch < 2:
            raise ValueError("epochs, steps and patience are at least 1, and a batch holds at least 2 pictures")
        if self.epochs < 0:
            raise ValueError("epochs are at least 0, where the closed form answers alone")
        if not (self.learning_rate > 0 and 0 <= self.averaging < 1 and 0 <= self.warm_up < 1):
            raise ValueError("the learning rate is above 0; warm-up and averaging are from 0 to below 1")
