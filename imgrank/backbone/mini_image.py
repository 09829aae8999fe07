"""The image tower of `mini`: tf_efficientnet_lite0 with three levels read out as a 4 x 4 grid of tokens."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from imgrank.backbone.mini_trunk import Trunk

LOWER_BLOCKS = 3  # blocks 0 to 2 keep their ImageNet weights
MIDDLE_BLOCK = 4
FEW = 2  # pictures at once in the lower half: there a batch's levels outgrow a processor's cache


@dataclass(frozen=True)
class ImageConfig:
    """Sizes: grid cells a side, token width, channels of the fine and middle readouts, caption space."""

    side: int = 224
    grid: int = 4
    width: int = 320
    fine: int = 64
    middle: int = 128
    caption_hidden: int = 512
    caption: int = 384
    classes: int = 1000

    @property
    def cell(self) -> int:
        """Numbers that describe one cell before the projection to a token."""
        return 1280 + self.middle + self.fine


def area_pool_matrix(source: int, target: int) -> torch.Tensor:
    """(target^2, source^2) weights of area pooling of a square grid; each row sums to 1 and every source
    cell weighs the same in total, so that means and totals survive where sizes do not divide."""
    edges_s = torch.arange(source + 1, dtype=torch.float64) / source
    edges_t = torch.arange(target + 1, dtype=torch.float64) / target
    low = torch.maximum(edges_t[:-1, None], edges_s[None, :-1])
    high = torch.minimum(edges_t[1:, None], edges_s[None, 1:])
    axis = (high - low).clamp(min=0) * target
    return torch.kron(axis, axis).float()


class Readouts(nn.Module):
    """The three levels of the trunk as cells: fine (28 x 28), middle (14 x 14) and top (7 x 7)."""

    def __init__(self, config: ImageConfig) -> None:
        super().__init__()
        self.config = config
        self.fine_depthwise = nn.Conv2d(40, 40, 3, padding=1, groups=40)
        self.fine = nn.Conv2d(40, config.fine, 1)
        self.middle = nn.Conv2d(112, config.middle, 1)
        for name, size in (("top", 7), ("middle", 14), ("fine", 28)):
            self.register_buffer(f"pool_{name}", area_pool_matrix(size, config.grid), persistent=False)

    def forward(self, fine: torch.Tensor, middle: torch.Tensor, top: torch.Tensor) -> torch.Tensor:
        """(B, 40, 28, 28), (B, 112, 14, 14), (B, 1280, 7, 7) to cells (B, grid * grid, cell), top first."""
        levels = (
            self._pool(top, "top"),
            self._pool(F.relu(self.middle(middle)), "middle"),
            self._pool(F.relu(self.fine(self.fine_depthwise(fine))), "fine"),
        )
        return torch.cat(levels, dim=-1)

    def _pool(self, level: torch.Tensor, name: str) -> torch.Tensor:
        # Channels last: a view, so that one product pools the whole level.
        return self.get_buffer(f"pool_{name}") @ level.permute(0, 2, 3, 1).flatten(1, 2)


class CaptionHead(nn.Module):
    """Pooled top level to the space of sentence vectors."""

    def __init__(self, config: ImageConfig) -> None:
        super().__init__()
        self.up = nn.Linear(1280, config.caption_hidden)
        self.down = nn.Linear(config.caption_hidden, config.caption)

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        """(B, 1280) to (B, caption) of unit length."""
        return F.normalize(self.down(F.gelu(self.up(pooled))), dim=-1)


class ImageTower(nn.Module):
    """Pixels to 16 tokens and one embedding of two blocks: caption space, and roots of class probabilities."""

    def __init__(self, config: ImageConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = Trunk()
        self.readouts = Readouts(config)
        self.project = nn.Linear(config.cell, config.width)
        self.caption_head = CaptionHead(config)
        self.block_weights = nn.Parameter(torch.ones(2))

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, side, side, 3) uint8 to tokens (B, 16, width) and embeddings (B, caption + classes)."""
        if pixels.device.type == "cpu":
            return self.upper(torch.cat([self.lower(few) for few in torch.split(pixels, FEW)]))
        return self.upper(self.lower(pixels))

    def lower(self, pixels: torch.Tensor) -> torch.Tensor:
        """Pixels to the fine level (B, 40, 28, 28); input (x - 127) / 128."""
        hidden = ((pixels.float() - 127) / 128).permute(0, 3, 1, 2)
        fine: torch.Tensor = self.trunk.blocks[:LOWER_BLOCKS](self.trunk.stem(hidden))
        return fine

    def upper(self, fine: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The fine level to tokens and embeddings."""
        middle = self.trunk.blocks[LOWER_BLOCKS : MIDDLE_BLOCK + 1](fine)
        top = self.trunk.head(self.trunk.blocks[MIDDLE_BLOCK + 1 :](middle))
        cells = self.readouts(fine, middle, top)
        pooled = cells[..., :1280].mean(1)
        roots = self.trunk.classifier(pooled).softmax(-1).sqrt()
        blocks = (self.block_weights[0] * self.caption_head(pooled), self.block_weights[1] * roots)
        return self.project(cells), torch.cat(blocks, dim=-1)
