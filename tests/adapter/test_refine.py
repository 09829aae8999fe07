"""Pairs settle what scores began."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from imgrank.adapter.pairs import PairHead, Summary
from imgrank.adapter.refine import PAIRS_AT_ONCE, refine
from imgrank.rounding import HOLDS


class TrueHead(PairHead):
    """Knows each image's worth, which stands in its means."""

    def __init__(self, sure: float) -> None:
        super().__init__(4, 1, 4)
        self.sure = sure

    def pairs(self, a: Summary, b: Summary) -> torch.Tensor:
        return self.sure * (a.means - b.means)[:, 0, 0]


def _worth(count: int, seed: int) -> tuple[np.ndarray, Summary]:
    worth = np.random.default_rng(seed).permutation(count).astype(float) / max(count, 1)
    means = torch.zeros(count, 1, 4)
    means[:, 0, 0] = torch.from_numpy(worth)
    return worth, Summary(torch.zeros(count, 1, 1), means)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 60), st.integers(0, 1000), st.sampled_from([(1.0, 0.98), (30.0, 0.9)]))
def test_pairs_that_tell_the_truth_give_the_true_order(count: int, seed: int, head: tuple[float, float]) -> None:
    sure, near = head  # a head that is too sure tells the sign alone
    worth, summary = _worth(count, seed)
    start = np.argsort(-(worth + np.random.default_rng(seed).normal(size=count) / 5), kind="stable")
    refined = refine(summary, start, TrueHead(sure))
    assert sorted(refined.order.tolist()) == list(range(count))
    if count > 1:
        assert kendalltau(refined.strength, worth).statistic > near
        assert kendalltau(refined.strength, worth).statistic >= kendalltau(-np.argsort(start), worth).statistic


def test_strengths_stand_in_the_refined_order() -> None:
    _, summary = _worth(30, 1)
    refined = refine(summary, np.arange(30), TrueHead(2.0))
    assert (np.diff(refined.strength[refined.order]) <= 0).all()


def test_pairs_that_know_nothing_leave_the_order() -> None:
    _, summary = _worth(40, 2)
    start = np.random.default_rng(3).permutation(40)
    assert refine(summary, start, TrueHead(0.0)).order.tolist() == start.tolist()


@pytest.mark.parametrize("count", [2, 10, 1000])
def test_there_are_n_log_n_comparisons_at_most(count: int) -> None:
    _, summary = _worth(count, 4)
    assert refine(summary, np.arange(count), TrueHead(1.0)).comparisons <= count * (np.log2(count) + 2)


def test_the_same_pictures_give_the_same_order() -> None:
    torch.manual_seed(0)
    head = PairHead(16, 4, 8)
    summary = Summary(torch.randn(50, 3, 4), torch.randn(50, 3, 16))
    one, two = (refine(summary, np.arange(50), head).order for _ in range(2))
    assert one.tolist() == two.tolist()


class Watched(PairHead):
    """Notes how many pairs it is shown at once."""

    def __init__(self) -> None:
        super().__init__(16, 4, 8)
        self.seen: set[int] = set()

    def pairs(self, a: Summary, b: Summary) -> torch.Tensor:
        self.seen.add(len(a))
        return super().pairs(a, b)


def test_pairs_are_compared_in_blocks_of_one_size() -> None:
    """Kernels are picked by shape, and round by it."""
    head, random = Watched(), torch.Generator().manual_seed(0)
    for count in (2, 3, 50, 300):
        summary = Summary(torch.randn(count, 3, 4, generator=random), torch.randn(count, 3, 16, generator=random))
        refine(summary, np.arange(count), head)
    assert head.seen == {PAIRS_AT_ONCE}


def test_sums_that_differ_in_their_last_bits_move_a_strength_by_one_unit_at_most() -> None:
    """As those of two processors do."""
    torch.manual_seed(0)
    head = PairHead(16, 4, 8)
    summary = Summary(torch.randn(200, 3, 4), torch.randn(200, 3, 16))
    nearly = Summary(summary.masses * (1 + 1e-7 * torch.randn(200, 3, 4)), summary.means)
    one, two = (refine(given, np.arange(200), head) for given in (summary, nearly))
    np.testing.assert_allclose(one.strength, two.strength, atol=HOLDS * 1.01)
