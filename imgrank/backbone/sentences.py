"""Sentences for open_clip models: the ids of their own tokenizers, and the text tower alone.

With the text tower alone a question builds no image tower, reads none of its weights, and imports half as much:
open_clip's module of transformers needs torch alone; its package imports torchvision and timm, which take longer than
the question. So the module is loaded without the package, and the tower gets its weights by their names in the file.
What does not fit in every name and size is left to the whole model.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from safetensors import safe_open
from torch import nn

from imgrank.adapter.unfilled import Unfilled
from imgrank.backbone.names import BackboneName, open_clip_part


@dataclass(frozen=True, slots=True)
class SentenceIds:
    """ids (1, context) as the text tower takes them; the first `length` of them are the sentence."""

    ids: torch.Tensor
    length: int


class SentenceTokenizer:
    """An open_clip tokenizer that also knows where the padding begins."""

    def __init__(self, tokenize: Callable[[list[str]], torch.Tensor]) -> None:
        self._tokenize = tokenize
        inner = getattr(tokenize, "tokenizer", None)  # of the Hugging Face kind; open_clip's own pads with zeros
        self._pad = 0 if inner is None else inner.pad_token_id
        # SigLIP ends a sentence with the very id it pads with: that one end mark belongs to the sentence.
        self._hidden_end = int(inner is not None and inner.eos_token_id == inner.pad_token_id)

    def __call__(self, sentence: str) -> SentenceIds:
        """Ids of one sentence, cut to the context."""
        ids = self._tokenize([sentence])
        filled = (ids[0] != self._pad).nonzero()
        last = int(filled.max()) + 1 if len(filled) else 0
        return SentenceIds(ids, max(1, min(last + self._hidden_end, ids.shape[1])))


def load_tokenizer(name: BackboneName, config: Mapping[str, Any]) -> SentenceTokenizer:
    """The tokenizer of a model. Some need the package transformers and files of a hub; raises whatever these raise."""
    text = config["text_cfg"]
    if needs_hub(config) or (not name.is_whole and "siglip" in name.model.lower()):
        from imgrank.backbone.towers import quiet_and_safe

        with quiet_and_safe():
            import open_clip

            return SentenceTokenizer(open_clip.get_tokenizer(name.model))
    part = open_clip_part("tokenizer")
    length = text.get("context_length", part.DEFAULT_CONTEXT_LENGTH)
    return SentenceTokenizer(part.SimpleTokenizer(context_length=length, **text.get("tokenizer_kwargs", {})))


def needs_hub(config: Mapping[str, Any]) -> bool:
    """Whether a model's tokenizer is one of Hugging Face's, whose files stand apart from the weights."""
    text = config["text_cfg"]
    return bool(text.get("hf_tokenizer_name") or text.get("hf_model_name"))


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


def _arguments(module: Any, text: Mapping[str, Any], quick_gelu: bool) -> dict[str, Any] | None:
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


def _transformers() -> Any:
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
