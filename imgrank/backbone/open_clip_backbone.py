"""Any open_clip model as a backbone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import torch
from torch import nn

from imgrank.backbone.batches import runner_of_large_towers
from imgrank.backbone.checkpoints import advice_on
from imgrank.backbone.contract import Pixels
from imgrank.backbone.names import BackboneName
from imgrank.backbone.open_clip_facts import OpenClipFacts
from imgrank.backbone.resolve import architecture_of
from imgrank.backbone.sentences import SentenceTokenizer, load_tokenizer
from imgrank.backbone.text_only import build_text_tower
from imgrank.backbone.towers import Architecture, ImageTower, OpenClipModel, TextTower, build, hold_in_bf16
from imgrank.backbone.windows import Window, cut
from imgrank.errors import BackboneError
from imgrank.tokens import PackedTokens, TextTokens, joined

CUT_AT_ONCE = 128  # pictures whose squares are held as floats


class OpenClipBackbone:
    """Implements `imgrank.backbone.contract.Backbone`. Built from facts alone; the model is loaded on first use.

    The image tower runs on `device`, the text tower always on the processor, so that text tokens are the
    same everywhere, and alone where the weights allow it. A name may ask for bfloat16 in the image tower; tokens
    made so are kept apart by their fingerprint.
    """

    def __init__(self, name: BackboneName, facts: OpenClipFacts, device: str) -> None:
        self.name = str(name)
        self.fingerprint = facts.fingerprint
        self.shape = facts.shape
        self.text_width = facts.text_width
        self.preprocessing = facts.preprocessing
        self.device = device
        self._asked, self._facts = name, facts
        self._batches = runner_of_large_towers(device)

    @property
    def batch_size(self) -> int:
        """How many pictures a call does best with: a multiple of it wastes nothing."""
        return self._batches.at_once

    def encode_images(self, pixels: Pixels | Sequence[Pixels]) -> PackedTokens:
        """N pictures as `preprocessing` makes them to N rows. Raises BackboneError where the weights do not load."""
        if len(pixels) == 0:
            return PackedTokens.empty(0, self.shape)
        _ = self._image_tower  # built here: threads that ask for it would each build one
        if not self.preprocessing.crop:
            return self._batches.run(np.asarray(pixels), self._forward)
        some = (pixels[start : start + CUT_AT_ONCE] for start in range(0, len(pixels), CUT_AT_ONCE))
        return joined(
            [self._batches.run_windows(cut(list(each), self.preprocessing.side), self._forward) for each in some]
        )

    def encode_sentence(self, sentence: str) -> TextTokens:
        """Tokens (L, D_t) without padding, and the embedding (E,). Raises BackboneError as above."""
        tokenized = self._tokenizer(sentence)
        with torch.inference_mode():
            tokens, embedding = self._text_tower(tokenized.ids)
        ahead = tokenized.ids.shape[1] - tokens.shape[1]  # some towers leave out the token they pool at
        kept = tokens[0, : max(1, tokenized.length - ahead)]
        return TextTokens(kept.float().numpy(), embedding[0].float().numpy())

    def kinds(self, sentence: str) -> None:
        """No model of open_clip has a classifier beside its space."""

    def _forward(
        self, pixels: torch.Tensor, windows: Sequence[Window] | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        tower = self._image_tower
        with torch.autocast(self.device, torch.bfloat16, enabled=self._asked.bf16 and not tower.is_bf16):
            tokens, embedding = tower(pixels, windows)
        return tokens, embedding

    @cached_property
    def _image_tower(self) -> ImageTower:
        tower = ImageTower(self._model.visual, self.preprocessing, self._architecture.grid).eval().to(self.device)
        if self._asked.bf16:
            hold_in_bf16(tower)
        # torch takes this call, which its stubs do not know
        return tower.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]

    @cached_property
    def _text_tower(self) -> TextTower:
        # Never by what else is built: the two ways may differ in their last bits.
        return TextTower((self._text_alone() if self._facts.plain else None) or self._model).eval()

    def _text_alone(self) -> nn.Module | None:
        config = self._facts.config
        try:
            quick_gelu = self._facts.quick_gelu or bool(config.get("quick_gelu"))
            return build_text_tower(config, quick_gelu, self._facts.weights)
        except Exception:  # noqa: BLE001 - the whole model will say what is wrong with its file
            return None

    @cached_property
    def _tokenizer(self) -> SentenceTokenizer:
        return load_tokenizer(self._asked, self._facts.config)

    @cached_property
    def _model(self) -> OpenClipModel:
        try:
            return build(self._architecture, self._facts.weights)
        except Exception as error:  # zip, pickle, safetensors and torch each raise types of their own
            raise BackboneError(_load_fault(self._asked.model, self._facts, error)) from error

    @property
    def _architecture(self) -> Architecture:
        return architecture_of(self._asked, self._facts.weights, self._facts.quick_gelu)


def _load_fault(model: str, facts: OpenClipFacts, error: Exception) -> str:
    advice = advice_on(facts.weights)
    if advice is not None:
        return f"{facts.weights} does not load as {model}: {advice}; `mini` needs no file"
    detail = next(iter(str(error).splitlines()), "") or type(error).__name__
    return (
        f"{facts.weights} does not load as {model}: it is damaged, or holds another model ({detail[:200]}); "
        "fetch it again or name the model it belongs to; `mini` needs no file"
    )
