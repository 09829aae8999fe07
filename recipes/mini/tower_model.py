"""The image tower while it learns: trunk, readouts, caption head, and one small head a task."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from quick_convolutions import quicken
from task_heads import WithTaskHeads
from torch import nn
from torch.nn import functional as F
from trunk import imagenet_tower, upper_half

from imgrank.backbone.mini_image import LOWER_STAGES, ImageConfig, Readouts


class CaptionHead(nn.Module):
    """The pooled top level to the space of sentence vectors; it only guides the tower, and does not ship."""

    def __init__(self, config: ImageConfig) -> None:
        super().__init__()
        self.up = nn.Linear(1280, config.caption_hidden)
        self.down = nn.Linear(config.caption_hidden, config.caption)

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        """(B, 1280) to (B, caption) of unit length."""
        return F.normalize(self.down(F.gelu(self.up(pooled))), dim=-1)


class TowerInTraining(WithTaskHeads):
    """Trunk (upper half and classifier), readouts, caption head, and one small head a task."""

    def __init__(self, config: ImageConfig) -> None:
        super().__init__()
        self.trunk = imagenet_tower()
        for parameter in (*self.trunk.conv_stem.parameters(), *self.trunk.blocks[:LOWER_STAGES].parameters()):
            parameter.requires_grad_(False)
        for part in (self.trunk.blocks[LOWER_STAGES:], self.trunk.conv_head):
            quicken(part)
        self.readouts = Readouts(config)
        self.caption_head = CaptionHead(config)
        self.text_map = nn.Parameter(torch.zeros(config.caption, config.caption))
        self.log_scale = nn.Parameter(torch.tensor(math.log(20.0)))
        self.add_heads(config)

    def forward(self, hidden: torch.Tensor) -> Seen:
        """(B, 40, 28, 28) to everything the losses read."""
        levels = upper_half(self.trunk, hidden)
        cells = self.readouts(hidden, levels.middle, levels.top)
        pooled = cells[..., :1280].mean(1)
        values, bins = self.values_and_bins(cells)
        dropped = F.dropout(pooled, 0.1, self.training)
        return Seen(cells, pooled, self.caption_head(dropped), self.trunk.classifier(pooled), values, bins)

    def map_text(self, vectors: torch.Tensor) -> torch.Tensor:
        """Sentence vectors (N, 384) into the shared space: a learned correction of the teacher's."""
        return F.normalize(vectors + vectors @ self.text_map, dim=-1)


@dataclass(frozen=True)
class Seen:
    """cells (B, 16, C), pooled (B, 1280), caption (B, 384), logits (B, 1000), values (B, heads), bins (B, tasks, K)."""

    cells: torch.Tensor
    pooled: torch.Tensor
    caption: torch.Tensor
    logits: torch.Tensor
    values: torch.Tensor
    bins: torch.Tensor
