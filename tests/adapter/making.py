"""Small adapters and inputs for the tests of this room."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from imgrank.adapter.files import Adapter
from imgrank.adapter.header import AdapterHeader, Query, ValMetrics
from imgrank.adapter.model import AdapterConfig, AdapterModel, TextBatch
from imgrank.tokens import PackedTokens, TextTokens, TokenShape, pack

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


def packed(count: int, seed: int = 1, tokens: int = SHAPE.tokens) -> PackedTokens:
    make = np.random.default_rng(seed)
    return pack(
        make.normal(size=(count, tokens, SHAPE.width)).astype(np.float32),
        make.normal(size=(count, SHAPE.embedding)).astype(np.float32),
    )


def unit(count: int, seed: int) -> npt.NDArray[np.float32]:
    rows = np.random.default_rng(seed).normal(size=(count, SHAPE.embedding)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def sentence(seed: int = 2, length: int = 4) -> TextTokens:
    tokens = np.random.default_rng(seed).normal(size=(length, TEXT_WIDTH)).astype(np.float32)
    return TextTokens(tokens, unit(1, seed)[0])


def adapter(fingerprint: str = "0123456789abcdef", seed: int = 0, **header: Any) -> Adapter:
    """An adapter for ages, and for people with a ridge axis."""
    ages = Query(("older person", "elderly"), unit(2, 10 + seed), "years", 40.0, 15.0, relevance=True)
    ridge = np.random.default_rng(seed).normal(size=SHAPE.width + SHAPE.embedding + 1).astype(np.float32)
    metrics = ValMetrics(rows=30, srcc=0.5, mae=2.0, ridge_srcc=0.75)
    people = Query(("more people",), unit(1, 20 + seed), "people", 3.0, 2.0, False, "ridge", ridge, metrics)
    torch.manual_seed(seed)
    made = AdapterModel(CONFIG).eval()
    return Adapter(AdapterHeader("ages", "mini", fingerprint, CONFIG, (ages, people), **header), made)
