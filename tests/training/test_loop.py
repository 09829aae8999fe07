"""What makes a step faster leaves it the step it was; what the losses must and must not teach."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from imgrank.adapter.model import AdapterModel
from imgrank.training import loop
from imgrank.training.loop import _begin, compare_once, order_loss
from imgrank.training.options import TrainingOptions
from tests.training.making import CONFIG


@pytest.mark.parametrize("count", [2, 3, 8, 17])
def test_half_of_the_comparisons_teach_what_all_of_them_do(count):
    torch.manual_seed(count)
    model, target = AdapterModel(CONFIG).double(), torch.randn(count)
    learnt = []
    for compare in (lambda s: compare_once(model, s), lambda s: model.compare(s, s)):
        z = torch.linspace(-1, 1, count * 5 * CONFIG.width, dtype=torch.double).sin()
        z = z.reshape(count, 5, CONFIG.width).requires_grad_()
        loss = order_loss(compare(model.summarise(z)), target)
        loss.backward()
        learnt.append((loss.detach(), z.grad))
    (once, its), (whole, reference) = learnt
    assert whole > 0 and reference.abs().max() > 0
    torch.testing.assert_close(once, whole)
    torch.testing.assert_close(its, reference)


def test_the_optimiser_steps_as_plain_adamw_does():
    torch.manual_seed(0)
    options = TrainingOptions()
    ours = AdapterModel(CONFIG)
    theirs = copy.deepcopy(ours)
    before = copy.deepcopy(ours.state_dict())
    plain = torch.optim.AdamW(
        [
            {"params": [p for p in theirs.parameters() if p.ndim > 1], "weight_decay": options.weight_decay},
            {"params": [p for p in theirs.parameters() if p.ndim <= 1], "weight_decay": 0.0},
        ],
        lr=options.learning_rate,
        betas=(0.9, 0.98),
        fused=False,
    )
    optimiser = _begin(ours, options).optimiser
    for _ in range(5):
        for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            mine.grad = torch.randn_like(mine)
            other.grad = mine.grad.clone()
        optimiser.step()
        plain.step()
    for (name, mine), other in zip(ours.state_dict().items(), theirs.state_dict().values(), strict=True):
        assert not torch.equal(mine, before[name])
        torch.testing.assert_close(mine, other, rtol=1e-5, atol=1e-6)


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
