"""`mini`, the backbone that ships: loads with the package, needs no network, and fits beside an ordinary folder.

Its two halves stand in `mini_image.py` and `mini_sentences.py`; its tensors in one fp16 file in `weights/`. What it
says of itself, and what it makes of a sentence, needs no torch: a question on stored pictures starts four times faster
without.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open

from imgrank.backbone.contract import Pixels, Preprocessing
from imgrank.backbone.kinds import coverage, read_kinds
from imgrank.errors import BackboneError
from imgrank.paths import weights_dir
from imgrank.tokens import KindEvidence, PackedTokens, TextTokens, TokenShape

if TYPE_CHECKING:
    from imgrank.backbone.batches import BatchRunner
    from imgrank.backbone.mini_image import MiniImageTower
    from imgrank.backbone.mini_sentences import Sentences

_CLASSIFIER = ("trunk.classifier.weight", "trunk.classifier.bias", "moment_mean", "moment_spread")
PREPROCESSING = Preprocessing(224, (127 / 255,) * 3, (128 / 255,) * 3, "bicubic")


class MiniBackbone:
    """The shipped backbone; implements `imgrank.backbone.contract.Backbone`."""

    name = "mini"
    preprocessing = PREPROCESSING

    def __init__(self, weights: Path, fingerprint: str, device: str) -> None:
        self.weights, self.fingerprint, self.device = weights, fingerprint, device
        self.config = _read_config(weights)
        image = self.config["image"]
        self.shape = TokenShape(image["grid"] ** 2, image["width"], image["caption"], self.config["moments"]["rows"])
        self.text_width = self.config["text"]["width"]

    @property
    def batch_size(self) -> int:
        """How many pictures a call does best with: a multiple of it wastes nothing."""
        return self._batches.at_once

    def encode_images(self, pixels: Pixels | Sequence[Pixels]) -> PackedTokens:
        """(N, 224, 224, 3) uint8 RGB to N packed rows. Raises BackboneError where the device has too little memory."""
        if len(pixels) == 0:
            return PackedTokens.empty(0, self.shape)
        return self._batches.run(np.asarray(pixels), self._image_tower)

    def encode_sentence(self, sentence: str) -> TextTokens:
        """Token states (L, 384) and the sentence's place (384,) in the space of the image embeddings."""
        return replace(self._sentences.encode(sentence), kinds=self.kinds(sentence))

    def kinds(self, sentence: str) -> KindEvidence | None:
        """What the ImageNet classifier can say of the kinds that a sentence names; None where it names none."""
        named = read_kinds(self.weights.with_name("mini.kinds.json")).named_in(sentence)
        return self._evidence([kind.classes for kind in named], coverage(sentence, named)) if named else None

    def _evidence(self, classes: list[tuple[int, ...]], covered: float = 1.0) -> KindEvidence:
        columns = [number for kind in classes for number in kind]
        weight, bias, mean, spread = self._classifier
        width = weight.shape[1]
        chosen = weight[columns]
        return KindEvidence(
            weights=np.ascontiguousarray((chosen * spread[:width]).T),
            bias=bias[columns] + chosen @ mean[:width],
            starts=tuple(np.cumsum([0, *(len(kind) for kind in classes[:-1])]).tolist()),
            normaliser=len(mean) - 1,
            mean=float(mean[-1]),
            spread=float(spread[-1]),
            coverage=covered,
        )

    @cached_property
    def _classifier(self) -> tuple[npt.NDArray[np.float32], ...]:
        """Weight (classes, 1280) and bias, and the centres and scales of stored moments."""
        with safe_open(str(self.weights), "numpy") as file:
            return tuple(file.get_tensor(f"image.{name}").astype(np.float32) for name in _CLASSIFIER)

    @cached_property
    def _batches(self) -> BatchRunner:
        from imgrank.backbone.mini_image import batch_runner

        return batch_runner(self.device, self.shape.moments)

    @cached_property
    def _image_tower(self) -> MiniImageTower:
        from imgrank.backbone.mini_image import build_image_tower

        return build_image_tower(self.weights, self.config, self.device)

    @cached_property
    def _sentences(self) -> Sentences:
        from imgrank.backbone.mini_sentences import build_sentences

        return build_sentences(self.weights, self.config)


def load_mini(device: str = "cpu") -> MiniBackbone:
    """The shipped backbone. Raises BackboneError where its files are missing or damaged."""
    from imgrank.backbone.fingerprint import fingerprint

    weights = weights_dir() / "mini.safetensors"
    tokenizer = weights.with_name("mini.tokenizer.json")
    for file in (weights, tokenizer):
        if not file.is_file():
            raise BackboneError(f"The included image model mini lacks its file {file.name}; install imgrank again.")
    print_of = fingerprint(_read_config(weights), [weights, tokenizer], PREPROCESSING.facts())
    return MiniBackbone(weights, print_of, device)


def _read_config(weights: Path) -> dict[str, Any]:
    try:
        with safe_open(str(weights), "numpy") as file:
            config: dict[str, Any] = json.loads(file.metadata()["imgrank.backbone"])
    except (SafetensorError, OSError, LookupError, TypeError, ValueError) as error:
        raise BackboneError(
            f"The weights file {weights.name} of the included image model mini is damaged; install imgrank again."
        ) from error
    return config
