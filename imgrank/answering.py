"""Who answers a question, and what it says: a trained adapter, the zero-shot axis, or nearness to a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from imgrank.adapter.comparatives import opposite_of, scale_of
from imgrank.adapter.looks import Looks
from imgrank.adapter.registry import ANYONE, Choice, choose, find_adapter, installed_adapters
from imgrank.adapter.zero_shot import CONFIDENT_FROM, TextAxis, like_scores, scores_and_confidence, text_axis
from imgrank.backbone.contract import Backbone
from imgrank.errors import AdapterError
from imgrank.paths import printable
from imgrank.records import Scorer
from imgrank.rounding import rounded
from imgrank.tokens import PackedTokens, TextTokens

if TYPE_CHECKING:
    from imgrank.adapter.files import Adapter

RELEVANT_FROM = 0.5
NOBODY_TRAINED = "zero-shot: no ranker was trained on such a query"

Floats = npt.NDArray[np.float64]
Sentence = Callable[[str], TextTokens]
Blocks = Callable[[], Iterator[PackedTokens]]
Places = npt.NDArray[np.intp] | None


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked: a sentence, the other end of its axis if named, or the embedding of a picture to be like."""

    sentence: str
    opposite: str | None = None
    like: npt.NDArray[np.float16] | None = None
    refine: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """scores (N,), higher is more; relevant (N,), False where a picture lacks what the sentence is about."""

    scores: Floats
    relevant: npt.NDArray[np.bool_]
    scorer: Scorer
    adapter: str | None
    unit: str | None
    confident: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Some pictures' part of an answer: scores (N,), relevant (N,); `nearest` is the greatest cosine to the sentence.

    `summary` is what `refine` needs of them.
    """

    scores: Floats
    relevant: npt.NDArray[np.bool_]
    nearest: float = 1.0
    summary: Any = None


def answer(
    question: Question,
    backbone: Backbone,
    adapter: str,
    sentence: Sentence,
    blocks: Blocks,
    places: Places = None,
    looks: Looks | None = None,
) -> Answer:
    """Scores of all pictures that `blocks` gives.

    `places` is the order in which pictures of equal score are refined, where that is not the order of `blocks`.
    `looks` makes the next question about the same pictures cheaper; no score depends on it.
    `adapter` is a name, a file, `auto` (whoever was trained on such a query, else zero-shot) or `none`.
    Raises AdapterError where the adapter asked for cannot be used with this backbone.
    """
    asked = ask(question, backbone, adapter, sentence)
    score = asked.scorer(looks)
    return asked.conclude([score(packed) for packed in blocks()], places)


def ask(question: Question, backbone: Backbone, adapter: str, sentence: Sentence) -> Asked:
    """Settle who answers, and make every text token that it takes. Raises AdapterError as `answer` does."""
    if question.like is not None:
        return Asked(question, backbone.fingerprint)
    choice = None if question.opposite else who_answers(question.sentence, backbone, adapter, sentence)
    if choice is None:
        axis = text_axis(question.sentence, question.opposite, sentence)
        return Asked(question, backbone.fingerprint, axis, said=adapter == "auto")
    asked = opposite_of(question.sentence, any_word=True) if choice.reversed else question.sentence
    return Asked(question, backbone.fingerprint, None, choice, sentence(asked or question.sentence))


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A question that is ready to be put to pictures, here or, as it can be pickled, on another machine."""

    question: Question
    fingerprint: str
    axis: TextAxis | None = None
    choice: Choice | None = None
    text: TextTokens | None = None
    said: bool = False  # whether to tell that nobody was trained on it

    def scorer(self, looks: Looks | None = None) -> Callable[[PackedTokens], Scored]:
        """The function from tokens to scores, in the digits that hold; loads the adapter, if one answers."""
        score = self._scorer(looks)

        def rounded_scores(packed: PackedTokens) -> Scored:
            part = score(packed)
            return replace(part, scores=rounded(part.scores, self.scale))

        return rounded_scores

    @property
    def scale(self) -> float:
        """By how much scores differ: a query's own scale, or that of cosines."""
        return 1.0 if self.choice is None else self.choice.query.scale

    def _scorer(self, looks: Looks | None) -> Callable[[PackedTokens], Scored]:
        if self.question.like is not None:
            like = self.question.like
            return lambda packed: _all_relevant(like_scores(packed, like))
        if self.choice is None:
            return self._along_axis
        from imgrank.adapter.files import load

        if looks is not None:
            looks.next_question()
        return partial(self._adapted, load(self.choice.adapter.path or Path(), self.fingerprint), looks)

    def conclude(self, scored: Sequence[Scored], places: Places = None) -> Answer:
        """The whole answer from its parts, in their order."""
        scores = np.concatenate([part.scores for part in scored])
        relevant = np.concatenate([part.relevant for part in scored])
        if self.choice is not None and self.question.refine:
            turn = -1.0 if self.choice.reversed else 1.0
            scores = turn * self._refined(turn * scores, [part.summary for part in scored], places) + 0.0
        verdict = self.verdict(len(scores), int((~relevant).sum()), max(part.nearest for part in scored))
        return replace(verdict, scores=scores, relevant=relevant)

    def verdict(self, count: int, lacking: int, nearest: float) -> Answer:
        """All but the scores: of `count` pictures so many lack the subject, and the nearest came so near."""
        none = np.zeros(0), np.zeros(0, bool)
        if self.question.like is not None:
            return Answer(*none, "like", None, None, True)
        if self.choice is None:
            said = (NOBODY_TRAINED,) if self.said else ()
            return Answer(*none, "zero-shot", None, None, nearest >= CONFIDENT_FROM, said)
        unit = None if self.choice.reversed else self.choice.query.unit
        notes = _notes(self.choice, count, lacking)
        return Answer(*none, "adapter", self.choice.adapter.name, unit, not lacking or lacking < count, notes)

    def _along_axis(self, packed: PackedTokens) -> Scored:
        assert self.axis is not None
        return _all_relevant(*scores_and_confidence(packed, self.axis))

    def _adapted(self, adapter: Adapter, looks: Looks | None, packed: PackedTokens) -> Scored:
        from imgrank.adapter.scoring import score_tokens

        assert self.choice is not None and self.text is not None
        part = score_tokens(adapter, packed, self.text, self.choice.query, self.question.refine, looks)
        values = -part.value if self.choice.reversed else part.value
        relevant = (rounded(part.relevance) >= RELEVANT_FROM) | _asks_for_none(self.question.sentence)
        return Scored(values, relevant, summary=part.summary)

    def _refined(self, values: Floats, summaries: list[Any], places: Places) -> Floats:
        from imgrank.adapter.files import load

        assert self.choice is not None
        return _refined(values, summaries, load(self.choice.adapter.path or Path(), self.fingerprint), places)


def _asks_for_none(sentence: str) -> bool:
    """Whether a picture that lacks what the sentence is about has the least of it, as with "fewer people"."""
    scale = scale_of(sentence)
    return scale is not None and scale.down and scale.other is None


def _all_relevant(scores: Floats, nearest: float = 1.0) -> Scored:
    return Scored(scores, np.ones(len(scores), bool), nearest)


def who_answers(text: str, backbone: Backbone, adapter: str, sentence: Sentence) -> Choice | None:
    """The trained query that answers a sentence, None for zero-shot. Raises AdapterError as `answer` does."""
    if adapter == "none":
        return None
    embedding = sentence(text).embedding
    turned = opposite_of(text, any_word=True)
    opposite = sentence(turned).embedding if turned else None
    if adapter == "auto":
        return choose(embedding, installed_adapters().adapters, backbone.fingerprint, opposite)
    header = find_adapter(adapter)
    choice = choose(embedding, [header], backbone.fingerprint, opposite, threshold=ANYONE)
    if choice is None:
        raise AdapterError(
            f"The adapter {printable(header.name)} was trained on the tokens of backbone {header.backbone} "
            f"({header.fingerprint}), and {backbone.name} is {backbone.fingerprint}; use --backbone "
            f"{header.backbone} if that is the one, or train the adapter again."
        )
    return choice


def _refined(values: Floats, summaries: list[Any], adapter: Adapter, places: Places) -> Floats:
    """The same values, dealt out again in the order that the pairs settle."""
    from imgrank.adapter.pairs import Summary
    from imgrank.adapter.refine import refine

    order = np.argsort(-values, kind="stable") if places is None else places[np.argsort(-values[places], kind="stable")]
    settled = refine(Summary.cat(summaries), order, adapter.model.pair_head).order
    dealt = np.empty_like(values)
    dealt[settled] = values[order]
    return dealt


def _notes(choice: Choice, count: int, lacking: int) -> tuple[str, ...]:
    notes = []
    if choice.reversed:
        notes.append(f"answered as the other end of {printable(choice.query.name)!r}")
    if lacking and lacking == count:
        notes.append("no picture seems to show what the sentence is about: this order means little")
    elif lacking:
        pictures = "picture does" if lacking == 1 else "pictures do"
        notes.append(f"{lacking} {pictures} not seem to show what the sentence is about; put last")
    return tuple(notes)
