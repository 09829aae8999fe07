"""Sentences to the ids of an open_clip model's own tokenizer, and how many of them are no padding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from imgrank.backbone.known import open_clip_part
from imgrank.backbone.names import BackboneName


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
