"""What the losses must and must not teach."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from imgrank.training import loop

targets = st.lists(st.integers(-3, 3).map(float), min_size=2, max_size=12)


def gradient(loss, start):
    x = start.clone().requires_grad_()
    loss(x).backward()
    return x.grad


@given(targets)
def test_ties_and_the_diagonal_are_not_taught(values):
    target = torch.tensor(values)
    logits = torch.randn(len(values), len(values), generator=torch.Generator().manual_seed(0))
    pulled = gradient(lambda x: loop.order_loss(x, target), logits) != 0
    apart = target[:, None] != target[None, :]
    assert not (pulled & ~apart).any()
    assert torch.equal(pulled | pulled.T, apart)


@given(targets)
def test_the_order_loss_is_the_mean_over_pairs_of_different_values(values):
    target = torch.tensor(values)
    scores = torch.linspace(-1, 1, len(values))
    pairs = [(i, j) for i in range(len(values)) for j in range(len(values)) if values[i] > values[j]]
    expected = [math.log1p(math.exp(float(scores[j] - scores[i]))) for i, j in pairs]
    got = float(loop.order_loss(loop.score_differences(scores), target))
    assert got == pytest.approx(sum(expected) / len(expected) if expected else 0.0, abs=1e-5)


def test_the_right_order_costs_less_than_the_wrong_one_in_every_ranking_loss():
    target = torch.tensor([-1.0, 0.0, 1.0])
    for loss in (
        lambda s: loop.order_loss(loop.score_differences(s), target),
        lambda s: loop.list_loss(s, target),
    ):
        assert loss(target) < loss(torch.zeros(3)) < loss(-target)


def test_answers_that_are_ties_are_masked():
    preferred = torch.tensor([1.0, 0.0, -1.0])
    pull = gradient(lambda x: loop.answer_loss(x, preferred), torch.zeros(3))
    assert pull[0] < 0 < pull[2]
    assert pull[1] == 0
    assert loop.answer_loss(torch.zeros(1), torch.zeros(1)) == 0


def test_nan_is_seen():
    assert not loop.finite(torch.tensor(float("nan")))
    assert loop.finite(loop.relevance_loss(torch.zeros(2), torch.tensor([0.0, 1.0])))
