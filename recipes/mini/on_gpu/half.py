"""Both halves of the image tower while the task half learns: the general half stands still beside it."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path

import torch
from fit_captions import CaptionsInTraining
from halves import general_state
from task_heads import WithTaskHeads

from imgrank.backbone.mini_image import HEAD, MOMENTS, ImageConfig, Readouts, Trunk, moments_of, relu6


@dataclass(frozen=True)
class Seen:
    """cells (B, 16, C), pooled (B, 1280), what the caption head reads (B, MOMENTS + 1280), logits of both halves
    (B, 1000), values (B, heads), bins (B, tasks, K)."""

    cells: torch.Tensor
    both: torch.Tensor
    logits: torch.Tensor
    wanted: torch.Tensor
    values: torch.Tensor
    bins: torch.Tensor


class TowerInTraining(WithTaskHeads):
    """The published tower, frozen; a copy of its upper half that learns; readouts, caption head, a head a task."""

    def __init__(self, config: ImageConfig, dropout: float) -> None:
        super().__init__()
        self.general = Trunk()
        self.general.load_state_dict({n.removeprefix("trunk."): t.float() for n, t in general_state().items()})
        self.task = copy.deepcopy(self.general.upper)
        self.classifier = copy.deepcopy(self.general.classifier)
        self.general.requires_grad_(False)
        self.readouts = Readouts(config)
        self.captions = CaptionsInTraining(config, dropout)
        self.register_buffer("mean", torch.zeros(MOMENTS + HEAD))
        self.register_buffer("deviation", torch.ones(MOMENTS + HEAD))
        self.add_heads(config)

    def lower(self, pixels: torch.Tensor) -> torch.Tensor:
        """(B, 3, 224, 224), 0 to 255, to the fine level."""
        hidden = ((pixels - 127) / 128).contiguous(memory_format=torch.channels_last)
        fine: torch.Tensor = self.general.blocks(relu6(self.general.conv_stem(hidden)))
        return fine

    def see(self, fine: torch.Tensor) -> Seen:
        """The fine level (B, 40, 28, 28) to everything that losses read."""
        with torch.no_grad():
            middle, top = self.general.upper(fine)
            general = moments_of(fine.float(), middle.float(), top.float())
        middle, top = self.task(fine)
        with torch.autocast(fine.device.type, enabled=False):
            cells = self.readouts(fine.float(), middle.float(), top.float())
            pooled = cells[..., :HEAD].mean(1)
            both = (torch.cat([general, pooled], 1) - self.mean) / self.deviation
            values, bins = self.values_and_bins(cells)
            wanted = self.general.classifier(general[:, :HEAD])
            return Seen(cells, both, self.classifier(pooled), wanted, values, bins)

    def pull_back(self, tuned: float) -> None:
        """The task half, `tuned` of the way from the ImageNet tower's upper half to its own (WiSE-FT, CVPR 2022)."""
        start = self.general.upper.state_dict()
        learnt = self.task.state_dict()
        self.task.load_state_dict({name: torch.lerp(start[name], learnt[name], tuned) for name in learnt})


def read_tower(file: Path, tuned: float = 1.0) -> TowerInTraining:
    """What a step left, its task half `tuned` of the way from the published one."""
    model = TowerInTraining(ImageConfig(), dropout=0.5)
    model.load_state_dict(torch.load(file, weights_only=True, map_location="cpu"))
    model.pull_back(tuned)
    return model.eval().to(memory_format=torch.channels_last)
