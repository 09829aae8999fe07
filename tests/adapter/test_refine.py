"""Pairs settle what scores began."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from imgrank.adapter.pairs import PairHead, Summary
from imgrank.adapter.refine import refine


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
