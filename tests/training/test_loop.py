"""What makes a step faster leaves it the step it was."""

import copy

import pytest
import torch

from imgrank.adapter.model import AdapterModel
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
