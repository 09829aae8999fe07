"""Pictures and tasks made up for the tests of this room."""

from __future__ import annotations

import numpy as np

from imgrank.labels import PairTask, ValueTask
from imgrank.learning.task import PairRows, ValueRows
from imgrank.tokens import PackedTokens, TextTokens, pack

PLACES, WIDTH, EMBEDDING = 4, 12, 10


def pictures(count: int, moments: int = 0, seed: int = 0) -> PackedTokens:
    rng = np.random.default_rng(seed)
    tokens = 1 + rng.normal(size=(count, PLACES + moments, WIDTH))
    return pack(tokens.astype(np.float32), rng.normal(size=(count, EMBEDDING)).astype(np.float32), moments)


def text(embedding=None) -> TextTokens:
    chosen = np.ones(EMBEDDING) if embedding is None else embedding
    return TextTokens(np.zeros((2, 3), np.float32), np.asarray(chosen, np.float32))


def value_rows(values, groups=None, embedding=None) -> ValueRows:
    count = len(values)
    task = ValueTask(
        ("more",),
        tuple(f"{n}.jpg" for n in range(count)),
        np.asarray(values, np.float64),
        ("train",) * count,
        tuple(groups or [""] * count),
    )
    return ValueRows(task, np.arange(count), (text(embedding),))


def pair_rows(levels, count: int, seed: int = 0) -> PairRows:
    """Answers between pictures whose levels (N,) decide."""
    rng = np.random.default_rng(seed)
    left, right = rng.integers(0, len(levels), (2, count))
    names = [tuple(f"{n}.jpg" for n in side) for side in (left, right)]
    preferred = np.sign(np.asarray(levels)[left] - np.asarray(levels)[right])
    task = PairTask(("more",), names[0], names[1], preferred, ("train",) * count, ("",) * count)
    return PairRows(task, left, right, (text(),))
