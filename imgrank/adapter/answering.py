"""Stored tokens and a sentence to scores, in blocks of one size: a score never depends on who else is asked."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from xxhash import xxh3_128

from imgrank.adapter.activation_cache import ActivationCache
from imgrank.adapter.closed import ClosedForm, RowShape, moments_of, place_weights
from imgrank.adapter.files import Adapter
from imgrank.adapter.folded import FoldedModel, Words
from imgrank.adapter.header import Query
from imgrank.adapter.pairs import Summary
from imgrank.adapter.subject import NEAREST, SOFTNESS, Subject, unit_rows
from imgrank.arrays import Floats
from imgrank.errors import AdapterError
from imgrank.parallel import map_on_cores, on_one_core
from imgrank.paths import printable
from imgrank.tokens import PackedTokens, TextTokens, TokenShape

BLOCK = 128  # what is at work on it stays in a core's own cache


@dataclass(frozen=True, slots=True, eq=False)
class ScoredBatch:
    """value (N,) in the query's unit; relevance (N,): probability from 0 to 1 that the query's subject is shown.

    Relevance is 1 for all where the query knows of no subject. `summary` is what the pair head needs, if asked for.
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
    activations: ActivationCache | None = None,
) -> ScoredBatch:
    """Scores of N stored pictures under one sentence, as one of the adapter's queries.

    `activations` remembers the part that no sentence changes, for the next one. Raises AdapterError where the adapter's
    sizes are not those of the tokens.
    """
    _check_sizes(adapter, query, packed.shape)
    asked = _asked(adapter, text, query, summarise, activations)
    starts = range(0, max(len(packed), 1), BLOCK)
    parts = map_on_cores(lambda at: asked.score(packed[at : at + BLOCK]), starts)
    return ScoredBatch(
        value=query.mean + query.scale * np.concatenate([part.value for part in parts]),
        relevance=np.concatenate([part.relevance for part in parts]),
        summary=Summary.cat([part.summary for part in parts if part.summary is not None]) if summarise else None,
    )


@torch.inference_mode()
def closed_values(form: ClosedForm, packed: PackedTokens) -> Floats:
    """(N,) standardised values of N stored pictures in closed form."""
    closed = _Closed.of(form)

    def block(at: int) -> Floats:
        part = packed[at : at + BLOCK]
        return closed(_Block.of(part))[: len(part)]

    return np.concatenate(map_on_cores(block, range(0, max(len(packed), 1), BLOCK)))


@torch.inference_mode()
def shows(subject: Subject, packed: PackedTokens) -> Floats:
    """(N,) probabilities that N stored pictures are of a subject's kind."""
    known = _Known.of(subject)

    def block(at: int) -> Floats:
        part = packed[at : at + BLOCK]
        return known(_Block.of(part))[: len(part)]

    return np.concatenate(map_on_cores(block, range(0, max(len(packed), 1), BLOCK)))


def _check_sizes(adapter: Adapter, query: Query, shape: TokenShape) -> None:
    config = adapter.header.config
    embedding = config.embedding_width or shape.embedding
    moments = shape.moments if query.closed is None else query.closed.shape.stored
    wanted = TokenShape(config.tokens, config.image_width, embedding, moments)
    if wanted != shape:
        raise AdapterError(
            f"The ranker {printable(adapter.header.name)} is for {wanted}, and the images' are {shape}: "
            "so its file names the wrong backbone. Train it again."
        )


@torch.inference_mode()
def _asked(
    adapter: Adapter, text: TextTokens, query: Query, summarise: bool, activations: ActivationCache | None
) -> _Asked:
    """The model is made ready only where it has a say."""
    closed = None if query.closed is None or query.scorer == "adapter" else _Closed.of(query.closed)
    subject = None if query.subject is None else _Known.of(query.subject)
    if not (model_share(query) or query.relevance or summarise):
        return _Asked(None, closed, subject, query, summarise)
    if adapter.model is None:
        raise AdapterError(f"The ranker {printable(adapter.header.name)} has no network that could compare images.")
    with on_one_core():  # sums over several would differ in their last bits
        folded = FoldedModel(adapter.model)
        words = folded.words(torch.from_numpy(np.ascontiguousarray(text.tokens, np.float32)))
    return _Asked(_Network(folded, words, activations), closed, subject, query, summarise)


def model_share(query: Query) -> float:
    """How much of a query's value is the model's, from 0 to 1."""
    return {"adapter": 1.0, "ridge": 0.0, "blend": query.blend_weight}[query.scorer]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question ready to be put to blocks."""

    network: _Network | None
    closed: _Closed | None
    subject: _Known | None
    query: Query
    summarise: bool

    @torch.inference_mode()
    def score(self, packed: PackedTokens) -> ScoredBatch:
        """Standardised values of at most BLOCK pictures."""
        query, real, share = self.query, len(packed), model_share(self.query)
        block = _Block.of(packed)
        value = self._plain(block)[:real] if share < 1 else np.zeros(real)
        relevance = np.ones(real) if self.subject is None else self.subject(block)[:real]
        if self.network is None:
            return ScoredBatch(value, relevance)
        model = self.network.folded.model
        z = self.network.fuse(block)
        scores = model.score(z)
        if query.relevance:
            relevance = relevance * scores.relevance.double().sigmoid()[:real].numpy()
        return ScoredBatch(
            value=share * scores.value[:real].double().numpy() + (1 - share) * value,
            relevance=relevance,
            summary=model.summarise(z)[:real] if self.summarise else None,
        )

    def _plain(self, block: _Block) -> Floats:
        return block.ridge(self.query) if self.closed is None else self.closed(block)


@dataclass(frozen=True, slots=True)
class _Network:
    """A model under a sentence."""

    folded: FoldedModel
    words: list[Words]
    activations: ActivationCache | None

    def fuse(self, block: _Block) -> Tensor:
        """What the model sees in a block, under the sentence."""

        def make() -> Tensor:
            return self.folded.encode_images(block.quantised, block.scales, block.embedding)

        images = make() if self.activations is None else self.activations.get(block.key(self.folded.key), make)
        return self.folded.fuse(images, self.words)


@dataclass(frozen=True, slots=True)
class _Closed:
    """A closed form ready to be put to blocks: all that is linear in a row, (F, 1 + r), is one product."""

    shape: RowShape
    maps: Tensor
    bias: float
    landmarks: Tensor | None
    heights: Tensor | None

    @staticmethod
    def of(form: ClosedForm) -> _Closed:
        maps, kernel = torch.from_numpy(form.linear[:-1, None]), form.kernel
        bias = float(form.linear[-1])
        if kernel is None:
            return _Closed(form.shape, maps, bias, None, None)
        landmarks, heights = torch.from_numpy(kernel.landmarks), torch.from_numpy(kernel.heights)
        return _Closed(form.shape, torch.cat([maps, torch.from_numpy(kernel.scaled())], 1), bias, landmarks, heights)

    def __call__(self, block: _Block) -> Floats:
        """(BLOCK,) standardised values."""
        along = block.rows(self.shape) @ self.maps
        value = along[:, 0]
        if self.landmarks is not None and self.heights is not None:
            # Differences before squares: expanded, the square would lose the digits that tell neighbours apart.
            apart = torch.cdist(along[:, 1:], self.landmarks, compute_mode="donot_use_mm_for_euclid_dist")
            value = value + apart.square_().neg_().exp_() @ self.heights
        result: Floats = value.double().numpy() + self.bias
        return result


@dataclass(frozen=True, slots=True)
class _Known:
    """A subject ready to be put to blocks: the pictures it knows (L, E) float64."""

    pictures: Tensor
    limit: float

    @staticmethod
    def of(subject: Subject) -> _Known:
        return _Known(torch.from_numpy(unit_rows(subject.known)), subject.limit)

    def __call__(self, block: _Block) -> Floats:
        """(BLOCK,) probabilities that the subject is shown."""
        similarity = torch.from_numpy(unit_rows(block.packed.embedding)) @ self.pictures.T
        far = 2 - 2 * similarity.topk(NEAREST, dim=1).values.mean(dim=1)
        result: Floats = ((math.log(self.limit) - far.clamp(min=1e-9).log()) / SOFTNESS).sigmoid().numpy()
        return result


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

    def rows(self, shape: RowShape) -> Tensor:
        """(BLOCK, F) float32: whole rows, as closed forms read them."""
        moments = torch.from_numpy(moments_of(self.packed))
        places, weights = self.quantised * self.scales, place_weights(self.packed.shape.tokens)
        if weights is not None:
            places = torch.from_numpy(weights) @ places
        return torch.cat([places.flatten(1), moments, self.embedding[:, : shape.embedding]], dim=1)

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
