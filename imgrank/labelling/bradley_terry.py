"""The Bradley-Terry model with a Gaussian prior: what answers and a ranker's scores say of each picture.

Each of N pictures has a strength u, and left is called more with probability sigmoid(u_left - u_right). Before
any answer, u = reliance * score + spread * stray: scores count as normal quantiles of their ranks, and strays are
alike for pictures that look alike, as far as `kinship` says. What the three numbers are is uncertain too: beliefs
are a mixture over them, weighted by the evidence of the answers, so that a ranker which knows nothing of the
sentence soon has no say.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from statistics import NormalDist
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from imgrank.arrays import Floats

Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two places: the picture shown left and the one shown right."""

    left: int
    right: int

    @property
    def key(self) -> tuple[int, int]:
        """The same for both ways of showing the two."""
        return (min(self.left, self.right), max(self.left, self.right))


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """M answers in the order they were given: `preferred` (M,) is 1 where left was more, -1 right, 0 a tie."""

    left: Places
    right: Places
    preferred: Floats

    @staticmethod
    def of(answers: Iterable[tuple[int, int, float]]) -> Answers:
        """From (left, right, preferred) triples."""
        rows = list(answers)
        left, right, preferred = zip(*rows, strict=True) if rows else ((), (), ())
        return Answers(np.array(left, np.intp), np.array(right, np.intp), np.array(preferred, np.float64))

    def with_one(self, pair: Pair, preferred: float) -> Answers:
        """These and one more."""
        left, right = np.append(self.left, pair.left), np.append(self.right, pair.right)
        return Answers(left.astype(np.intp), right.astype(np.intp), np.append(self.preferred, preferred))

    def __len__(self) -> int:
        return len(self.left)

    @property
    def key(self) -> bytes:
        """The same for the same answers, and for no others."""
        return b"".join(column.tobytes() for column in (self.left, self.right, self.preferred))

    def first(self, count: int) -> Answers:
        """The first `count` of them."""
        return Answers(self.left[:count], self.right[:count], self.preferred[:count])

    def pairs(self) -> list[Pair]:
        """What was shown each time."""
        return [Pair(int(left), int(right)) for left, right in zip(self.left, self.right, strict=True)]


Value = TypeVar("Value")


class Memo(Generic[Value]):
    """The last `kept` values by their keys."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._values: OrderedDict[Hashable, Future[Value]] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of this key, made where it is not known. What making raises is raised, and not kept."""
        with self._lock:
            future = self._values.get(key)
            is_mine = future is None
            if future is None:
                future = self._values[key] = Future()
            self._values.move_to_end(key)
            while len(self._values) > self._kept:
                self._values.popitem(last=False)
        if is_mine:
            try:
                future.set_result(make())
            except BaseException as error:  # whoever waits for this value must be told, of Ctrl-C as well
                with self._lock:
                    self._values.pop(key, None)
                future.set_exception(error)
                raise
        return future.result()


RELIANCES = (0.0, 1.0, 3.0)
SPREADS = (1.5, 4.0)
KINSHIPS = (0.0, 0.6, 0.95)
WEIGHED_EVERY = 5  # answers between two looks at all priors
LEAST_WEIGHT = 0.05
REMEMBERED = 64  # beliefs of the last answers and of those that may come, so that undo and the look back cost nothing
NEWTON_STEPS = 20
TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Beliefs:
    """What is known of N strengths: `mean` (N,) and `covariance` (N, N) of a normal distribution.

    `within` (N, N) is the part of the covariance that would be left if the prior were known.
    """

    mean: Floats
    covariance: Floats
    within: Floats


def differences(mean: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """(N, N) means and variances of u_i - u_j."""
    own = np.diag(covariance)
    variance = own[:, None] + own[None, :] - 2 * covariance
    return mean[:, None] - mean[None, :], np.maximum(variance, 1e-12)


class Model:
    """Beliefs about N pictures with `scores` (N,) of a ranker and their `similarity` (N, N), from 0 to 1, if known.

    The same answers always give the same beliefs. Memory and time grow as N^2 and N^3: for some hundred pictures.
    """

    def __init__(self, scores: Floats, similarity: Floats | None = None) -> None:
        quantiles = normal_quantiles(scores)
        reliances = RELIANCES if quantiles.any() else (0.0,)
        kinships = KINSHIPS if similarity is not None else (0.0,)
        alike = np.eye(len(scores)) if similarity is None else similarity
        self._priors = [
            _Prior(reliance * quantiles, spread, kinship, alike)
            for reliance, spread, kinship in product(reliances, SPREADS, kinships)
        ]
        self._likely: dict[bytes, list[_Prior]] = {}
        self._believed: Memo[Beliefs] = Memo(REMEMBERED)

    def believe(self, answers: Answers) -> Beliefs:
        """What scores, looks and answers say together: one normal distribution with the mixture's moments."""
        return self._believed.get(answers.key, lambda: self._mixture(answers))

    def _mixture(self, answers: Answers) -> Beliefs:
        fits = [_laplace(prior, answers) for prior in self._likely_priors(answers)]
        weights = _weights(fits)
        mean = np.asarray(sum(weight * fit.mean for weight, fit in zip(weights, fits, strict=True)))
        within = np.asarray(sum(weight * fit.covariance() for weight, fit in zip(weights, fits, strict=True)))
        strays = np.array([fit.mean - mean for fit in fits])
        return Beliefs(mean, within + (weights[:, None] * strays).T @ strays, within)

    def _likely_priors(self, answers: Answers) -> list[_Prior]:
        """The priors that count after the last multiple of some answers: most of them soon do not."""
        settled = answers.first(len(answers) // WEIGHED_EVERY * WEIGHED_EVERY)
        if not len(settled):
            return self._priors
        if settled.key not in self._likely:
            weights = _weights([_laplace(prior, settled) for prior in self._priors])
            least = LEAST_WEIGHT * weights.max()
            self._likely[settled.key] = [p for p, weight in zip(self._priors, weights, strict=True) if weight >= least]
        return self._likely[settled.key]


def normal_quantiles(scores: Floats) -> Floats:
    """(N,) ranks of scores as quantiles of the normal distribution; equal scores share one, constants get 0."""
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2
    normal = NormalDist()
    return np.array([normal.inv_cdf(rank / len(scores)) for rank in middle])[place]


def similarity(embeddings: Floats) -> Floats:
    """(N, N) how alike pictures look, from 0 to 1, by their embeddings (N, E); the median pair is at 1/e."""
    spread = embeddings.std(axis=0)
    standard = (embeddings - embeddings.mean(axis=0)) / np.where(spread > 0, spread, 1)
    squared = (standard**2).sum(axis=1)
    distance = np.maximum(squared[:, None] + squared[None, :] - 2 * standard @ standard.T, 0)
    np.fill_diagonal(distance, 0)
    usual = float(np.median(distance[np.triu_indices(len(distance), 1)])) if len(distance) > 1 else 0.0
    return np.asarray(np.exp(-distance / max(usual, 1e-12)), np.float64)


def sigmoid(x: Floats) -> Floats:
    """1 / (1 + exp(-x)), without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)), np.float64)


@dataclass(eq=False)
class _Prior:
    mean: Floats
    spread: float
    kinship: float
    alike: Floats

    @cached_property
    def precision(self) -> Floats:
        own = np.eye(len(self.mean)) * (1 - self.kinship + 1e-6)
        return np.asarray(np.linalg.inv(self.spread**2 * (self.kinship * self.alike + own)), np.float64)

    @cached_property
    def log_det(self) -> float:
        return float(np.linalg.slogdet(self.precision)[1])


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """The normal distribution around the most probable strengths."""

    prior: _Prior
    answers: Answers
    mean: Floats
    precision: Floats

    def covariance(self) -> Floats:
        return np.asarray(np.linalg.inv(self.precision), np.float64)

    def evidence(self) -> float:
        """Log probability of the answers under this prior, by Laplace's approximation."""
        difference = self.mean[self.answers.left] - self.mean[self.answers.right]
        likelihood = float((_won(self.answers) * difference - np.logaddexp(0, difference)).sum())
        stray = self.mean - self.prior.mean
        shrunk = float(np.linalg.slogdet(self.precision)[1]) - self.prior.log_det
        return likelihood - 0.5 * float(stray @ self.prior.precision @ stray) - 0.5 * shrunk


def _laplace(prior: _Prior, answers: Answers) -> _Fit:
    """Newton's method; the objective is concave, and steps stay small because strengths are."""
    mean, count = prior.mean, len(prior.mean)
    for _ in range(NEWTON_STEPS):
        chance = sigmoid(mean[answers.left] - mean[answers.right])
        pull = _scattered(answers, _won(answers) - chance, count) - prior.precision @ (mean - prior.mean)
        precision = prior.precision + _laplacian(answers, chance * (1 - chance), count)
        step = np.linalg.solve(precision, pull)
        mean = mean + step
        if np.abs(step).max() < TOLERANCE:
            break
    return _Fit(prior, answers, mean, precision)


def _weights(fits: list[_Fit]) -> Floats:
    evidence = np.array([fit.evidence() for fit in fits])
    weights = np.exp(evidence - evidence.max())
    return np.asarray(weights / weights.sum(), np.float64)


def _won(answers: Answers) -> Floats:
    """(M,) 1 where left was more, 0 where right was, a half for a tie."""
    return np.asarray((1 + answers.preferred) / 2, np.float64)


def _scattered(answers: Answers, weights: Floats, count: int) -> Floats:
    left = np.bincount(answers.left, weights, count)
    return np.asarray(left - np.bincount(answers.right, weights, count), np.float64)


def _laplacian(answers: Answers, weights: Floats, count: int) -> Floats:
    matrix = np.zeros((count, count))
    np.add.at(matrix, (answers.left, answers.right), -weights)
    np.add.at(matrix, (answers.right, answers.left), -weights)
    matrix[np.diag_indices(count)] = -matrix.sum(axis=1)
    return matrix
