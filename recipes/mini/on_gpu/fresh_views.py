"""Fresh views of pictures that lie on the device: parts, mirrored, turned, with other colours."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from items import Item
from phrases import TEXT_SETS
from torch.nn import functional as F


@dataclass(frozen=True)
class Freedom:
    """What a view of a set may change: least share of the area, chance of a mirror and of grey, strength of colour."""

    smallest: float
    mirror: float = 0.5
    colour: float = 0.25
    grey: float = 0.0
    turn: float = 0.0


WIDE = Freedom(0.4)
FREEDOMS = {
    "captions": WIDE,
    "age": Freedom(0.75, colour=0.3, grey=0.2),
    "car_year": Freedom(0.6, colour=0.4, grey=0.3),
    "quality": Freedom(0.7, colour=0.0),
    "blood_cells": Freedom(1.0, colour=0.15, turn=1.0),
    "degraded": Freedom(1.0, colour=0.0),
    **{source: Freedom(0.6, mirror=0.0) for source in TEXT_SETS},
}
STYLED = Freedom(0.6, colour=0.0)


class Freedoms:
    """The freedoms of all items, row by row."""

    def __init__(self, items: list[Item], device: str) -> None:
        given = [STYLED if item.style else FREEDOMS.get(item.source, WIDE) for item in items]
        columns = [[f.smallest, f.mirror, f.colour, f.grey, f.turn] for f in given]
        self.table = torch.tensor(columns, device=device)

    def view(self, pixels: torch.Tensor, rows: torch.Tensor, whole: torch.Tensor | None = None) -> torch.Tensor:
        """(B, 224, 224, 3) uint8 to fresh views (B, 3, 224, 224), 0 to 255; `whole` ones lose no part."""
        smallest, mirror, colour, grey, turn = self.table[rows].T
        smallest = smallest if whole is None else torch.where(whole, torch.ones_like(smallest), smallest)
        image = pixels.permute(0, 3, 1, 2).float()
        image = F.grid_sample(image, _places(smallest, mirror, turn, image), "bicubic", "border", align_corners=False)
        return _coloured(image.clamp_(0, 255), colour, grey)


def _places(smallest: torch.Tensor, mirror: torch.Tensor, turn: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
    count, device = len(smallest), smallest.device

    def chance() -> torch.Tensor:
        return torch.rand(count, device=device)

    area = smallest + (1 - smallest) * chance()
    ratio = 0.8 + 0.45 * chance()
    whole = smallest >= 1
    width = torch.where(whole, 1.0, (area * ratio).sqrt().clamp(max=1))
    height = torch.where(whole, 1.0, (area / ratio).sqrt().clamp(max=1))
    x, y = (1 - width) * (2 * chance() - 1), (1 - height) * (2 * chance() - 1)
    flipped = torch.where(chance() < mirror, -1.0, 1.0)
    quarter = (chance() * 4).floor() * (torch.pi / 2) * (turn > 0)
    cos, sin = quarter.cos().round(), quarter.sin().round()
    zero = torch.zeros_like(x)
    turned = torch.stack([torch.stack([cos, -sin, zero], 1), torch.stack([sin, cos, zero], 1)], 1)
    cut = torch.stack([torch.stack([width * flipped, zero, x], 1), torch.stack([zero, height, y], 1)], 1)
    cut = cut.clone()
    cut[:, :, :2] = cut[:, :, :2] @ turned[:, :, :2]
    return F.affine_grid(cut, list(image.shape), align_corners=False)


def _coloured(image: torch.Tensor, strength: torch.Tensor, grey: torch.Tensor) -> torch.Tensor:
    def factor() -> torch.Tensor:
        return (1 + strength * (2 * torch.rand(len(strength), device=strength.device) - 1))[:, None, None, None]

    weights = torch.tensor([0.299, 0.587, 0.114], device=image.device)[None, :, None, None]
    image = (image * factor()).clamp_(0, 255)
    middle = (image * weights).sum(1, keepdim=True).mean((2, 3), keepdim=True)
    image = torch.lerp(middle.expand_as(image), image, factor()).clamp_(0, 255)
    light = (image * weights).sum(1, keepdim=True)
    saturation = torch.where(torch.rand(len(grey), device=grey.device) < grey, 0.0, 1.0)[:, None, None, None] * factor()
    return torch.lerp(light.expand_as(image), image, saturation).clamp_(0, 255)
