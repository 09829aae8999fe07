"""The small heads by which an image tower learns tasks, a value and a label distribution each; they do not ship."""

from __future__ import annotations

import torch
from data import HEADS
from torch import nn
from torch.nn import functional as F

from imgrank.backbone.mini_image import ImageConfig

BINNED = ("age", "car_year", "quality", "people")
BINS = torch.linspace(-2.1, 2.1, 8)
# Small sets are soon learnt by heart: they say less.
WEIGHTS = {"age": 2.0, "people": 1.5, "dogs": 1.5, "car_year": 0.7, "quality": 0.7, "red_cells": 0.5, "platelets": 0.5}


class WithTaskHeads(nn.Module):
    """A tower that learns tasks from its cells."""

    def add_heads(self, config: ImageConfig) -> None:
        """Heads as they are before the first step."""
        self.register_buffer("cell_scale", torch.ones(config.cell))
        self.mean_heads = nn.Linear(config.cell, len(HEADS))
        self.density_heads = nn.Linear(config.cell, len(HEADS))
        self.density_scale = nn.Parameter(torch.zeros(len(HEADS)))
        self.bin_heads = nn.Linear(config.cell, len(BINNED) * len(BINS))
        nn.init.zeros_(self.bin_heads.weight)
        nn.init.normal_(self.mean_heads.weight, std=0.01)
        nn.init.normal_(self.density_heads.weight, std=0.01)

    def values_and_bins(self, cells: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Cells (B, 16, C) to values (B, heads) and logits of bins (B, tasks, K)."""
        scaled = cells / self.cell_scale
        density = F.softplus(self.density_heads(scaled)).sum(1) / 16
        mean = F.dropout(scaled.mean(1), 0.2, self.training)
        values = self.mean_heads(mean) + self.density_scale * density
        return values, self.bin_heads(mean).unflatten(1, (len(BINNED), len(BINS)))


def bin_loss(bins: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Cross entropy with a bell around each value (label distributions, Gao et al., TIP 2017), summed over tasks."""
    total = bins.new_zeros(())
    centres = BINS.to(bins.device)
    for task, name in enumerate(BINNED):
        values = wanted[:, HEADS.index(name)]
        known = ~values.isnan()
        if known.any():
            bell = (-((centres - values[known].clamp(-2.1, 2.1)[:, None]) ** 2) / (2 * 0.4**2)).softmax(-1)
            total = total + WEIGHTS[name] * F.cross_entropy(bins[known, task], bell)
    return total
