"""What is known so far, in figures for the person who answers: expected accuracy, consistency, when to stop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgrank.arrays import Floats
from imgrank.labelling.bradley_terry import Answers, Beliefs, Model, differences, sigmoid

DRAWS = 200
LOOK_BACK = 20  # answers whose effect tells whether more of them would help
FEWEST_ANSWERS = 40
HARDLY_MOVED = 0.05
NORMAL_95 = 1.959964


@dataclass(frozen=True, slots=True)
class Share:
    """A share of `of` cases with its 95 % interval; NaN where there are none."""

    value: float
    low: float
    high: float
    of: int


@dataclass(frozen=True, slots=True)
class Knowledge:
    """`accuracy` is the share of all pairs that the order so far is expected to have right.

    `consistency` is the share of repeated questions answered as before; `moved` is the share of all pairs that the
    last answers turned around, NaN while there are too few; `enough` says that more answers hardly help.
    """

    accuracy: Share
    consistency: Share
    moved: float
    enough: bool


def knowledge(model: Model, answers: Answers) -> Knowledge:
    """The figures of this moment."""
    now = model.believe(answers)
    earlier = len(answers) - LOOK_BACK
    moved = _moved(model.believe(answers.first(earlier)), now) if earlier > 0 else float("nan")
    enough = len(answers) >= FEWEST_ANSWERS and moved < HARDLY_MOVED
    return Knowledge(expected_accuracy(now), consistency(answers), moved, enough)


def expected_accuracy(beliefs: Beliefs) -> Share:
    """How many pairs the order by `mean` has right, were the strengths as they are believed to be."""
    count = len(beliefs.mean)
    if count < 2:
        return Share(float("nan"), float("nan"), float("nan"), 0)
    rng = np.random.default_rng(0)
    draws = rng.multivariate_normal(beliefs.mean, beliefs.covariance, DRAWS, method="cholesky")
    by_mean = draws[:, np.argsort(beliefs.mean, kind="stable")]
    upper = np.triu_indices(count, 1)
    right = [float((drawn[None, :] > drawn[:, None])[upper].mean()) for drawn in by_mean]
    low, high = np.quantile(right, [0.025, 0.975])
    return Share(_accuracy(beliefs), float(low), float(high), count * (count - 1) // 2)


def consistency(answers: Answers) -> Share:
    """Of the pairs shown again, how many were answered as the first time; the interval is Wilson's."""
    first: dict[tuple[int, int], float] = {}
    same = repeated = 0
    for pair, preferred in zip(answers.pairs(), answers.preferred, strict=True):
        answer = float(preferred) if pair.key == (pair.left, pair.right) else -float(preferred)
        if pair.key in first:
            repeated += 1
            same += answer == first[pair.key]
        first.setdefault(pair.key, answer)
    return wilson(same, repeated)


def wilson(hits: int, of: int) -> Share:
    """A share and Wilson's 95 % interval, which holds for few cases too."""
    if not of:
        return Share(float("nan"), float("nan"), float("nan"), 0)
    share, z = hits / of, NORMAL_95
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * float(np.sqrt(share * (1 - share) / of + z * z / (4 * of * of)))
    return Share(share, max(0.0, middle - half), min(1.0, middle + half), of)


def _accuracy(beliefs: Beliefs) -> float:
    mean, variance = differences(beliefs.mean, beliefs.covariance)
    return float(_normal_cdf(np.abs(mean) / np.sqrt(variance))[np.triu_indices(len(mean), 1)].mean())


def _moved(before: Beliefs, now: Beliefs) -> float:
    upper = np.triu_indices(len(now.mean), 1)
    was, is_now = (np.sign(b.mean[:, None] - b.mean[None, :])[upper] for b in (before, now))
    return float((was != is_now).mean())


def _normal_cdf(x: Floats) -> Floats:
    """To 2e-4, without SciPy."""
    return sigmoid(2 * np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
