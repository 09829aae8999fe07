"""The scorer with a trained adapter, by the query of it that was chosen."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from imgrank.adapter.activation_cache import ActivationCache
from imgrank.adapter.registry import version_of
from imgrank.arrays import Flags, Floats
from imgrank.counting import counted
from imgrank.paths import printable
from imgrank.records import Doubt
from imgrank.rounding import rounded
from imgrank.scoring.choosing import Choice
from imgrank.scoring.negation import negation_of
from imgrank.scoring.phrasings import phrasings_of
from imgrank.scoring.question import Answer, Evidence, Question, Scored, Verdict
from imgrank.scoring.scorers import (
    RELEVANT_FROM,
    SUBJECT_OF_SENTENCE,
    Places,
    Resources,
    Score,
    joined_answer,
    lacking,
)
from imgrank.tokens import Packed, Reads, TextTokens, TokenShape, whole

if TYPE_CHECKING:
    from imgrank.adapter.files import Adapter
    from imgrank.adapter.pairs import Summary

NOT_YET_ONE = 0.5  # the most that is counted where the subject is lacking, which leaves these an order
HARDLY_ANY = 0.005  # of pictures: about as many strangers may seem to show a subject


@dataclass(frozen=True, slots=True, eq=False)
class AdapterScorer:
    """A trained adapter, by the query that was chosen; `keeps_all` where what lacks the subject has none of it."""

    question: Question
    choice: Choice
    text: TextTokens
    keeps_all: bool = False
    notes: tuple[str, ...] = ()
    understood: bool = True

    @property
    def scale(self) -> float:
        """The query's."""
        return self.choice.query.scale

    @property
    def presence(self) -> float:
        """Of what the query counts; all else that is trained is a scale."""
        return self._turn if phrasings_of(self.choice.query.phrasings).things else 0.0

    @property
    def depends_on(self) -> Hashable:
        """The file as it stands, and what it is asked."""
        said = self.choice.query.name, self.choice.words, self.choice.reversed, self.keeps_all
        return "adapter", self.choice.adapter.path, version_of(self.choice.adapter.path or Path()), said

    @property
    def adapter_files(self) -> tuple[Path, ...]:
        """The adapter."""
        return () if self.choice.adapter.path is None else (self.choice.adapter.path,)

    def with_adapter_files(self, paths: Sequence[Path]) -> AdapterScorer:
        """The same adapter, in another place."""
        (path,) = paths
        return replace(self, choice=replace(self.choice, adapter=replace(self.choice.adapter, path=path)))

    def reads(self, shape: TokenShape) -> Reads:
        """All."""
        return Reads()

    def open(self, resources: Resources) -> Score:
        """Values in the query's unit, turned around where the other end was asked for."""
        adapter = self._loaded(resources)
        return lambda packed: self._score(adapter, resources.activations, packed)

    def conclude(self, parts: Sequence[Scored], resources: Resources, places: Places = None) -> Answer:
        """Scores as they are, or, where `refine` was asked for, dealt out in the order that pairs settle."""
        whole = joined_answer(parts, self.verdict)
        if not self._refines:
            return whole
        summaries = [part.summary for part in parts if part.summary is not None]
        values = self._turn * _refined(self._turn * whole.scores, summaries, self._loaded(resources), places)
        return replace(whole, scores=values + 0.0)  # no negative zero

    def verdict(self, evidence: Evidence) -> Verdict:
        """Whether pictures show the subject, and more of them than chance would have."""
        sure = 1.0 if self.keeps_all else _shown_at_all(evidence)
        sure = 0.0 if not self.understood or (evidence.none_fits and negation_of(self.question.sentence)) else sure
        return Verdict(
            scorer="adapter",
            adapter=self.choice.adapter.name,
            unit=None if self.choice.reversed else self.choice.query.unit,
            confident=sure >= RELEVANT_FROM,
            confidence=sure,
            asked=self.choice.asked,
            notes=self.notes + _notes(self.choice, evidence, self.question.refine),
            doubt=Doubt.absent if self.understood else Doubt.unread,
        )

    @property
    def _refines(self) -> bool:
        """Whether pairs are asked for, and compared by anything."""
        return self.question.refine and self.choice.adapter.has_model

    @property
    def _turn(self) -> float:
        return -1.0 if self.choice.reversed else 1.0

    def _loaded(self, resources: Resources) -> Adapter:
        return resources.shelf.load(self.choice.adapter, self.choice.adapter.fingerprint)

    def _score(self, adapter: Adapter, activations: ActivationCache | None, packed: Packed) -> Scored:
        from imgrank.adapter.answering import score_tokens

        part = score_tokens(adapter, whole(packed), self.text, self.choice.query, self._refines, activations)
        value, shown = part.value, rounded(part.relevance)
        relevant = shown >= RELEVANT_FROM
        if self.keeps_all and self.choice.query.unit:  # what shows no dog has none, however much it looks like two
            value = np.where(relevant, value, np.minimum(value, NOT_YET_ONE))
        fits = self._fits(value, relevant)
        relevant = relevant | self.keeps_all
        evidence = Evidence.of(shown, relevant, fits)
        return Scored(rounded(self._turn * value, self.scale), relevant, evidence, part.summary, fits)

    def _fits(self, value: Floats, shows: Flags) -> Flags | None:
        """Whether pictures show the subject; of the fewest, and of none, whether they show less than half of one."""
        if not self.keeps_all:
            return shows
        counts: Flags | None = value <= NOT_YET_ONE if self.choice.query.unit else None
        return counts


def _refined(values: Floats, summaries: list[Summary], adapter: Adapter, places: Places) -> Floats:
    """The same values, dealt out again in the order that the pairs settle."""
    from imgrank.adapter.pairs import Summary
    from imgrank.adapter.refine import refine

    assert adapter.model is not None  # its header said so
    order = np.argsort(-values, kind="stable") if places is None else places[np.argsort(-values[places], kind="stable")]
    settled = refine(Summary.cat(summaries), order, adapter.model.pair_head).order
    dealt = np.empty_like(values)
    dealt[settled] = values[order]
    return dealt


def _notes(choice: Choice, evidence: Evidence, refine: bool) -> tuple[str, ...]:
    notes = []
    if refine and not choice.adapter.has_model:
        name = printable(choice.adapter.name)
        notes.append(f"the ranker {name} has no network to compare pairs with, so the order follows its scores")
    notes += _unproven(choice)
    learnt = choice.query.subject is not None
    return (*notes, *lacking(evidence, "what this ranker was trained on" if learnt else SUBJECT_OF_SENTENCE))


def _unproven(choice: Choice) -> tuple[str, ...]:
    """Whether the figures of a ranker's training leave it open that the words order as well."""
    metrics = choice.query.metrics
    if metrics.lead is None or metrics.lead > 0:
        return ()
    seen, name = counted(metrics.trained_on or metrics.rows, "example"), printable(choice.adapter.name)
    return (f"trained on {seen}, the ranker {name} is not shown to order better than the words alone, or than chance",)


def _shown_at_all(evidence: Evidence) -> float:
    """From 0 to 1, how surely some pictures show the subject: the surest of them, past as many as chance may bring."""
    if not evidence.count:
        return 1.0
    by_chance = int(HARDLY_ANY * evidence.count)
    return round(evidence.nearest[min(by_chance, len(evidence.nearest) - 1)], 3)
