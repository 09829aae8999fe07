"""`AdapterModel.fuse` for answering: the same function, with all that can be worked out ahead worked out ahead.

Constant factors of one sum are folded into its weights, and what no sentence changes (`encode_images`) is kept
apart from the rest (`fuse`). Sums differ from the model's in their last bits only; see model.py for what they mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor
from xxhash import xxh3_128_digest

from imgrank.adapter.model import AdapterModel, Attention, FusionLayer, pooled


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence as one layer's cross-attention meets it, for T = M + L tokens and H heads.

    Logits are `keys` (H T, d) times a normed image token, plus `bias` (H T, 1); what is seen adds `values` (H T, d).
    """

    keys: Tensor
    bias: Tensor
    values: Tensor
    out: Tensor


class FoldedModel:
    """An adapter's model, made ready for questions in float32."""

    def __init__(self, model: AdapterModel) -> None:
        self.model = model
        self.key = b"".join(xxh3_128_digest(value.numpy()) for value in model.state_dict().values())
        self._squares = _squares(model)
        self._layers = [cast(FusionLayer, layer) for layer in model.layers]
        self._attention_maps = [_joined_maps(layer.self_attention) for layer in self._layers]

    def encode_images(self, quantised: Tensor, scales: Tensor, embedding: Tensor) -> Tensor:
        """Image tokens (B, P', d) before they meet a sentence.

        quantised (B, P, D) float32 whole numbers, scales (B, P, 1), embedding (B, E).
        """
        places = quantised * scales if self._squares is None else (self._squares * scales.mT) @ quantised
        x: Tensor = self.model.image_map(places)
        if self.model.embedding_map is not None:
            x = torch.cat([x, self.model.embedding_map(embedding)[:, None]], dim=1)
        return self._attended(0, x) if self._layers else x

    def words(self, text: Tensor) -> list[Words]:
        """Text tokens (L, D_t) of a sentence for each layer."""
        tokens = torch.cat([self.model.prompts, self.model.text_map(text)])
        return [_words(layer, tokens) for layer in self._layers]

    def fuse(self, x: Tensor, words: list[Words]) -> Tensor:
        """What `encode_images` gave, under a sentence: z (B, P', d), as `AdapterModel.fuse` gives it."""
        for number, (layer, keys) in enumerate(zip(self._layers, words, strict=True)):
            x = self._attended(number, x) if number else x
            x = x + _seen(layer, x, keys)
            x += layer.mlp(layer.norm_mlp(x))
        return x

    def _attended(self, number: int, x: Tensor) -> Tensor:
        layer, (weight, bias) = self._layers[number], self._attention_maps[number]
        joined = F.linear(layer.norm_self(x), weight, bias)
        heads = joined.unflatten(-1, (3, layer.self_attention.heads, -1)).permute(2, 0, 3, 1, 4)  # (3, B, H, P', d/H)
        seen = F.scaled_dot_product_attention(*heads.unbind())
        return x + cast(Tensor, layer.self_attention.out(seen.transpose(1, 2).flatten(2)))


def _squares(model: AdapterModel) -> Tensor | None:
    """Pooling as a matrix (places, tokens), into which scales can go; None where nothing is pooled."""
    config = model.config
    each = torch.eye(config.tokens, dtype=model.image_map.linear.weight.dtype)
    return pooled(each[None], config.pool)[0] if config.pool > 1 else None


def _joined_maps(attention: Attention) -> tuple[Tensor, Tensor]:
    """Query, key and value of self-attention as one map."""
    maps = (attention.query, attention.key_value)
    return torch.cat([m.weight for m in maps]), torch.cat([m.bias for m in maps])


def _words(layer: FusionLayer, tokens: Tensor) -> Words:
    attention = layer.cross_attention
    heads = attention.heads
    keys, values = (
        half.unflatten(-1, (heads, -1)).transpose(0, 1)  # (H, T, d/H)
        for half in attention.key_value(layer.norm_text(tokens)).chunk(2, dim=-1)
    )
    keys = keys * keys.shape[-1] ** -0.5
    query = attention.query.weight.unflatten(0, (heads, -1))  # (H, d/H, d)
    bias = keys @ attention.query.bias.unflatten(0, (heads, -1))[..., None]
    out = attention.out.weight.unflatten(1, (heads, -1)).permute(1, 2, 0)  # (H, d/H, d)
    return Words((keys @ query).flatten(0, 1), bias.flatten(0, 1), (values @ out).flatten(0, 1), attention.out.bias)


def _seen(layer: FusionLayer, x: Tensor, words: Words) -> Tensor:
    flat = layer.norm_cross(x).flatten(0, 1)
    logits = torch.addmm(words.bias, words.keys, flat.T)  # tokens last: a softmax along few numbers is slow
    shares = logits.unflatten(0, (layer.cross_attention.heads, -1)).softmax(dim=1).flatten(0, 1)
    return torch.addmm(words.out, shares.T, words.values).view_as(x)
