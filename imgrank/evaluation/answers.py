"""What an adapter, and the sentence alone, say about the pictures of one query."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from imgrank.adapter.files import Adapter, load
from imgrank.adapter.header import AdapterHeader, Query
from imgrank.adapter.pairs import Summary
from imgrank.adapter.refine import refine
from imgrank.adapter.registry import choose, find_adapter, installed_adapters
from imgrank.adapter.scoring import score_tokens
from imgrank.adapter.zero_shot import text_axis, zero_shot_scores
from imgrank.evaluation.dataset import Rows, TaskRows
from imgrank.tokens import PackedTokens, TextTokens

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class AdapterScores:
    """Of N pictures: `value` (N,) in the query's unit; `strength` (N,) by pairwise comparison, higher is more.

    `summary` is what the pair head keeps of them.
    """

    value: Floats
    strength: Floats
    summary: Summary


@dataclass(frozen=True, slots=True, eq=False)
class Answering:
    """The adapter and its query that answer a task."""

    adapter: Adapter
    query: Query

    def __call__(self, packed: PackedTokens, text: TextTokens) -> AdapterScores:
        """Scores, and the pairwise order as strengths."""
        scored = score_tokens(self.adapter, packed, text, self.query, summarise=True)
        assert scored.summary is not None
        by_score = np.argsort(-scored.value, kind="stable")
        strength = refine(scored.summary, by_score, self.adapter.model.pair_head).strength
        return AdapterScores(scored.value, strength, scored.summary)

    @torch.inference_mode()
    def chances(self, scored: AdapterScores, left: Rows, right: Rows) -> Floats:
        """(M,) probability, by the pair head, that picture left[m] stands above right[m]."""
        one, other = (scored.summary[torch.from_numpy(side)] for side in (left, right))
        chances: Floats = self.adapter.model.pair_head.pairs(one, other).double().sigmoid().numpy()
        return chances


def candidates(adapter: str, fingerprint: str) -> tuple[AdapterHeader, ...]:
    """Headers of the adapters that may answer: the one of that name or file, all for `auto`, nobody for `none`."""
    if adapter == "none":
        return ()
    if adapter != "auto":
        return (find_adapter(adapter),)
    return tuple(header for header in installed_adapters().adapters if header.fingerprint == fingerprint)


def who_answers(
    rows: TaskRows,
    headers: Sequence[AdapterHeader],
    fingerprint: str,
    loaded: Callable[[AdapterHeader], Adapter],
    threshold: float | None = None,
) -> Answering | None:
    """The query of the same words, or else the nearest one by its sentence; None where none is near enough.

    `threshold` is the cosine that is near enough, each adapter's own where it is None.
    """
    for header in headers:
        for phrasing in rows.task.phrasings:
            query = header.query(phrasing)
            if query is not None:
                return Answering(loaded(header), query)
    choice = choose(rows.texts[0].embedding, headers, fingerprint, threshold=threshold)
    if choice is None or choice.reversed:
        return None
    return Answering(loaded(choice.adapter), choice.query)


def load_once(fingerprint: str) -> Callable[[AdapterHeader], Adapter]:
    """A loader that reads each adapter file once."""
    known: dict[str, Adapter] = {}

    def loaded(header: AdapterHeader) -> Adapter:
        assert header.path is not None
        if header.name not in known:
            known[header.name] = load(header.path, fingerprint)
        return known[header.name]

    return loaded


def zero_shot(rows: TaskRows, packed: PackedTokens, sentence: Callable[[str], TextTokens]) -> Floats:
    """(N,) scores of the query's first phrasing without any training; they have no unit."""
    return zero_shot_scores(packed, text_axis(rows.query, None, sentence))
