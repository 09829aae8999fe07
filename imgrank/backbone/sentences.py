"""Sentences to the ids of an open_clip model's own tokenizer, and how many of them are no padding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from imgrank.backbone.towers import quiet_and_safe


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


def load_tokenizer(model: str) -> SentenceTokenizer:
    """The tokenizer of a model of open_clip's list. Some need the package transformers and files of a hub;
    raises whatever these raise."""
    with quiet_and_safe():
        import open_clip

        return SentenceTokenizer(open_clip.get_tokenizer(model))
