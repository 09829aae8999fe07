"""The two halves of the image tower by their shipped names: the published one, and the one that step 4 tuned."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from trunk import imagenet_tower

from imgrank.backbone.mini_image import LOWER_STAGES

State = dict[str, torch.Tensor]


def general_state() -> State:
    """The published tower by its shipped names: the lower half, the upper half, the classifier."""
    return {f"trunk.{_general_name(name)}": tensor for name, tensor in imagenet_tower().state_dict().items()}


def _general_name(name: str) -> str:
    part, *rest = name.split(".")
    if part == "conv_head" or (part == "blocks" and int(rest[0]) >= LOWER_STAGES):
        return f"upper.{_upper_name(name)}"
    return name


def _upper_name(name: str) -> str:
    part, *rest = name.split(".")
    return ".".join([part, str(int(rest[0]) - LOWER_STAGES), *rest[1:]]) if part == "blocks" else name


def task_state_from(weights: Path) -> State:
    """The same from an earlier weights file, whose trunk was the task half or which names it."""
    state = {n.removeprefix("image."): t for n, t in load_file(weights).items() if n.startswith("image.")}
    kept = {n: t for n, t in state.items() if n.startswith(("task.", "readouts.", "project."))}
    if any(name.startswith("task.") for name in kept):
        return kept
    trunk = {n.removeprefix("trunk."): t for n, t in state.items() if n.startswith("trunk.")}
    return kept | task_names(trunk)


def learnt_task_state(out: Path) -> State:
    """The task half alone, as step 4 left it."""
    tower = torch.load(out / "averaged.pt", weights_only=True)
    return task_names({n.removeprefix("trunk."): t for n, t in tower.items() if n.startswith("trunk.")})


def task_names(trunk: State) -> State:
    upper = {n: t for n, t in trunk.items() if n.startswith("conv_head") or _stage(n) >= LOWER_STAGES}
    return {f"task.{_upper_name(name)}": tensor for name, tensor in upper.items()}


def _stage(name: str) -> int:
    part, *rest = name.split(".")
    return int(rest[0]) if part == "blocks" else -1
