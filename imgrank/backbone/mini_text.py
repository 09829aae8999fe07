"""The text tower of `mini`: MiniLM (all-MiniLM-L6-v2, a six-layer BERT) in plain torch.

Recipes are made with it, and `mini_sentences.py` does the same sums without torch. It is here, and not
open_clip's own text transformer, because BERT normalises after each residual sum and open_clip before it; open_clip
can hold it only through `transformers`. Tensor names are those of the published file.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F


@dataclass(frozen=True)
class TextConfig:
    """Sizes of the BERT: width, heads, layers, vocabulary and the longest sentence in tokens."""

    width: int = 384
    heads: int = 12
    layers: int = 6
    mlp: int = 1536
    vocabulary: int = 30522
    positions: int = 128
    norm_eps: float = 1e-12


class Linear(nn.Linear):
    """Left as memory was until weights are loaded: random numbers would take longer than a sentence does."""

    def reset_parameters(self) -> None:
        """Nothing."""


class WordTable(nn.Module):
    """Word embeddings as int8 rows with one float scale each; looked up, never trained."""

    def __init__(self, rows: int, width: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(rows, width, dtype=torch.int8))
        self.register_buffer("scale", torch.zeros(rows))

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """(N, L) ids to (N, L, width)."""
        weight, scale = self.get_buffer("weight"), self.get_buffer("scale")
        return weight[ids].to(scale.dtype) * scale[ids].unsqueeze(-1)


class TextLayer(nn.Module):
    """One post-norm transformer layer of BERT."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.qkv = Linear(config.width, 3 * config.width)
        self.out = Linear(config.width, config.width)
        self.attention_norm = nn.LayerNorm(config.width, eps=config.norm_eps)
        self.up = Linear(config.width, config.mlp)
        self.down = Linear(config.mlp, config.width)
        self.mlp_norm = nn.LayerNorm(config.width, eps=config.norm_eps)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """x (N, L, width); mask (N, L), True where a token stands."""
        n, length, width = x.shape
        q, k, v = self.qkv(x).view(n, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None, :])
        x = self.attention_norm(x + self.out(attended.transpose(1, 2).reshape(n, length, width)))
        normed: torch.Tensor = self.mlp_norm(x + self.down(F.gelu(self.up(x))))
        return normed


class MiniTextTower(nn.Module):
    """Sentences, as token ids, to token states and to one sentence vector (the mean over its tokens)."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.config = config
        self.words = WordTable(config.vocabulary, config.width)
        self.positions = nn.Parameter(torch.zeros(config.positions, config.width))
        self.embedding_norm = nn.LayerNorm(config.width, eps=config.norm_eps)
        self.layers = nn.ModuleList(TextLayer(config) for _ in range(config.layers))

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """ids and mask (N, L) to states (N, L, width) and sentence vectors (N, width) of unit length."""
        x = self.embedding_norm(self.words(ids) + self.positions[: ids.shape[1]])
        for layer in self.layers:
            x = layer(x, mask)
        weights = mask.unsqueeze(-1).to(x.dtype)
        return x, F.normalize((x * weights).sum(1) / weights.sum(1), dim=-1)


def convert_bert(
    published: dict[str, torch.Tensor], config: TextConfig, kept_rows: torch.Tensor
) -> dict[str, torch.Tensor]:
    """The published BERT tensors under this tower's names; `kept_rows` picks the vocabulary that stays."""
    words = published["embeddings.word_embeddings.weight"][kept_rows]
    # Every token has type 0, so that row joins the positions.
    positions = published["embeddings.position_embeddings.weight"][: config.positions]
    state = {
        "words.scale": words.abs().amax(1) / 127,
        "positions": positions + published["embeddings.token_type_embeddings.weight"][0],
        "embedding_norm.weight": published["embeddings.LayerNorm.weight"],
        "embedding_norm.bias": published["embeddings.LayerNorm.bias"],
    }
    state["words.weight"] = (words / state["words.scale"].unsqueeze(1)).round().to(torch.int8)
    for number in range(config.layers):
        theirs, ours = f"encoder.layer.{number}.", f"layers.{number}."
        for kind in ("weight", "bias"):
            parts = [published[f"{theirs}attention.self.{name}.{kind}"] for name in ("query", "key", "value")]
            state[f"{ours}qkv.{kind}"] = torch.cat(parts)
            for name, source in _LAYER_NAMES.items():
                state[f"{ours}{name}.{kind}"] = published[f"{theirs}{source}.{kind}"]
    return state


_LAYER_NAMES = {
    "out": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "mlp_norm": "output.LayerNorm",
}


class SentenceHead(nn.Module):
    """A sentence vector to its place in the space of image embeddings: a learned correction of the published one."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.text_map = nn.Parameter(torch.zeros(width, width))

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """(N, width) of unit length to (N, width) of unit length."""
        return F.normalize(vectors + vectors @ self.text_map, dim=-1)
