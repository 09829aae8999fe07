"""Stored training views to the shipped backbone's packed tokens: what the adapter trains on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from imgrank.backbone.mini import load_mini
from imgrank.tokens import PackedTokens, joined, pack

BATCH = 64


def tokens_of_views(out: Path, rows: np.ndarray) -> PackedTokens:
    """Packed tokens of the given rows of `lower.npy`, two batches side by side, one core each."""
    tower = load_mini()._image_tower
    lower, scale = np.load(out / "lower.npy", mmap_mode="r"), torch.from_numpy(np.load(out / "scale.npy"))
    torch.set_num_threads(1)

    def encode(at: int) -> PackedTokens:
        stored = torch.from_numpy(lower[rows[at : at + BATCH]])
        with torch.inference_mode():
            tokens, embedding = tower.upper((stored.float() * scale).permute(0, 3, 1, 2))
        return pack(tokens.numpy(), embedding.numpy())

    with ThreadPoolExecutor(2) as pool:
        return joined(list(pool.map(encode, range(0, len(rows), BATCH))))


def tokens_of_pictures(pictures: np.ndarray) -> PackedTokens:
    """Packed tokens of (N, 224, 224, 3) uint8."""
    backbone = load_mini()
    return joined([backbone.encode_images(pictures[at : at + BATCH]) for at in range(0, len(pictures), BATCH)])
