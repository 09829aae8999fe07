"""A training that was interrupted ends as one that was not."""

import sys
from pathlib import Path

import pytest
import torch
from torch import nn

MINI = str(Path(__file__).parents[2] / "recipes" / "mini")
sys.path.insert(0, MINI)
try:
    from steps import Checkpoint
finally:
    sys.path.remove(MINI)


class Training:
    """A line that learns from numbers that depend on the step alone."""

    def __init__(self, folder, options="steps 8"):
        torch.manual_seed(0)
        self.model = nn.Linear(3, 1)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), lr=0.1)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimiser, 0.1, 8)
        parts = {"model": self.model, "optimiser": self.optimiser, "schedule": self.schedule}
        self.checkpoint = Checkpoint(folder / "line.training", options, parts)

    def run(self, until):
        for step in range(self.checkpoint.load(), until):
            rows = torch.randn(4, 3, generator=torch.Generator().manual_seed(step))
            self.optimiser.zero_grad()
            (self.model(rows) - rows.sum(1, keepdim=True)).square().mean().backward()
            self.optimiser.step()
            self.schedule.step()
            if step % 3 == 2:
                self.checkpoint.save(step + 1)
        return self.model.weight.detach().clone()


@pytest.mark.parametrize("interrupted_at", [1, 3, 5, 7])
def test_the_same_weights_come_out_of_it(tmp_path, interrupted_at):
    for name in ("whole", "cut"):
        (tmp_path / name).mkdir()
    whole = Training(tmp_path / "whole").run(8)
    Training(tmp_path / "cut").run(interrupted_at)
    assert torch.equal(Training(tmp_path / "cut").run(8), whole)


def test_it_does_not_go_on_with_other_options(tmp_path):
    Training(tmp_path).run(3)
    with pytest.raises(SystemExit, match=r"steps 8.*delete it to begin"):
        Training(tmp_path, "steps 9").run(9)


def test_after_its_end_the_next_one_begins_anew(tmp_path):
    first = Training(tmp_path)
    first.run(8)
    first.checkpoint.remove()
    first.checkpoint.remove()
    assert Training(tmp_path).checkpoint.load() == 0
