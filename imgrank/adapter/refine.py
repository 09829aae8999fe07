"""`sort --refine`: the pair head settles the order that the scores began.

Each image is compared with those 1, 2, 3, 4, 8, 16, ... places below it: N log N pairs that tie near and far
together. Strengths that explain all logits at once (Bradley-Terry, by maximum likelihood) give the new order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import minimize
from scipy.special import expit

from imgrank.adapter.pairs import PairHead, Summary
from imgrank.arrays import Floats
from imgrank.parallel import map_on_cores
from imgrank.rounding import rounded

PAIRS_AT_ONCE = 1024
PRIOR = 1e-3  # keeps strengths finite where one image wins all its pairs

Indices = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Refined:
    """order (N,): images best first; strength (N,): of each image, in logits; and how many pairs were compared."""

    order: Indices
    strength: Floats
    comparisons: int


def refine(summary: Summary, order: Indices, head: PairHead) -> Refined:
    """Settle an order (N,) of images, best first, by comparing pairs of their summaries."""
    count = len(order)
    ranked = summary[torch.from_numpy(np.ascontiguousarray(order))]
    offsets = _offsets(count)
    if not offsets:
        return Refined(order, np.zeros(count), 0)
    upper = np.concatenate([np.arange(count - offset) for offset in offsets])
    lower = np.concatenate([np.arange(offset, count) for offset in offsets])
    by_place = rounded(_strengths(count, upper, lower, _compare(ranked, upper, lower, head)))
    strength = np.empty(count)
    strength[order] = by_place
    # Stable: what the pairs leave equal keeps the place its score gave it.
    return Refined(order[np.argsort(-by_place, kind="stable")], strength, len(upper))


def _offsets(count: int) -> list[int]:
    powers = [1 << k for k in range(max(count - 1, 0).bit_length())]
    return [offset for offset in sorted({*powers, 3}) if offset < count]


def _compare(ranked: Summary, upper: Indices, lower: Indices, head: PairHead) -> Floats:
    """Logits (N,) of N pairs of places, in blocks of one size: kernels are picked by shape, and round by it."""

    @torch.inference_mode()
    def block(at: int) -> Floats:
        rows = np.minimum(np.arange(at, at + PAIRS_AT_ONCE), len(upper) - 1)  # the last pair fills the last block up
        one, other = (ranked[torch.from_numpy(places[rows])] for places in (upper, lower))
        logits: Floats = head.pairs(one, other).double().numpy()
        return logits

    return np.concatenate(map_on_cores(block, range(0, len(upper), PAIRS_AT_ONCE)))[: len(upper)]


def _strengths(count: int, upper: Indices, lower: Indices, logits: Floats) -> Floats:
    wins = expit(logits)

    def cost(strength: Floats) -> tuple[float, Floats]:
        gap = strength[upper] - strength[lower]
        slope = expit(gap) - wins
        gradient = np.bincount(upper, slope, count) - np.bincount(lower, slope, count) + PRIOR * strength
        value = np.logaddexp(0, gap) - wins * gap
        return float(value.sum() + PRIOR / 2 * np.square(strength).sum()), gradient  # a dot product knows the cores

    found = minimize(cost, np.zeros(count), jac=True, method="L-BFGS-B", options={"maxiter": 300, "maxcor": 20})
    result: Floats = found.x
    return result
