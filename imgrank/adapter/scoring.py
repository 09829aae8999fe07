"""Stored tokens and a sentence to scores, in blocks of one size: a score never depends on who else is asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from imgrank.adapter.files import Adapter
from imgrank.adapter.header import Query
from imgrank.adapter.model import AdapterModel, TextBatch
from imgrank.adapter.pairs import Summary
from imgrank.cores import map_on_cores
from imgrank.tokens import PackedTokens, TextTokens

BLOCK = 256

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ScoredBatch:
    """value (N,) in the query's unit; relevance (N,): probability from 0 to 1 that the query's subject is shown.

    Relevance is 1 for all where the query was trained without. `summary` is what the pair head needs, if asked for.
    """

    value: Floats
    relevance: Floats
    summary: Summary | None = None


def score_tokens(
    adapter: Adapter, packed: PackedTokens, text: TextTokens, query: Query, summarise: bool = False
) -> ScoredBatch:
    """Scores of N stored pictures under one sentence, as one of the adapter's queries."""
    sentence = TextBatch.of(text)
    starts = range(0, max(len(packed), 1), BLOCK)
    parts = map_on_cores(
        lambda at: _score_block(adapter.model, packed[at : at + BLOCK], sentence, query, summarise), starts
    )
    return ScoredBatch(
        value=query.mean + query.scale * np.concatenate([part.value for part in parts]),
        relevance=np.concatenate([part.relevance for part in parts]),
        summary=Summary.cat([part.summary for part in parts if part.summary is not None]) if summarise else None,
    )


@torch.inference_mode()
def _score_block(
    model: AdapterModel, packed: PackedTokens, sentence: TextBatch, query: Query, summarise: bool
) -> ScoredBatch:
    """Standardised values of at most BLOCK pictures."""
    real = len(packed)
    tokens, embedding = _filled(packed)
    ridge = _ridge(query, tokens, embedding)[:real] if query.scorer != "adapter" else np.zeros(real)
    mix = {"adapter": 1.0, "ridge": 0.0, "blend": query.mix}[query.scorer]
    value, relevance, summary = ridge, np.ones(real), None
    if mix or query.relevance or summarise:
        z = model.fuse(tokens, embedding, sentence)
        scores = model.score(z)
        value = mix * scores.value[:real].double().numpy() + (1 - mix) * ridge
        relevance = scores.relevance.double().sigmoid()[:real].numpy() if query.relevance else relevance
        summary = model.summarise(z)[:real] if summarise else None
    return ScoredBatch(value, relevance, summary)


def _filled(packed: PackedTokens) -> tuple[Tensor, Tensor]:
    """tokens (BLOCK, P, D_v) and embedding (BLOCK, E); what is missing of a whole block is zeros."""
    real, shape = len(packed), packed.shape
    tokens, embedding = torch.zeros(BLOCK, shape.tokens, shape.width), torch.zeros(BLOCK, shape.embedding)
    scales = torch.from_numpy(packed.scales.astype(np.float32))[..., None]
    torch.mul(torch.from_numpy(np.ascontiguousarray(packed.quantised)), scales, out=tokens[:real])
    embedding[:real] = torch.from_numpy(packed.embedding.astype(np.float32))
    return tokens, embedding


def _ridge(query: Query, tokens: Tensor, embedding: Tensor) -> Floats:
    assert query.ridge is not None
    weights = torch.from_numpy(query.ridge).double()
    read = torch.cat([tokens.mean(dim=1), embedding], dim=1).double()[:, : len(weights) - 1]
    result: Floats = ((read * weights[:-1]).sum(dim=1) + weights[-1]).numpy()
    return result
