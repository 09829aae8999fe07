"""The two readers of what a sentence asks for: which shipped query (linear), and which end of it (transformers)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from torch import nn
from torch.nn import functional as F

from imgrank.scoring.asks import BUCKETS, LONGEST

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
HEADS, LAYERS, WIDTH = 5, 3, 160
MEMBERS = 2  # transformers whose mean tells the end
MEANS, LETTERS = 0.1, 10.0  # how much the penalty holds back weights of means, and of letters


@dataclass(frozen=True)
class Read:
    """Sentences as the readers see them: states (n, LONGEST, 768) of `lengths` (n,) tokens, their means (n, 768),
    letters (n, BUCKETS) and the turn of each query's marks (n, queries)."""

    states: npt.NDArray[np.float16]
    lengths: Ints
    means: npt.NDArray[np.float32]
    letters: csr_matrix
    turns: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Wanted:
    """What is right: the query (n,), 0 for none; the sign of its end (n,), 0 where it does not matter; how much a
    sentence counts (n,)."""

    query: Ints
    end: Ints
    weight: Floats


def fit_queries(read: Read, wanted: Wanted, classes: int, penalty: float) -> dict[str, Floats]:
    """Softmax regression on the means and letters, by L-BFGS."""
    means, letters = read.means.astype(float), read.letters
    hot, share = np.eye(classes)[wanted.query], wanted.weight / wanted.weight.sum()
    shapes = [(means.shape[1], classes), (BUCKETS, classes), (classes,)]
    sizes = np.cumsum([math.prod(shape) for shape in shapes])[:-1]

    def loss(flat: Floats) -> tuple[float, Floats]:
        dense, sparse, bias = (part.reshape(shape) for part, shape in zip(np.split(flat, sizes), shapes, strict=True))
        odds = means @ dense + letters @ sparse + bias
        odds -= odds.max(axis=1, keepdims=True)
        logs = odds - np.log(np.exp(odds).sum(axis=1, keepdims=True))
        wrong = (np.exp(logs) - hot) * share[:, None]
        value = -(hot * logs * share[:, None]).sum()
        value += penalty * (MEANS * (dense**2).sum() + LETTERS * (sparse**2).sum())
        of_means = means.T @ wrong + 2 * penalty * MEANS * dense
        of_letters = letters.T @ wrong + 2 * penalty * LETTERS * sparse
        slopes = (of_means, of_letters, wrong.sum(axis=0))
        return value, np.concatenate([np.asarray(slope).ravel() for slope in slopes])

    start = np.zeros(int(sizes[-1]) + classes)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 80})
    parts = (part.reshape(shape) for part, shape in zip(np.split(found.x, sizes), shapes, strict=True))
    return dict(zip(("query.means", "query.letters", "query.bias"), parts, strict=True))


def clearness(fitted: dict[str, Floats], read: Read) -> tuple[Ints, Floats]:
    """(n,) the likeliest query, 1 and up, and its log odds against everything else."""
    odds = read.means @ fitted["query.means"] + read.letters @ fitted["query.letters"] + fitted["query.bias"]
    odds = np.asarray(odds)
    best = 1 + odds[:, 1:].argmax(axis=1)
    picked = odds[np.arange(len(odds)), best]
    odds[np.arange(len(odds)), best] = -np.inf
    highest = odds.max(axis=1)
    return best, picked - highest - np.log(np.exp(odds - highest[:, None]).sum(axis=1))


class Ends(nn.Module):
    """(n, L, 768) states to (n, queries) log odds that the query's own end is meant."""

    def __init__(self, queries: int, dropout: float) -> None:
        super().__init__()
        self.inp, self.drop = nn.Linear(768, WIDTH), nn.Dropout(dropout)
        self.places = nn.Parameter(torch.randn(LONGEST + 1, WIDTH) * 0.02)
        self.start = nn.Parameter(torch.randn(1, 1, WIDTH) * 0.02)
        layer = nn.TransformerEncoderLayer(
            WIDTH, HEADS, 2 * WIDTH, dropout, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)
        self.norm, self.out = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, queries)
        self.by_marks = nn.Parameter(torch.full((queries,), 0.5))

    def forward(self, states: torch.Tensor, lengths: torch.Tensor, turns: torch.Tensor) -> torch.Tensor:
        read = torch.cat([self.start.expand(len(states), -1, -1), self.inp(self.drop(states))], 1)
        read = read + self.places[: read.shape[1]]
        blank = torch.arange(read.shape[1])[None] > lengths[:, None]
        read = self.layers(read, src_key_padding_mask=blank)[:, 0]
        odds: torch.Tensor = self.out(self.norm(read)) + turns * self.by_marks
        return odds

    def tensors(self, member: int) -> dict[str, torch.Tensor]:
        """As `imgrank.scoring.asks` names them."""
        names = {
            "self_attn.in_proj_weight": "qkv.weight",
            "self_attn.in_proj_bias": "qkv.bias",
            "self_attn.out_proj": "joined",
            "linear1": "up",
            "linear2": "down",
            "layers.layers": "layers",
        }
        found = {}
        for name, tensor in self.state_dict().items():
            for ours, theirs in names.items():
                name = name.replace(ours, theirs)
            found[f"end.{member}.{name}"] = tensor[0] if name == "start" else tensor
        return found


def fit_ends(read: Read, wanted: Wanted, queries: int, epochs: int, members: int = MEMBERS) -> list[Ends]:
    """Transformers that began and drew otherwise."""
    return [_fit_member(read, wanted, queries, epochs, seed) for seed in range(members)]


def _fit_member(read: Read, wanted: Wanted, queries: int, epochs: int, seed: int) -> Ends:
    """AdamW on sentences that ask for something; those that count three times are seen three times."""
    torch.manual_seed(seed)
    model, draw = Ends(queries, dropout=0.2), np.random.default_rng(seed)
    asking = np.flatnonzero((wanted.query > 0) & (wanted.end != 0))
    real = np.repeat(asking, np.floor(wanted.weight[asking]).astype(int))
    made = asking[wanted.weight[asking] < 1]
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3, weight_decay=0.05)
    steps = epochs * math.ceil(len(real) / 64)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-3, steps)
    model.train()
    for _ in range(epochs):
        for some in np.array_split(draw.permutation(real), math.ceil(len(real) / 64)):
            rows = np.concatenate([some, draw.choice(made, len(some))]) if len(made) else some
            turns = torch.tensor(read.turns[rows]) * (torch.rand(len(rows), 1) > 0.3)
            odds = model(*_batch(read, rows), turns)[np.arange(len(rows)), wanted.query[rows] - 1]
            loss = F.softplus(-odds * torch.tensor(wanted.end[rows])).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return model.eval()


@torch.no_grad()
def ends(members: list[Ends], read: Read) -> Floats:
    """(n, queries) mean log odds that the query's own end is meant."""
    chunks = np.array_split(np.arange(len(read.lengths)), math.ceil(len(read.lengths) / 256))
    found = []
    for rows in chunks:
        states, lengths = _batch(read, rows)
        turns = torch.tensor(read.turns[rows])
        found.append(torch.stack([model(states, lengths, turns) for model in members]).mean(0).numpy())
    return np.concatenate(found)


def _batch(read: Read, rows: Ints) -> tuple[torch.Tensor, torch.Tensor]:
    longest = int(read.lengths[rows].max())
    return torch.tensor(read.states[rows, :longest].astype(np.float32)), torch.tensor(read.lengths[rows])


def facts() -> dict[str, Any]:
    """What the file says of the network."""
    return {"heads": HEADS, "layers": LAYERS, "members": MEMBERS}
