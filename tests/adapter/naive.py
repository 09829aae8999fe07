"""The published way to compare all pairs, O(N^2 P): the slow reference of `imgrank.adapter.pairs`."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from imgrank.adapter.pairs import PairHead, RelationalAttention


def naive_compare(relations: RelationalAttention, head: PairHead, z: Tensor) -> Tensor:
    """Logits (N, N) from tokens z (N, P, d): one softmax over the joined 2P tokens for every pair."""
    count, places, width = z.shape
    heads = relations.heads
    joined = torch.cat([z[:, None].expand(-1, count, -1, -1), z[None].expand(count, -1, -1, -1)], dim=2)
    keys, values = relations.key_value(relations.norm(joined)).chunk(2, dim=-1)
    keys, values = (t.unflatten(-1, (heads, -1)) for t in (keys, values))  # (N, N, 2P, H, d/H)
    queries = relations.queries.unflatten(-1, (heads, -1))
    logits = torch.einsum("rhd,ijphd->ijrhp", queries, keys) / math.sqrt(width // heads)
    weights = logits.softmax(dim=-1)  # over both images at once
    mine = torch.einsum("ijrhp,ijphd->ijrhd", weights[..., :places], values[:, :, :places])
    yours = torch.einsum("ijrhp,ijphd->ijrhd", weights[..., places:], values[:, :, places:])
    difference = (mine - yours).flatten(3).mean(dim=2)  # (N, N, d), averaged over R

    def perceptron(x: Tensor) -> Tensor:
        return head.last(F.gelu(head.first(x))).squeeze(-1)

    return perceptron(difference) - perceptron(-difference)
