"""`mini`, the backbone that ships: loads with the package, needs no network, and fits beside an ordinary folder.

Its two halves stand in `mini_image.py` and `mini_text.py`; its tensors in one fp16 file in `weights/`.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors import safe_open
from tokenizers import Tokenizer

from imgrank.backbone.batches import BatchRunner
from imgrank.backbone.contract import Preprocessing
from imgrank.backbone.mini_image import ImageConfig, ImageTower
from imgrank.backbone.mini_text import ClassSense, SentenceHead, TextConfig, TextTower
from imgrank.errors import BackboneError
from imgrank.paths import weights_dir
from imgrank.tokens import PackedTokens, TextTokens, TokenShape

PREPROCESSING = Preprocessing(224, (127 / 255,) * 3, (128 / 255,) * 3, "bicubic")


class MiniBackbone:
    """The shipped backbone; implements `imgrank.backbone.contract.Backbone`."""

    name = "mini"
    preprocessing = PREPROCESSING

    def __init__(self, weights: Path, fingerprint: str, device: str) -> None:
        self.weights, self.fingerprint, self.device = weights, fingerprint, device
        self.config = _read_config(weights)
        image = ImageConfig(**self.config["image"])
        self.shape = TokenShape(image.grid**2, image.width, image.caption + image.classes)
        self.text_width = self.config["text"]["width"]
        self._batches = BatchRunner(device, lanes=torch.get_num_threads())

    @property
    def batch_size(self) -> int:
        """How many pictures a call does best with: a multiple of it wastes nothing."""
        return self._batches.at_once

    def encode_images(self, pixels: npt.NDArray[np.uint8]) -> PackedTokens:
        """(N, 224, 224, 3) uint8 RGB to N packed rows. Raises BackboneError where the device has too little memory."""
        if len(pixels) == 0:
            return PackedTokens.empty(0, self.shape)
        return self._batches.run(pixels, self._image_tower)

    def encode_sentence(self, sentence: str) -> TextTokens:
        """Token states (L, 384) and the sentence's place (1384,) in the space of the image embeddings."""
        ids = self._tokenizer.encode(sentence).ids[: self._text_tower.config.positions]
        with torch.inference_mode():
            states, vector = self._text_tower(torch.tensor([ids]), torch.ones(1, len(ids), dtype=torch.bool))
            embedding = self._sentence_head(vector)
        return TextTokens(states[0].numpy(), embedding[0].numpy())

    @cached_property
    def _image_tower(self) -> ImageTower:
        tower = ImageTower(ImageConfig(**self.config["image"]))
        tower.load_state_dict(self._tensors("image."))
        frozen = tower.requires_grad_(False).eval()
        return frozen.to(memory_format=torch.channels_last).to(self.device)  # type: ignore[call-overload,no-any-return]

    @cached_property
    def _text_tower(self) -> TextTower:
        tower = TextTower(TextConfig(**self.config["text"]))
        tower.load_state_dict(self._tensors("text."))
        return tower.requires_grad_(False).eval()

    @cached_property
    def _sentence_head(self) -> SentenceHead:
        sizes = self.config["sentence"]
        sense = ClassSense(**sizes["sense"])
        head = SentenceHead(self.text_width, sizes["names"], self.config["image"]["classes"], sense)
        head.load_state_dict(self._tensors("sentence."))
        return head.requires_grad_(False).eval()

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return Tokenizer.from_file(str(self.weights.with_name("mini.tokenizer.json")))

    def _tensors(self, prefix: str) -> dict[str, torch.Tensor]:
        """The tensors of one part, floats widened to float32; the rest of the file stays untouched."""
        with safe_open(str(self.weights), "pt") as file:
            names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118 (not a dict)
            found = {name.removeprefix(prefix): file.get_tensor(name) for name in names}
        return {name: t.float() if t.is_floating_point() else t for name, t in found.items()}


def load_mini(device: str = "cpu") -> MiniBackbone:
    """The shipped backbone. Raises BackboneError where its files are missing or damaged."""
    from imgrank.backbone.fingerprint import fingerprint

    weights = weights_dir() / "mini.safetensors"
    tokenizer = weights.with_name("mini.tokenizer.json")
    for file in (weights, tokenizer):
        if not file.is_file():
            raise BackboneError(f"the shipped backbone `mini` is missing its file {file.name}; install imgrank again")
    print_of = fingerprint(_read_config(weights), [weights, tokenizer], asdict(PREPROCESSING))
    return MiniBackbone(weights, print_of, device)


def _read_config(weights: Path) -> dict[str, Any]:
    try:
        with safe_open(str(weights), "pt") as file:
            config: dict[str, Any] = json.loads(file.metadata()["imgrank.backbone"])
    except Exception as error:  # safetensors raises its own Rust-made type for every kind of damage
        raise BackboneError(f"the weights file {weights.name} of `mini` is damaged; install imgrank again") from error
    return config
