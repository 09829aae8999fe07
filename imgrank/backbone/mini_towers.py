"""The towers of `mini` with their weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from tokenizers import Tokenizer

from imgrank.backbone.batches import BatchRunner
from imgrank.backbone.mini_image import ImageConfig, MiniImageTower
from imgrank.backbone.mini_text import MiniTextTower, SentenceHead, TextConfig
from imgrank.parallel import on_one_core
from imgrank.tokens import TextTokens

Config = dict[str, Any]  # as the weights file has it


@dataclass(frozen=True, slots=True, eq=False)
class Sentences:
    """All that a sentence goes through."""

    tokenizer: Tokenizer
    tower: MiniTextTower
    head: SentenceHead

    def encode(self, sentence: str) -> TextTokens:
        """Token states (L, width) and the sentence's place in the space of the image embeddings."""
        ids = self.tokenizer.encode(sentence).ids[: self.tower.config.positions]
        with on_one_core(), torch.inference_mode():
            states, vector = self.tower(torch.tensor([ids]), torch.ones(1, len(ids), dtype=torch.bool))
            return TextTokens(states[0].numpy(), self.head(vector)[0].numpy())


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


def build_sentences(weights: Path, config: Config) -> Sentences:
    """The text tower with its tokenizer, on the processor: text tokens are the same everywhere."""
    tower = MiniTextTower(TextConfig(**config["text"]))
    tower.load_state_dict(_tensors(weights, "text."), assign=True)
    head = SentenceHead(config["text"]["width"])
    head.load_state_dict(_tensors(weights, "sentence."), assign=True)
    tokenizer = Tokenizer.from_file(str(weights.with_name("mini.tokenizer.json")))
    return Sentences(tokenizer, tower.requires_grad_(False).eval(), head.requires_grad_(False).eval())


def _tensors(weights: Path, prefix: str) -> dict[str, torch.Tensor]:
    """The tensors of one part, floats widened to float32; the rest of the file stays untouched."""
    with safe_open(str(weights), "pt") as file:
        names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118 (not a dict)
        found = {name.removeprefix(prefix): file.get_tensor(name) for name in names}
    return {name: t.float() if t.is_floating_point() else t for name, t in found.items()}
