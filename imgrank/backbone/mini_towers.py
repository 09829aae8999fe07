"""The image tower of `mini` with its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from imgrank.backbone.batches import BatchRunner
from imgrank.backbone.mini_image import ImageConfig, MiniImageTower

Config = dict[str, Any]  # as the weights file has it


def batch_runner(device: str, moments: int) -> BatchRunner:
    """Batches side by side, one core each."""
    return BatchRunner(device, lanes=torch.get_num_threads(), moments=moments)


def build_image_tower(weights: Path, config: Config, device: str) -> MiniImageTower:
    """The image tower on a device."""
    tower = MiniImageTower(ImageConfig(**config["image"]))
    tower.load_state_dict(_tensors(weights, "image."), assign=True)
    frozen = tower.requires_grad_(False).eval()
    # torch takes this call, which its stubs do not know
    return frozen.to(memory_format=torch.channels_last).to(device)  # type: ignore[call-overload,no-any-return]


def _tensors(weights: Path, prefix: str) -> dict[str, torch.Tensor]:
    """The tensors of one part, floats widened to float32; the rest of the file stays untouched."""
    with safe_open(str(weights), "pt") as file:
        names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118 (not a dict)
        found = {name.removeprefix(prefix): file.get_tensor(name) for name in names}
    return {name: t.float() if t.is_floating_point() else t for name, t in found.items()}
