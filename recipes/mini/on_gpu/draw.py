"""Which items a step sees: batches of what words describe, and batches of what values are known of."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import torch
from fit_captions import OTHERS
from items import Item

SHARES = {"world": 0.45, "styled": 0.15, "others": 0.06}  # of a batch; the rest are captioned photographs
TASK_MIX = {"age": 192, "car_year": 40, "quality": 56, "blood_cells": 28, "degraded": 112}
# the five quantities of world/labels.csv stand for what a user brings: the tower never learns from their sets
HELD_OUT = frozenset(["messy_room", "day_night", "houses", "charts", "documents"])


class Described:
    """Batches of training items with phrases, each at most once; small sets come more often, and those of `often`."""

    def __init__(
        self, items: list[Item], without: frozenset[str], seed: int, often: Mapping[str, float] = MappingProxyType({})
    ) -> None:
        self.rng = np.random.default_rng(seed)
        pools: dict[str, list[int]] = {}
        for row, item in enumerate(items):
            if item.split == "train" and item.described.phrases and item.source not in without:
                pools.setdefault(_group(item), []).append(row)
        self.pools = {name: np.array(rows) for name, rows in pools.items()}
        self.sets = [name for name in pools if name not in ("styled", "captions", *OTHERS)]
        sizes = np.array([len(self.pools[name]) ** 0.6 * often.get(name, 1) for name in self.sets])
        self.chances = sizes / sizes.sum()
        self.others = np.concatenate([self.pools[name] for name in OTHERS if name in self.pools])

    def batch(self, size: int) -> np.ndarray:
        """Rows of items."""
        counts = self.rng.multinomial(int(size * SHARES["world"]), self.chances)
        chosen = [self._some(self.pools[name], count) for name, count in zip(self.sets, counts, strict=True)]
        chosen.append(self._some(self.pools["styled"], int(size * SHARES["styled"])))
        chosen.append(self._some(self.others, int(size * SHARES["others"])))
        rest = size - sum(len(rows) for rows in chosen)
        return np.concatenate([*chosen, self._some(self.pools["captions"], rest)])

    def _some(self, rows: np.ndarray, count: int) -> np.ndarray:
        return self.rng.choice(rows, min(count, len(rows)), replace=False)


class Valued:
    """Batches of training items whose values are known, so many of each set."""

    def __init__(self, items: list[Item], without: str, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.pools = {
            name: np.array([row for row, item in enumerate(items) if item.split == "train" and item.source == name])
            for name in TASK_MIX
            if name != without
        }

    def batch(self) -> np.ndarray:
        """Rows of items."""
        return np.concatenate([self.rng.choice(pool, TASK_MIX[name]) for name, pool in self.pools.items()])


def _group(item: Item) -> str:
    return "styled" if item.style else item.source


def on(rows: np.ndarray, device: str) -> torch.Tensor:
    """Rows as a tensor."""
    return torch.from_numpy(rows).to(device, non_blocking=True)
