"""What whoever answers in `sort`, and the sentence alone, say about the pictures of one query."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
import torch

from imgrank.adapter.answering import score_tokens
from imgrank.adapter.files import Adapter
from imgrank.adapter.pairs import Summary
from imgrank.adapter.refine import refine
from imgrank.adapter.registry import Shelf
from imgrank.arrays import Floats
from imgrank.detail.measure import Detail
from imgrank.detail.qualities import AskedQuality
from imgrank.learning.dataset import BackboneFacts, Dataset, TokenSource
from imgrank.learning.task import Rows, TaskRows
from imgrank.paths import printable
from imgrank.records import Progress
from imgrank.scoring.asking import Settled
from imgrank.scoring.choosing import Choice
from imgrank.scoring.detail import DetailScorer
from imgrank.scoring.one_sentence import adapter_scorer
from imgrank.scoring.question import Question
from imgrank.scoring.scorers import Resources
from imgrank.scoring.similarity import text_axis
from imgrank.tokens import PackedTokens, TextTokens

MEASURED = '"{}" is answered as sort answers it: by {}, measured at full size'
NOT_MEASURED = (
    '"{}" is answered from small copies of the images here; sort measures {} at full size where image files are named '
    "that can be read"
)


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

    quality = None

    @property
    def name(self) -> str:
        """The adapter's."""
        return self.adapter.name

    @property
    def unit(self) -> str | None:
        """The unit of values; the other end of a scale has none."""
        return self.choice.query.unit if self.has_unit else None

    @property
    def has_unit(self) -> bool:
        """Whether values are those of labels; the other end of a scale has an order alone."""
        return not self.choice.reversed

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


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredQuality:
    """A quality of the photograph in place of an adapter: what is measured of pictures at their full size answers."""

    asked: AskedQuality
    name = unit = None
    has_unit = False

    @property
    def quality(self) -> str:
        """What is measured, in words."""
        return self.asked.quality.value

    def __call__(self, packed: PackedTokens) -> AdapterScores:
        """Scores as `sort` gives them, of tokens that come with their detail."""
        scored = DetailScorer(Question(""), self.asked).open(Resources())(packed)
        return AdapterScores(scored.scores, None, None)

    def chances(self, scored: AdapterScores, left: Rows, right: Rows) -> Floats | None:
        """No pair head knows any."""
        return None


@runtime_checkable
class Measures(Protocol):
    """A source of tokens that measures pictures at their full size, too: a `Ranker`."""

    def detail_of(self, files: Sequence[str], *, progress: Callable[[Progress], None] = ...) -> Detail: ...


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for an adapter: what `Settled` must know of a ranker."""

    source: TokenSource
    adapter: str

    @property
    def backbone(self) -> BackboneFacts:
        return self.source.backbone

    def sentence(self, text: str) -> TextTokens:
        return self.source.sentence(text)


@dataclass(frozen=True, slots=True, eq=False)
class WhoAnswers:
    """For each task of a dataset who would answer it in `sort`, or None; the dataset with all that these read; `notes`
    for the user."""

    dataset: Dataset
    each: tuple[Answering | MeasuredQuality | None, ...]
    notes: tuple[str, ...] = ()


def who_answers_each(
    dataset: Dataset, source: TokenSource, adapter: str, progress: Callable[[Progress], None] = lambda _: None
) -> WhoAnswers:
    """`adapter` is a name, a file, `auto` or `none`.

    A task's phrasings mean one thing: the first of them that finds anybody decides. Raises AdapterError.
    """
    asker, shelf = Asker(source, adapter), Shelf()
    settled = [_first_answered(rows.task.phrasings, asker) for rows in dataset.tasks]
    wanted = any(one is not None and one.quality is not None for one in settled)
    detail = _detail_of(dataset, source, progress) if wanted else None
    notes = []

    def answering(rows: TaskRows, found: Settled | None) -> Answering | MeasuredQuality | None:
        quality = None if found is None else found.quality
        if quality is not None:
            told = NOT_MEASURED if detail is None else MEASURED
            notes.append(told.format(printable(rows.query), quality.quality.value))
        if quality is not None and detail is not None:
            return MeasuredQuality(quality)
        if found is None or found.choice is None:
            return None
        text = adapter_scorer(found.question, found.choice, source.sentence).text
        return Answering(shelf.load(found.choice.adapter, source.backbone.fingerprint), found.choice, text)

    each = tuple(map(answering, dataset.tasks, settled))
    read = dataset if detail is None else replace(dataset, packed=replace(dataset.packed, detail=detail))
    return WhoAnswers(read, each, tuple(notes))


def _first_answered(phrasings: Sequence[str], asker: Asker) -> Settled | None:
    each = (Settled(Question(phrasing), asker) for phrasing in phrasings)
    return next((one for one in each if one.quality is not None or one.choice is not None), None)


def _detail_of(dataset: Dataset, source: TokenSource, progress: Callable[[Progress], None]) -> Detail | None:
    """Detail of all pictures, row for row; None where it cannot be measured of each."""
    if not isinstance(source, Measures):
        return None
    detail = source.detail_of([file.path for file in dataset.files], progress=progress)
    return detail if np.isfinite(detail).all() else None


def zero_shot(rows: TaskRows, packed: PackedTokens, sentence: Callable[[str], TextTokens]) -> Floats:
    """(N,) scores of the query's first phrasing without any training; they have no unit."""
    return text_axis(rows.query, None, sentence)(packed).scores
