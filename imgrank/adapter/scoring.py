"""Stored tokens and a sentence to scores, in blocks of one size: a score never depends on who else is asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from xxhash import xxh3_128

from imgrank.adapter.files import Adapter
from imgrank.adapter.folded import FoldedModel, Words
from imgrank.adapter.header import Query
from imgrank.adapter.looks import Looks
from imgrank.adapter.pairs import Summary
from imgrank.cores import map_on_cores, on_one_core
from imgrank.errors import AdapterError
from imgrank.paths import printable
from imgrank.tokens import PackedTokens, TextTokens, TokenShape

BLOCK = 128  # what is at work on it stays in a core's own cache

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
    adapter: Adapter,
    packed: PackedTokens,
    text: TextTokens,
    query: Query,
    summarise: bool = False,
    looks: Looks | None = None,
) -> ScoredBatch:
    """Scores of N stored pictures under one sentence, as one of the adapter's queries.

    `looks` remembers the part that no sentence changes, for the next one. Raises AdapterError where the adapter's
    sizes are not those of the tokens.
    """
    _check_sizes(adapter, packed.shape)
    asked = _asked(adapter, text, query, summarise, looks)
    starts = range(0, max(len(packed), 1), BLOCK)
    parts = map_on_cores(lambda at: asked.score(packed[at : at + BLOCK]), starts)
    return ScoredBatch(
        value=query.mean + query.scale * np.concatenate([part.value for part in parts]),
        relevance=np.concatenate([part.relevance for part in parts]),
        summary=Summary.cat([part.summary for part in parts if part.summary is not None]) if summarise else None,
    )


def _check_sizes(adapter: Adapter, shape: TokenShape) -> None:
    config = adapter.header.config
    embedding = config.embedding_width or shape.embedding
    wanted = TokenShape(config.tokens, config.image_width, embedding, shape.moments)
    if wanted != shape:
        raise AdapterError(
            f"The adapter {printable(adapter.header.name)} is for {wanted}, and the pictures' are {shape}: "
            "its file does not tell the truth about its backbone. Train it again."
        )


@torch.inference_mode()
def _asked(adapter: Adapter, text: TextTokens, query: Query, summarise: bool, looks: Looks | None) -> _Asked:
    with on_one_core():  # sums over several would differ in their last bits
        folded = FoldedModel(adapter.model)
        words = folded.words(torch.from_numpy(np.ascontiguousarray(text.tokens, np.float32)))
    return _Asked(folded, words, query, summarise, looks)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question ready to be put to blocks."""

    folded: FoldedModel
    words: list[Words]
    query: Query
    summarise: bool
    looks: Looks | None

    @torch.inference_mode()
    def score(self, packed: PackedTokens) -> ScoredBatch:
        """Standardised values of at most BLOCK pictures."""
        query, real, model = self.query, len(packed), self.folded.model
        block = _Block.of(packed)
        ridge = block.ridge(query)[:real] if query.scorer != "adapter" else np.zeros(real)
        mix = {"adapter": 1.0, "ridge": 0.0, "blend": query.mix}[query.scorer]
        value, relevance, summary = ridge, np.ones(real), None
        if mix or query.relevance or self.summarise:
            z = self.folded.fuse(self._look(block), self.words)
            scores = model.score(z)
            value = mix * scores.value[:real].double().numpy() + (1 - mix) * ridge
            relevance = scores.relevance.double().sigmoid()[:real].numpy() if query.relevance else relevance
            summary = model.summarise(z)[:real] if self.summarise else None
        return ScoredBatch(value, relevance, summary)

    def _look(self, block: _Block) -> Tensor:
        def make() -> Tensor:
            return self.folded.look(block.quantised, block.scales, block.embedding)

        return make() if self.looks is None else self.looks.get(block.key(self.folded.key), make)


@dataclass(frozen=True, slots=True)
class _Block:
    """A whole block as stored; what is missing of it is zeros, with scales of one."""

    packed: PackedTokens

    @staticmethod
    def of(packed: PackedTokens) -> _Block:
        whole, real = PackedTokens.empty(BLOCK, packed.shape), len(packed)
        whole.scales[real:] = 1
        whole.quantised[:real], whole.scales[:real] = packed.quantised, packed.scales
        whole.embedding[:real] = packed.embedding
        return _Block(whole)

    @property
    def quantised(self) -> Tensor:
        """(BLOCK, P, D) float32 whole numbers."""
        return torch.from_numpy(self.packed.quantised[:, : self.packed.shape.tokens]).float()

    @property
    def scales(self) -> Tensor:
        """(BLOCK, P, 1) float32."""
        return torch.from_numpy(self.packed.scales[:, : self.packed.shape.tokens]).float()[..., None]

    @property
    def embedding(self) -> Tensor:
        """(BLOCK, E) float32."""
        return torch.from_numpy(self.packed.embedding).float()

    def key(self, model: bytes) -> bytes:
        """A name for this block as a model sees it."""
        name = xxh3_128(model)
        for part in (self.packed.quantised, self.packed.scales, self.packed.embedding):
            name.update(part.data)
        return name.digest()

    def ridge(self, query: Query) -> Floats:
        """(BLOCK,) what the query's axis says: of the mean token, and of the embedding where it reads that too."""
        assert query.ridge is not None
        axis, width = torch.from_numpy(query.ridge), self.packed.shape.width
        tokens = ((self.quantised @ axis[:width]) * self.scales[..., 0]).mean(dim=1)
        rest = axis[width:-1]
        result: Floats = (tokens + self.embedding[:, : len(rest)] @ rest).double().numpy() + float(axis[-1])
        return result
