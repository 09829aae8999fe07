"""Relational attention in its exact linear form (DESIGN section 2).

Relational tokens attend over the joined tokens of images i and j in one softmax. Nothing tells the two
images apart before that softmax (no slot embedding, no norm over the joined tokens, no dropout), so with
the masses l and means mu of each image alone, token by token and head by head,

    O_i - O_j = sigmoid(l_i - l_j) mu_i - sigmoid(l_j - l_i) mu_j

holds without approximation: an image is summarised once, and a pair costs R x d.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PAIR_BLOCK_NUMBERS = 1 << 22  # hidden numbers at work at once: 16 MiB in float32


@dataclass(frozen=True, slots=True)
class Summary:
    """What relational tokens keep of B images: masses l (B, R, H) and means mu (B, R, d)."""

    masses: Tensor
    means: Tensor

    def __len__(self) -> int:
        return len(self.masses)

    def __getitem__(self, rows: slice | Tensor) -> Summary:
        return Summary(self.masses[rows], self.means[rows])

    @staticmethod
    def cat(parts: list[Summary]) -> Summary:
        """One summary of all images of the parts, in their order."""
        return Summary(torch.cat([p.masses for p in parts]), torch.cat([p.means for p in parts]))


class PairHead(nn.Module):
    """Two summaries to the logit of "a stands above b"; antisymmetric, because it is g(D) - g(-D).

    g is a two-layer perceptron. Its first layer is linear in the means, so it is applied to each image's
    means once instead of to the difference of each pair; its last bias would cancel and does not exist.
    """

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.heads = heads
        self.first = nn.Linear(width, hidden)
        self.last = nn.Linear(hidden, 1, bias=False)
        nn.init.xavier_uniform_(self.first.weight)
        # gelu(u) - gelu(-u) = u: with biases of zero the head would start out linear.
        nn.init.uniform_(self.first.bias, -1, 1)
        nn.init.normal_(self.last.weight, std=hidden**-0.5)

    def compare(self, a: Summary, b: Summary) -> Tensor:
        """Logits (Na, Nb), in blocks of bounded memory."""
        step_b = min(len(b), 1024)
        step_a = max(1, PAIR_BLOCK_NUMBERS // (step_b * self.first.out_features))
        columns = [b[start : start + step_b] for start in range(0, len(b), step_b)]
        rows = []
        for start in range(0, len(a), step_a):
            row = a[start : start + step_a]
            rows.append(torch.cat([self.logits(self.difference(row, column)) for column in columns], dim=1))
        return torch.cat(rows)

    def pairs(self, a: Summary, b: Summary) -> Tensor:
        """Logits (N,) of pair n = (a[n], b[n]): as `compare`, along its diagonal."""
        win = torch.sigmoid(a.masses - b.masses).flatten(1)[:, None]  # (N, 1, RH)
        mine, yours = self._hidden_means(a), self._hidden_means(b)
        return self.logits((win @ (mine + yours))[:, 0] - yours.sum(1))

    def difference(self, a: Summary, b: Summary) -> Tensor:
        """(Na, Nb, hidden): the first layer, without its bias, of O_a - O_b averaged over R."""
        win = torch.sigmoid(a.masses[:, None] - b.masses[None]).flatten(2)  # (Na, Nb, RH)
        mine, yours = self._hidden_means(a), self._hidden_means(b)  # (N, RH, hidden)
        lost = torch.einsum("abk,bkf->abf", 1 - win, yours)
        return win @ mine - lost

    def logits(self, hidden: Tensor) -> Tensor:
        """(..., hidden) differences to (...) logits."""
        bias = self.first.bias
        return cast(Tensor, self.last(F.gelu(bias + hidden) - F.gelu(bias - hidden))).squeeze(-1)

    def _hidden_means(self, summary: Summary) -> Tensor:
        relations = summary.means.shape[1]
        means = _split(summary.means, self.heads)  # (N, R, H, d/H)
        weight = _split(self.first.weight, self.heads) / relations  # (hidden, H, d/H)
        return torch.einsum("nrhd,fhd->nrhf", means, weight).flatten(1, 2)


class RelationalAttention(nn.Module):
    """R learnable tokens look at the tokens of one image; what they see is its `Summary`."""

    def __init__(self, width: int, heads: int, relations: int) -> None:
        super().__init__()
        self.heads = heads
        self.queries = nn.Parameter(torch.empty(relations, width))
        self.norm = nn.LayerNorm(width)
        self.key_value = nn.Linear(width, 2 * width, bias=False)
        nn.init.normal_(self.queries)
        nn.init.xavier_uniform_(self.key_value.weight)

    def forward(self, z: Tensor) -> Summary:
        """Tokens z (B, P, d) to their summary."""
        width = self.queries.shape[-1] // self.heads
        keys, values = (_split(half, self.heads) for half in self.key_value(self.norm(z)).chunk(2, dim=-1))
        queries = _split(self.queries, self.heads) * width**-0.5
        logits = torch.einsum("rhd,bphd->brhp", queries, keys)
        means = torch.einsum("brhp,bphd->brhd", logits.softmax(-1), values)
        return Summary(logits.logsumexp(-1), means.flatten(2))


def _split(x: Tensor, heads: int) -> Tensor:
    return x.reshape(*x.shape[:-1], heads, -1)  # (..., d) -> (..., H, d/H)
