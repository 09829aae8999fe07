"""What an adapter, and the sentence alone, say about the pictures of one query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from imgrank.adapter.answering import score_tokens
from imgrank.adapter.files import Adapter
from imgrank.adapter.pairs import Summary
from imgrank.adapter.refine import refine
from imgrank.adapter.registry import Shelf
from imgrank.arrays import Floats
from imgrank.learning.dataset import Dataset, TokenSource
from imgrank.learning.task import Rows, TaskRows
from imgrank.scoring.asking import adapter_scorer
from imgrank.scoring.choosing import Candidates, Choice, who_answers
from imgrank.scoring.question import Question
from imgrank.scoring.similarity import text_axis
from imgrank.tokens import PackedTokens, TextTokens


@dataclass(frozen=True, slots=True, eq=False)
class AdapterScores:
    """Of N pictures: `value` (N,) in the query's unit; `strength` (N,) by pairwise comparison, higher is more.

    `summary` is what the pair head keeps of them. Both are None where an adapter has no model that compares.
    """

    value: Floats
    strength: Floats | None
    summary: Summary | None


@dataclass(frozen=True, slots=True, eq=False)
class Answering:
    """The adapter, its query and the words by which they answer a task."""

    adapter: Adapter
    choice: Choice
    text: TextTokens

    @property
    def unit(self) -> str | None:
        """The unit of values; the other end of a scale has none."""
        return None if self.choice.reversed else self.choice.query.unit

    @property
    def _turn(self) -> float:
        return -1.0 if self.choice.reversed else 1.0

    def __call__(self, packed: PackedTokens) -> AdapterScores:
        """Scores, and the pairwise order as strengths."""
        model = self.adapter.model
        scored = score_tokens(self.adapter, packed, self.text, self.choice.query, summarise=model is not None)
        if model is None or scored.summary is None:
            return AdapterScores(self._turn * scored.value, None, None)
        by_score = np.argsort(-scored.value, kind="stable")
        strength = refine(scored.summary, by_score, model.pair_head).strength
        return AdapterScores(self._turn * scored.value, self._turn * strength, scored.summary)

    @torch.inference_mode()
    def chances(self, scored: AdapterScores, left: Rows, right: Rows) -> Floats | None:
        """(M,) probability, by the pair head, that picture left[m] stands above right[m]."""
        if scored.summary is None or self.adapter.model is None:
            return None
        one, other = (scored.summary[torch.from_numpy(side)] for side in (left, right))
        chances: Floats = (self._turn * self.adapter.model.pair_head.pairs(one, other).double()).sigmoid().numpy()
        return chances


def who_answers_each(dataset: Dataset, source: TokenSource, adapter: str) -> list[Answering | None]:
    """For each task who would answer it in `sort`: `adapter` is a name, a file, `auto` or `none`.

    A task's phrasings mean one thing: the first of them that finds a query decides. Raises AdapterError.
    """
    backbone, shelf = source.backbone, Shelf()
    candidates = Candidates.of(adapter, backbone.name, backbone.fingerprint)

    def answering(rows: TaskRows) -> Answering | None:
        for phrasing in rows.task.phrasings:
            choice = who_answers(phrasing, candidates, source.sentence)
            if choice is not None:
                scorer = adapter_scorer(Question(phrasing), choice, source.sentence)
                return Answering(shelf.load(choice.adapter, backbone.fingerprint), choice, scorer.text)
        return None

    return [answering(rows) for rows in dataset.tasks]


def zero_shot(rows: TaskRows, packed: PackedTokens, sentence: Callable[[str], TextTokens]) -> Floats:
    """(N,) scores of the query's first phrasing without any training; they have no unit."""
    return text_axis(rows.query, None, sentence)(packed).scores
