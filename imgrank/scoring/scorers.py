"""Three scorers, behind one protocol: a trained adapter, likeness to a sentence, nearness to pictures.

Scores are rounded where they are made, by the scale of the query, so that whoever asks sees the same digits.
A scorer is a question that is ready to be put to pictures, here or, as it can be pickled, on another machine.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from imgrank.adapter.activation_cache import ActivationCache
from imgrank.adapter.registry import Shelf, version_of
from imgrank.arrays import Floats
from imgrank.counting import agreeing, counted
from imgrank.paths import printable
from imgrank.records import Asked
from imgrank.rounding import rounded
from imgrank.scoring.calibration import ConfidenceWeights
from imgrank.scoring.choosing import Choice
from imgrank.scoring.question import Answer, Evidence, KeptScores, Question, Scored, Verdict
from imgrank.scoring.similarity import Aim, Line, TextAxis, likeness
from imgrank.scoring.unrelated import Unrelated
from imgrank.tokens import Packed, Reads, TextTokens, TokenShape, whole

if TYPE_CHECKING:
    from imgrank.adapter.files import Adapter
    from imgrank.adapter.pairs import Summary

RELEVANT_FROM = 0.5
SUBJECT_OF_SENTENCE = "what the sentence is about"
HARDLY_ANY = 0.005  # of pictures: about as many strangers may seem to show a subject

Score = Callable[[Packed], Scored]
Places = npt.NDArray[np.intp] | None


@dataclass(frozen=True, slots=True)
class Resources:
    """What a process keeps between questions, so that the next one is cheaper; no score depends on it.

    `activations` is None where pictures are not asked about twice.
    """

    shelf: Shelf = field(default_factory=Shelf)
    activations: ActivationCache | None = None
    terms: KeptScores = field(default_factory=KeptScores)


class Scorer(Protocol):
    """Who answers a question."""

    @property
    def question(self) -> Question: ...

    @property
    def scale(self) -> float:
        """By how much its scores differ, as a rule: their digits follow from it."""
        ...

    @property
    def depends_on(self) -> Hashable:
        """All that its scores depend on, beside the backbone and the pictures."""
        ...

    @property
    def adapter_files(self) -> tuple[Path, ...]:
        """The files that scoring needs."""
        ...

    def with_adapter_files(self, paths: Sequence[Path]) -> Scorer:
        """The same with those files in other places."""
        ...

    def reads(self, shape: TokenShape) -> Reads:
        """What of pictures of this shape its scores depend on."""
        ...

    def open(self, resources: Resources) -> Score:
        """The function from tokens to scores. Raises AdapterError where an adapter cannot be loaded."""
        ...

    def conclude(self, parts: Sequence[Scored], resources: Resources, places: Places = None) -> Answer:
        """The whole answer from its parts, in their order.

        `places` is the order in which pictures of equal score are refined, where that is not the order of parts.
        """
        ...

    def verdict(self, evidence: Evidence) -> Verdict:
        """All but the scores, from what all pictures together say."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class PictureScorer:
    """Nearness to a picture, or to some."""

    question: Question
    aim: Aim
    scale: float = 1.0
    adapter_files: tuple[Path, ...] = ()

    @property
    def depends_on(self) -> Hashable:
        """The direction."""
        return "like", self.aim.vector.tobytes()

    def with_adapter_files(self, paths: Sequence[Path]) -> PictureScorer:
        """Needs none."""
        return self

    def reads(self, shape: TokenShape) -> Reads:
        """Embeddings."""
        return Reads(tokens=False)

    def open(self, resources: Resources) -> Score:
        """Cosines to the picture."""
        return self._score

    def conclude(self, parts: Sequence[Scored], resources: Resources, places: Places = None) -> Answer:
        """Scores as they are."""
        return joined_answer(parts, self.verdict)

    def verdict(self, evidence: Evidence) -> Verdict:
        """A picture that is named is always near to something."""
        named = self.question.like
        reason = "an image was named" if named is None or len(named.paths) == 1 else "images were named"
        return Verdict("like", None, None, True, 1.0, Asked(None, None, reason))

    def _score(self, packed: Packed) -> Scored:
        scores, relevant = rounded(likeness(packed, self.aim)), np.ones(len(packed), bool)
        return Scored(scores, relevant, Evidence.of(scores, relevant))


@dataclass(frozen=True, slots=True, eq=False)
class BetweenScorer:
    """Where pictures stand on the line from some pictures, at 0, to others, at 1; they may pass both."""

    question: Question
    line: Line
    adapter_files: tuple[Path, ...] = ()

    @property
    def scale(self) -> float:
        """The nearer the ends, the more a cosine counts."""
        return max(1.0, 1.0 / self.line.length)

    @property
    def depends_on(self) -> Hashable:
        """Both ends."""
        return "between", self.line.low.tobytes(), self.line.high.tobytes()

    def with_adapter_files(self, paths: Sequence[Path]) -> BetweenScorer:
        """Needs none."""
        return self

    def reads(self, shape: TokenShape) -> Reads:
        """Embeddings and tokens."""
        return Reads()

    def open(self, resources: Resources) -> Score:
        """Places on the line."""
        return self._score

    def conclude(self, parts: Sequence[Scored], resources: Resources, places: Places = None) -> Answer:
        """Scores as they are."""
        return joined_answer(parts, self.verdict)

    def verdict(self, evidence: Evidence) -> Verdict:
        """Every picture stands somewhere on it."""
        return Verdict("between", None, None, True, 1.0, Asked(None, None, "images name both ends"))

    def _score(self, packed: Packed) -> Scored:
        scores, relevant = rounded(self.line(whole(packed)), self.scale), np.ones(len(packed), bool)
        return Scored(scores, relevant, Evidence.of(np.zeros(len(packed)), relevant))


@dataclass(frozen=True, slots=True, eq=False)
class LikenessScorer:
    """Likeness to the sentence, or along the scale that it names; where it `denies`, what lacks it comes first."""

    question: Question
    axis: TextAxis
    asked: Asked
    sureness: ConfidenceWeights
    unrelated: Unrelated | None = None
    understood: bool = True
    notes: tuple[str, ...] = ()
    denies: bool = False
    scale: float = 1.0
    adapter_files: tuple[Path, ...] = ()

    @property
    def depends_on(self) -> Hashable:
        """The words: they say what the axis is."""
        return "likeness", self.question.sentence, self.question.opposite, self.axis.turn

    def with_adapter_files(self, paths: Sequence[Path]) -> LikenessScorer:
        """Needs none."""
        return self

    def reads(self, shape: TokenShape) -> Reads:
        """Embeddings, and the moments that kinds follow from."""
        return Reads(tokens=False, moments=self.axis.rows(shape.width))

    def open(self, resources: Resources) -> Score:
        """Scores along the axis."""
        return self._score

    def conclude(self, parts: Sequence[Scored], resources: Resources, places: Places = None) -> Answer:
        """Scores as they are."""
        return joined_answer(parts, self.verdict)

    def verdict(self, evidence: Evidence) -> Verdict:
        """Whether the sentence is shown here at all; of a denial, whether any picture lacks what it denies."""
        about = self.axis.end if self.axis.subject is None else self.axis.subject
        if not self.understood:
            sure, least = 0.0, 1.0
        elif self.denies:
            sure, least = self.sureness.chance_lacking(evidence), RELEVANT_FROM
        else:
            sure, least = self.sureness.confidence(evidence, about.coverage), self.sureness.threshold
        return Verdict("zero-shot", None, None, sure >= least, sure, self.asked, self.notes + lacking(evidence))

    def _score(self, packed: Packed) -> Scored:
        along = self.axis(packed)
        relevant = np.ones(len(packed), bool)
        if self.axis.subject is not None and self.sureness.shown_from is not None:
            relevant = along.likeness >= self.sureness.shown_from
        evidence = Evidence.of(along.likeness, relevant)
        if self.unrelated is not None:
            beside = self.unrelated.beside(packed, along.likeness, -1.0 if self.denies else 1.0)
            evidence = replace(evidence, unrelated=beside.to_others, ahead=beside.ahead)
        fits_from = self.sureness.fits_from
        fits = None if fits_from is None else relevant & ((along.likeness >= fits_from) != self.denies)
        return Scored(rounded(along.scores), relevant, evidence, fits=fits)


@dataclass(frozen=True, slots=True, eq=False)
class AdapterScorer:
    """A trained adapter, by the query that was chosen; `keeps_all` where what lacks the subject has the least of it."""

    question: Question
    choice: Choice
    text: TextTokens
    keeps_all: bool = False
    notes: tuple[str, ...] = ()

    @property
    def scale(self) -> float:
        """The query's."""
        return self.choice.query.scale

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
        return Verdict(
            scorer="adapter",
            adapter=self.choice.adapter.name,
            unit=None if self.choice.reversed else self.choice.query.unit,
            confident=sure >= RELEVANT_FROM,
            confidence=sure,
            asked=self.choice.asked,
            notes=self.notes + _notes(self.choice, evidence, self.question.refine),
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
        scores, shown = rounded(self._turn * part.value, self.scale), rounded(part.relevance)
        relevant = (shown >= RELEVANT_FROM) | self.keeps_all
        return Scored(scores, relevant, Evidence.of(shown, relevant), part.summary)


def joined_answer(parts: Sequence[Scored], verdict: Callable[[Evidence], Verdict]) -> Answer:
    """The scores of all parts in their order, and the verdict on what they say together."""
    evidence = sum((part.evidence for part in parts), Evidence())
    scores = np.concatenate([part.scores for part in parts])
    fits = [part.fits for part in parts if part.fits is not None]
    relevant = np.concatenate([part.relevant for part in parts])
    return Answer(scores, relevant, verdict(evidence), np.concatenate(fits) if len(fits) == len(parts) else None)


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
        notes.append(f"the ranker {name} has no network to compare pairs with, so the order is that of its scores")
    if choice.reversed:
        notes.append(f"ranked from the other end of {printable(choice.query.name)!r}")
    learnt = choice.query.subject is not None
    return (*notes, *lacking(evidence, "what this ranker was trained on" if learnt else SUBJECT_OF_SENTENCE))


def _shown_at_all(evidence: Evidence) -> float:
    """From 0 to 1, how surely some pictures show the subject: the surest of them, past as many as chance may bring."""
    if not evidence.count:
        return 1.0
    by_chance = int(HARDLY_ANY * evidence.count)
    return round(evidence.nearest[min(by_chance, len(evidence.nearest) - 1)], 3)


def lacking(evidence: Evidence, subject: str = SUBJECT_OF_SENTENCE) -> tuple[str, ...]:
    """How many pictures lack the subject."""
    if evidence.lacking and evidence.lacking == evidence.count:
        return (f"no image seems to show {subject}, so this order means little",)
    if evidence.lacking:
        images = counted(evidence.lacking, "image does", "images do")
        come = agreeing(evidence.lacking, "comes", "come")
        return (f"{images} not seem to show {subject} and {come} last",)
    return ()
