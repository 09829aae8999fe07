"""The text tower alone: a question builds no image tower, reads none of its weights, and imports half as much.

open_clip's module of transformers needs torch alone; its package imports torchvision and timm, which take longer than
the question. So the module is loaded without the package, and the tower gets its weights by their names in the file.
What does not fit in every name and size is left to the whole model.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from safetensors import safe_open
from torch import nn

from imgrank.adapter.unfilled import Unfilled
from imgrank.backbone.known import open_clip_part

_WITHOUT_TORCHVISION = ("torchvision", "torchvision.ops", "torchvision.ops.misc")
_HANDLED = ("hf_tokenizer_name", "tokenizer_kwargs", "norm_kwargs", "act_kwargs")  # keys that are no argument


def build_text_tower(config: Mapping[str, Any], quick_gelu: bool, weights: Path) -> nn.Module | None:
    """The `TextTransformer` of a model of this config with its weights, or None where only the whole model will do."""
    text = config["text_cfg"]
    if text.get("hf_model_name") or "multimodal_cfg" in config or weights.suffix != ".safetensors":
        return None
    module = _transformers()
    arguments = _arguments(module, text, quick_gelu)
    if arguments is None:
        return None
    with Unfilled("uniform_", "normal_"):
        tower: nn.Module = module.TextTransformer(output_dim=config["embed_dim"], **arguments)
    state = _state(weights, tower)
    if state is None:
        return None
    tower.load_state_dict(state, assign=True)
    return tower.eval().requires_grad_(False)


def _arguments(module: Any, text: Mapping[str, Any], quick_gelu: bool) -> dict[str, Any] | None:  # noqa: ANN401 (open_clip has no types)
    known = set(inspect.signature(module.TextTransformer.__init__).parameters)
    if not set(text) <= known | set(_HANDLED):
        return None
    arguments = {name: value for name, value in text.items() if name in known}
    arguments["act_layer"] = partial(module.QuickGELU if quick_gelu else nn.GELU, **(text.get("act_kwargs") or {}))
    arguments["norm_layer"] = partial(module.LayerNorm, **(text.get("norm_kwargs") or {}))
    return arguments


def _state(weights: Path, tower: nn.Module) -> dict[str, torch.Tensor] | None:
    """The tower's tensors out of a file of the whole model: under `text.`, or beside the image tower's."""
    expected = tower.state_dict()
    with safe_open(str(weights), "pt") as file:
        names = set(file.keys())
        prefix = "text." if "text.positional_embedding" in names else ""
        if not all(prefix + name in names for name in expected):
            return None
        state = {name: file.get_tensor(prefix + name) for name in expected}
    if any(state[name].shape != tensor.shape for name, tensor in expected.items()):
        return None
    return {name: tensor.to(expected[name].dtype) for name, tensor in state.items()}


def _transformers() -> Any:  # noqa: ANN401 (open_clip has no types)
    if "open_clip" in sys.modules:
        return import_module("open_clip.transformer")
    # Of torchvision only the name of a layer is asked for, which no text tower has.
    absent = [name for name in _WITHOUT_TORCHVISION if name not in sys.modules]
    for name in absent:
        sys.modules[name] = _Stub(name)
    try:
        return open_clip_part("transformer")
    finally:
        for name in absent:
            sys.modules.pop(name, None)


class _Stub(ModuleType):
    FrozenBatchNorm2d = nn.Identity
