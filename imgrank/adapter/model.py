"""The ranking-aware adapter on a frozen backbone (Yu, Lin, Yang and Tsai, ICLR 2025), in one file.

Shapes: B images of one query, P image tokens (P' places after pooling, the embedding being one more), L text
tokens, M prompt tokens, width d, H heads, R relational tokens. `fuse` mixes image and sentence, `score` looks at
each image alone, `summarise` and `compare` set images against each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from imgrank.adapter.config import AdapterConfig
from imgrank.adapter.pairs import PairHead, RelationalAttention, Summary
from imgrank.adapter.unfilled import Unfilled
from imgrank.arrays import area_weights
from imgrank.tokens import TextTokens

__all__ = ["AdapterConfig", "AdapterModel", "Scores", "TextBatch", "unfilled_model"]


@dataclass(frozen=True, slots=True)
class TextBatch:
    """Text tokens (Bt, L, D_t) of one sentence for all images (Bt = 1) or of one for each (Bt = B).

    `mask` (Bt, L) is True where a token is real; None means that all are.
    """

    tokens: Tensor
    mask: Tensor | None = None

    @staticmethod
    def of(*sentences: TextTokens) -> TextBatch:
        """Sentences padded to the longest of them."""
        tokens = [torch.from_numpy(np.ascontiguousarray(s.tokens, dtype=np.float32)) for s in sentences]
        padded = nn.utils.rnn.pad_sequence(tokens, batch_first=True)
        lengths = torch.tensor([len(t) for t in tokens])
        mask = torch.arange(padded.shape[1]) < lengths[:, None]
        return TextBatch(padded, None if mask.all() else mask)

    def to(self, device: torch.device | str) -> TextBatch:
        """The same on another device."""
        return TextBatch(self.tokens.to(device), None if self.mask is None else self.mask.to(device))


@dataclass(frozen=True, slots=True)
class Scores:
    """value (B,): standardised for the query, higher is more; relevance (B,): logit of showing its subject."""

    value: Tensor
    relevance: Tensor


class InputMap(nn.Module):
    """A normed linear map into width d that still knows how strong a token was."""

    def __init__(self, source: int, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(source)
        self.linear = nn.Linear(source, width)
        self.strength = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        """(..., source) to (..., d)."""
        rms = torch.linalg.vector_norm(x, dim=-1, keepdim=True) * x.shape[-1] ** -0.5
        return cast(Tensor, self.linear(self.norm(x))) + torch.log1p(rms) * self.strength


class Attention(nn.Module):
    """Multi-head attention of x (B, P, d) to a context (Bt, T, d), Bt = 1 or B."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, context: Tensor, mask: Tensor | None = None) -> Tensor:
        """(B, P, d); `mask` (Bt, T) is True where the context may be seen."""
        shape = x.shape
        if len(context) == 1:  # one context for all: the tokens of all images are queries of one attention
            x = x.reshape(1, -1, shape[-1])
        query = self._split(self.query(x))
        key, value = (self._split(half) for half in self.key_value(context).chunk(2, dim=-1))
        seen = None if mask is None else mask[:, None, None]
        out = F.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        return cast(Tensor, self.out(out.transpose(1, 2).reshape(shape)))

    def _split(self, x: Tensor) -> Tensor:
        return x.reshape(*x.shape[:-1], self.heads, -1).transpose(1, 2)  # (B, T, d) -> (B, H, T, d/H)


class FusionLayer(nn.Module):
    """Image tokens look at each other, then at the sentence, then think: pre-norm, residual."""

    def __init__(self, config: AdapterConfig) -> None:
        super().__init__()
        d = config.width
        self.norm_self, self.norm_cross, self.norm_text, self.norm_mlp = (nn.LayerNorm(d) for _ in range(4))
        self.self_attention = Attention(d, config.heads)
        self.cross_attention = Attention(d, config.heads)
        self.mlp = nn.Sequential(nn.Linear(d, config.mlp_ratio * d), nn.GELU(), nn.Linear(config.mlp_ratio * d, d))
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, text: Tensor, mask: Tensor | None) -> Tensor:
        """x (B, P', d), text (Bt, M + L, d), mask (Bt, M + L) to (B, P', d)."""
        alone = self.norm_self(x)
        x = x + self.dropout(self.self_attention(alone, alone))
        x = x + self.dropout(self.cross_attention(self.norm_cross(x), self.norm_text(text), mask))
        return x + cast(Tensor, self.dropout(self.mlp(self.norm_mlp(x))))


class ScoreHead(nn.Module):
    """A mean says what is seen, a total says how much of it: both readouts feed the head."""

    def __init__(self, config: AdapterConfig) -> None:
        super().__init__()
        self.places = config.places
        self.norm = nn.LayerNorm(config.width)
        self.density = nn.Linear(config.width, config.densities) if config.densities else None
        self.hidden = nn.Linear(config.width + config.densities, config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.out = nn.Linear(config.width, 2)
        # A count is linear in its total: past the hidden layer, so that it goes on beyond the counts trained on.
        self.count = nn.Linear(config.densities, 1, bias=False) if config.densities else None

    def forward(self, z: Tensor, spatial: int) -> Scores:
        """Tokens z (B, P', d), of which the first `spatial` are places in the picture."""
        z = self.norm(z)
        read = z.mean(dim=1)
        total = None
        if self.density is not None:
            total = F.softplus(self.density(z[:, :spatial])).sum(dim=1) / self.places  # (B, densities)
            read = torch.cat([read, total], dim=-1)
        value, relevance = self.out(self.dropout(F.gelu(self.hidden(read)))).unbind(-1)
        if self.count is not None:
            value = value + self.count(total).squeeze(-1)
        return Scores(value, relevance)


class AdapterModel(nn.Module):
    """The adapter: `fuse` once, then `score` each image or `summarise` and `compare` them."""

    def __init__(self, config: AdapterConfig) -> None:
        super().__init__()
        self.config = config
        d = config.width
        self.image_map = InputMap(config.image_width, d)
        self.embedding_map = InputMap(config.embedding_width, d) if config.embedding_width else None
        self.text_map = InputMap(config.text_width, d)
        self.prompts = nn.Parameter(torch.empty(config.prompts, d))
        self.layers = nn.ModuleList(FusionLayer(config) for _ in range(config.layers))
        self.score_head = ScoreHead(config)
        self.apply(_initialise)
        nn.init.normal_(self.prompts)
        self.relations = RelationalAttention(d, config.heads, config.relations)
        self.pair_head = PairHead(d, config.heads, config.pair_hidden)

    def fuse(self, image_tokens: Tensor, embedding: Tensor | None, text: TextBatch) -> Tensor:
        """Tokens (B, P, D_v) and embedding (B, E) under a sentence: z (B, P', d), places first.

        The embedding may be None, and is not looked at, where the config's `embedding_width` is 0.
        """
        x = self.image_map(pooled(image_tokens, self.config.pool))
        if self.embedding_map is not None:
            x = torch.cat([x, self.embedding_map(embedding)[:, None]], dim=1)
        words = self.text_map(text.tokens)  # (Bt, L, d)
        prompts = self.prompts.expand(len(words), -1, -1)
        mask = None if text.mask is None else F.pad(text.mask, (len(self.prompts), 0), value=True)
        for layer in self.layers:
            x = layer(x, torch.cat([prompts, words], dim=1), mask)
        return cast(Tensor, x)

    def score(self, z: Tensor) -> Scores:
        """Value and relevance of each image from its tokens z (B, P', d)."""
        spatial = z.shape[1] - (self.embedding_map is not None)
        return cast(Scores, self.score_head(z, spatial))

    def summarise(self, z: Tensor) -> Summary:
        """What the pair head needs of each image, from its tokens z (B, P', d)."""
        return cast(Summary, self.relations(z))

    def compare(self, a: Summary, b: Summary) -> Tensor:
        """Logits (Na, Nb) of "a stands above b"; compare(b, a) is its negative transpose."""
        return self.pair_head.compare(a, b)

    def parameter_count(self) -> int:
        """How many numbers are trained."""
        return sum(p.numel() for p in self.parameters())


def pooled(tokens: Tensor, pool: int) -> Tensor:
    """Tokens (B, P, D) of a square grid to (B, P / pool^2, D): means over squares of pool x pool, or over areas where
    the side does not divide."""
    if pool == 1:
        return tokens
    whole = isqrt(tokens.shape[1])
    side = whole // pool
    if whole % pool:
        weights = torch.from_numpy(area_weights(whole, side)).to(tokens)
        grid = tokens.unflatten(1, (whole, whole))
        return torch.einsum("bhwd,ih,jw->bijd", grid, weights, weights).flatten(1, 2)
    squares = cast(Tensor, tokens.unflatten(1, (side, pool, side, pool)))
    return squares.mean(dim=2).mean(dim=3).flatten(1, 2)  # both axes at once are several times as slow


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


FILLS = ("uniform_", "normal_", "zero_", "fill_", "constant_", "kaiming_uniform_")


def unfilled_model(config: AdapterConfig) -> AdapterModel:
    """A model of shapes alone, without memory."""
    # On the meta device, filling a tensor would load a second of Python code.
    with torch.device("meta"), Unfilled(*FILLS):
        return AdapterModel(config)
