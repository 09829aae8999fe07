"""Any open_clip model as a backbone, and what a file of weights that does not load really is."""

from __future__ import annotations

import pickletools
import zipfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import nn

from imgrank.backbone.batches import channels_last, runner_of_large_towers
from imgrank.backbone.contract import Pixels
from imgrank.backbone.names import BackboneName
from imgrank.backbone.open_clip_facts import OpenClipFacts
from imgrank.backbone.resolve import architecture_of
from imgrank.backbone.sentences import SentenceTokenizer, build_text_tower, load_tokenizer
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
        return channels_last(tower)

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
        return f"The file {facts.weights} does not load as {model}: {advice}."
    detail = next(iter(str(error).splitlines()), "") or type(error).__name__
    return (
        f"The file {facts.weights} does not load as {model}: it is damaged, or holds another model ({detail[:200]}). "
        "Fetch it again, or name the model it belongs to."
    )


_HEAD = 1 << 10
_LARGEST_PICKLE = 64 << 20
_WEIGHTS = "a plain state dict, saved by torch.save(model.state_dict(), ...) or as safetensors"
_OWN = ("torch", "collections")  # modules whose classes torch loads
_NESTED = ("model", "model_state_dict", "model_state", "module", "net", "params", "ema", "weights")


def advice_on(path: Path) -> str | None:
    """What the file is and what to do, as a part of a sentence; None where nothing is to be said. Runs none of it."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
        return _not_weights(head) or _unloadable(path)
    except (OSError, ValueError, zipfile.BadZipFile, KeyError):
        return None


def _not_weights(head: bytes) -> str | None:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        return "the file is empty; fetch it again"
    if text.startswith(b"version https://git-lfs"):
        return "it is a Git LFS pointer and not the weights; fetch them by git lfs pull"
    if text.startswith((b"<!doctype", b"<html", b"<?xml")):
        return "it is a web page and not the weights; fetch the file itself, by its download link"
    return None


def _unloadable(path: Path) -> str | None:
    """Of a file that torch.save or torch.jit.save wrote, which is a ZIP archive."""
    if not zipfile.is_zipfile(path):
        return None
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if any(name.endswith("/constants.pkl") for name in names):
            return f"it is a TorchScript program; load it by torch.jit.load where it is trusted, and save {_WEIGHTS}"
        pickled = next((name for name in names if name.endswith("/data.pkl")), None)
        if pickled is None or archive.getinfo(pickled).file_size > _LARGEST_PICKLE:
            return None
        return _in_pickle(archive.read(pickled))


def _in_pickle(data: bytes) -> str | None:
    """What of a pickle torch refuses to load, or where in it the weights stand. Reads its words, executes none."""
    told = [(code.name, value) for code, value, _ in pickletools.genops(data) if isinstance(value, str)]
    words = [value for _, value in told]
    classes = (value.replace(" ", ".") for code, value in told if code == "GLOBAL")  # as torch writes "module name"
    foreign = next((name for name in classes if name.split(".")[0] not in _OWN), None)
    if foreign is not None:
        return (
            f"beside weights it holds {foreign}, which could run a stranger's code; load it by torch.load(..., "
            f"weights_only=False) where it is trusted, and save {_WEIGHTS}"
        )
    nested = next((word for word in words[:_HEAD] if word in _NESTED), None)
    if nested is not None and "state_dict" not in words:
        return f'its weights stand under "{nested}"; save that part alone, as {_WEIGHTS}'
    return None
