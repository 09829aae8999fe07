"""Everything about a training run that can be set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Ranking = Literal["pairs", "list", "none"]
Preset = Literal["mini", "paper"]


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """How to train. The network is optimised by AdamW with a cosine schedule.

    Attributes:
        epochs: At most so many passes over the labels; 0: the closed form answers alone.
        fold_epochs: The same in each fold of a cross-validation.
        batch: Pictures in a batch.
        min_steps: The least number of steps in an epoch.
        learning_rate: At its peak.
        weight_decay: Of AdamW.
        warm_up: The share of steps, 0 to 1, in which the learning rate rises.
        patience: Stop after so many epochs without a better metric on rows left out.
        fold_patience: The same in each fold.
        ranking: The loss beside that of the values: RankNet on the logits of pairs (`pairs`), a listwise loss on scores
            (`list`), or none (`none`).
        order_weight: Weight of that loss, where that of the values has 1.
        score_order_weight: Weight of RankNet on the scores themselves.
        ema_decay: Decay of the moving average of the weights, which is what is kept.
        mirror: Train on mirror images, too.
        crop: Show each batch through windows of at least this share of the side of a square grid of tokens; 1: whole.
        negatives: So many pictures of other queries in each batch, as a share of it: they lack the query's subject,
            which the relevance head learns. None where queries share all their pictures.
        one_scale: One mean and one deviation for the values of all queries, as for counts of different things.
        seed: The same seed gives the same ranker on the same machine.
        always: Run to the end and keep the network even where it adds nothing: for ablations.

    Raises:
        ValueError: A number makes no sense.
    """

    epochs: int = 60
    fold_epochs: int = 24
    batch: int = 64
    min_steps: int = 8
    learning_rate: float = 5e-4
    weight_decay: float = 0.05
    warm_up: float = 0.1
    patience: int = 12
    fold_patience: int = 4
    ranking: Ranking = "pairs"
    order_weight: float = 1.0
    score_order_weight: float = 0.5
    ema_decay: float = 0.97
    mirror: bool = True
    crop: float = 1.0
    negatives: float = 0.0
    one_scale: bool = False
    seed: int = 0
    always: bool = False

    def __post_init__(self) -> None:
        if min(self.fold_epochs, self.min_steps, self.patience, self.fold_patience) < 1 or self.batch < 2:
            raise ValueError("epochs, steps and patience must be at least 1, and a batch must hold at least 2 images")
        if self.epochs < 0:
            raise ValueError("epochs must be at least 0, where no network is trained")
        if not (self.learning_rate > 0 and 0 <= self.ema_decay < 1 and 0 <= self.warm_up < 1):
            raise ValueError("the learning rate must be above 0; warm_up and ema_decay must be at least 0 and below 1")
        if not (0 < self.crop <= 1 and 0 <= self.negatives <= 1):
            raise ValueError("crop must be above 0 and at most 1, and negatives from 0 to 1")


# As published, as far as it is told: AdamW at 5e-5 with weight decay 0.01 on a cosine, 20 % negatives, crops and mirror
# images. Its network is always kept: the card says what it adds to the closed form.
PAPER = TrainingOptions(
    epochs=40,
    fold_epochs=40,
    learning_rate=5e-5,
    weight_decay=0.01,
    crop=0.8,
    negatives=0.2,
    always=True,
)
