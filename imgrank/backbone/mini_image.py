"""The image tower of `mini`: tf_efficientnet_lite0 whose upper half stands twice over one lower half.

The *general* half is the published ImageNet tower, untouched: its first and second moments over places at three levels
say what that tower sees, and class probabilities follow from them. The *task* half was tuned to a few quantities and
is read out as a 4 x 4 grid of tokens. The caption head looks at both.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from imgrank.backbone.mini_trunk import HEAD, Trunk, UpperHalf

FEW = 2  # pictures at once in the lower half: there a batch's levels outgrow a processor's cache
FINE, MIDDLE = 40, 112  # channels of the levels at 28 x 28 and 14 x 14


@dataclass(frozen=True)
class ImageConfig:
    """Sizes: grid cells a side, token width, channels of the fine and middle readouts, caption space."""

    side: int = 224
    grid: int = 4
    width: int = 320
    fine: int = 64
    middle: int = 128
    caption_hidden: int = 640
    caption: int = 384
    classes: int = 1000

    @property
    def cell(self) -> int:
        """Numbers that describe one cell before the projection to a token."""
        return HEAD + self.middle + self.fine

    @property
    def moments(self) -> int:
        """Rows of `width` numbers that hold the moments and, last, the class normaliser."""
        return -(-(MOMENTS + 1) // self.width)


MOMENTS = 2 * (HEAD + MIDDLE + FINE)  # means and deviations of three levels, in the order of `moments_of`


def moments_of(fine: torch.Tensor, middle: torch.Tensor, top: torch.Tensor) -> torch.Tensor:
    """Levels (B, C, S, S) to (B, MOMENTS): means and deviations over places of the top, the middle and the fine one."""
    moments = []
    for level in (top, middle, fine):
        places = level.permute(0, 2, 3, 1).flatten(1, 2)  # a view where channels stand last
        mean = places.mean(1)
        # Two sums, where torch's own deviation costs eight times as much as they do.
        moments += [mean, (places.square().mean(1) - mean.square()).clamp_(min=0).sqrt_()]
    return torch.cat(moments, dim=1)


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
    """The three levels of the task half as cells: fine (28 x 28), middle (14 x 14) and top (7 x 7)."""

    def __init__(self, config: ImageConfig) -> None:
        super().__init__()
        self.config = config
        self.fine_depthwise = nn.Conv2d(FINE, FINE, 3, padding=1, groups=FINE)
        self.fine = nn.Conv2d(FINE, config.fine, 1)
        self.middle = nn.Conv2d(MIDDLE, config.middle, 1)
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
    """Standardised moments and the task half's pooled top level to the space of sentence vectors."""

    def __init__(self, config: ImageConfig) -> None:
        super().__init__()
        self.up = nn.Linear(MOMENTS + HEAD, config.caption_hidden)
        self.down = nn.Linear(config.caption_hidden, config.caption)

    def forward(self, seen: torch.Tensor) -> torch.Tensor:
        """(B, MOMENTS + 1280) to (B, caption) of unit length."""
        return F.normalize(self.down(F.gelu(self.up(seen))), dim=-1)


class MiniImageTower(nn.Module):
    """Pixels to 16 tokens, rows of moments, and a place in the space of sentence vectors."""

    def __init__(self, config: ImageConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = Trunk()
        self.task = UpperHalf()
        self.readouts = Readouts(config)
        self.project = nn.Linear(config.cell, config.width)
        self.caption_head = CaptionHead(config)
        for name in ("moment_mean", "moment_spread"):
            self.register_buffer(name, torch.zeros(MOMENTS + 1))

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, side, side, 3) uint8 to rows (B, 16 + moments, width), the tokens first, and embeddings (B, caption)."""
        if pixels.device.type == "cpu":
            return self.upper(torch.cat([self.trunk.lower(few) for few in torch.split(pixels, FEW)]))
        return self.upper(self.trunk.lower(pixels))

    def upper(self, fine: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The fine level (B, 40, 28, 28) to rows and embeddings."""
        general = moments_of(fine, *self.trunk.upper(fine))
        middle, top = self.task(fine)
        cells = self.readouts(fine, middle, top)
        normaliser = self.trunk.classifier(general[:, :HEAD]).logsumexp(dim=1, keepdim=True)
        middle_of_all, spread = self.get_buffer("moment_mean"), self.get_buffer("moment_spread")
        moments = (torch.cat([general, normaliser], dim=1) - middle_of_all) / spread
        embedding = self.caption_head(torch.cat([moments[:, :MOMENTS], cells[..., :HEAD].mean(1)], dim=1))
        return torch.cat([self.project(cells), self._rows(moments)], dim=1), embedding

    def _rows(self, moments: torch.Tensor) -> torch.Tensor:
        """(B, MOMENTS + 1) to (B, rows, width), filled up with zeros."""
        sizes = (len(moments), self.config.moments, self.config.width)
        return F.pad(moments, (0, sizes[1] * sizes[2] - moments.shape[1])).reshape(sizes)
