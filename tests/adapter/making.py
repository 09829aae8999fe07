"""Small adapters and inputs for the tests of this room."""

from __future__ import annotations

from dataclasses import replace

import torch

from imgrank.adapter.model import AdapterConfig, AdapterModel, TextBatch
from imgrank.tokens import TokenShape

SHAPE = TokenShape(tokens=6, width=24, embedding=20)
TEXT_WIDTH = 12
CONFIG = replace(
    AdapterConfig.mini(SHAPE, TEXT_WIDTH, layers=2), width=16, prompts=3, relations=4, densities=5, pair_hidden=8
)


def model(seed: int = 0, **changes: int | float) -> AdapterModel:
    torch.manual_seed(seed)
    return AdapterModel(replace(CONFIG, **changes)).double().eval()


def images(count: int, tokens: int = SHAPE.tokens, seed: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    make = torch.Generator().manual_seed(seed)
    return (
        torch.randn(count, tokens, SHAPE.width, generator=make, dtype=torch.float64),
        torch.randn(count, SHAPE.embedding, generator=make, dtype=torch.float64),
    )


def words(length: int = 4, seed: int = 2) -> TextBatch:
    make = torch.Generator().manual_seed(seed)
    return TextBatch(torch.randn(1, length, TEXT_WIDTH, generator=make, dtype=torch.float64))
