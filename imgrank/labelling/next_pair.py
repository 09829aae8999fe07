"""Which pair to ask about next: the one whose answer is expected to tell most, and now and then one again to check."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from imgrank.arrays import Floats
from imgrank.labelling.bradley_terry import Answers, Beliefs, Pair, differences, sigmoid

CHECK_EVERY = 12
CHECK_AFTER = 6  # answers between a pair and its repetition, so that nobody repeats by heart
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(7)


def next_pair(beliefs: Beliefs, answers: Answers, passed: Collection[tuple[int, int]] = ()) -> Pair | None:
    """The next question, or None where every pair was asked. `passed` are keys of pairs that were skipped.

    A pair comes up again only to check the person's own consistency, once, with its sides flipped.
    """
    if len(answers) % CHECK_EVERY == CHECK_EVERY - 1:
        again = _to_check(answers, passed)
        if again is not None:
            return again
    return most_telling(beliefs, {pair.key for pair in answers.pairs()} | set(passed), flip=_coin(answers))


def most_telling(beliefs: Beliefs, asked: Collection[tuple[int, int]], flip: bool = False) -> Pair | None:
    """The pair not yet asked whose answer is expected to shrink the uncertainty of all strengths most."""
    if len(beliefs.mean) < 2:
        return None
    worth = usefulness(beliefs)
    worth[np.tril_indices(len(worth))] = -np.inf
    if asked:
        low, high = np.array(sorted(asked)).T
        worth[low, high] = -np.inf
    place = int(np.argmax(worth))
    if worth.flat[place] == -np.inf:
        return None
    one, other = divmod(place, len(worth))
    return Pair(other, one) if flip else Pair(one, other)


def usefulness(beliefs: Beliefs) -> Floats:
    """(N, N) by how much an answer to each pair is expected to shrink the variance of all strengths, summed.

    The variance within priors: questions that only tell which prior is right would not move the order.
    """
    mean, variance = differences(beliefs.mean, beliefs.within)
    weight = _curvature(mean, variance)
    centred = beliefs.within - beliefs.within.mean(axis=0)  # only differences between pictures matter
    inner = centred.T @ centred
    own = np.diag(inner)
    reach = own[:, None] + own[None, :] - 2 * inner
    return np.asarray(reach * weight / (1 + weight * variance), np.float64)


def _curvature(mean: Floats, variance: Floats) -> Floats:
    """The expectation of p (1 - p) for p = sigmoid(x), x normal: how much an answer tells of the difference."""
    chances = (sigmoid(mean + np.sqrt(variance) * node) for node in _NODES)
    total = sum(weight * chance * (1 - chance) for weight, chance in zip(_WEIGHTS, chances, strict=True))
    return np.asarray(total / _WEIGHTS.sum(), np.float64)


def _to_check(answers: Answers, passed: Collection[tuple[int, int]]) -> Pair | None:
    shown = answers.pairs()
    times: dict[tuple[int, int], int] = {}
    for pair in shown:
        times[pair.key] = times.get(pair.key, 0) + 1
    old = [pair for pair in shown[:-CHECK_AFTER] if times[pair.key] == 1 and pair.key not in passed]
    if not old:
        return None
    pair = old[int(np.random.default_rng(len(answers)).integers(len(old)))]
    return Pair(pair.right, pair.left)


def _coin(answers: Answers) -> bool:
    """Sides are drawn, so that a habit of choosing one side says nothing; reloading does not draw again."""
    return bool(np.random.default_rng(len(answers)).integers(2))
