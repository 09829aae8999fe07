"""A question to the scorer that answers it, and to the whole answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol

from imgrank.records import Asked
from imgrank.scoring.choosing import Candidates, Choice, who_answers
from imgrank.scoring.comparatives import opposite_of, scale_of
from imgrank.scoring.detail import DetailScorer, wish_for
from imgrank.scoring.likeness import aim_at_picture, text_axis
from imgrank.scoring.question import Answer, Encode, Question
from imgrank.scoring.scorers import AdapterScorer, LikenessScorer, PictureScorer, Places, Resources, Scorer
from imgrank.tokens import PackedTokens, TextTokens

NOBODY_TRAINED = "zero-shot: no ranker was trained on such a query"
WITHOUT_DETAIL = (
    "answered from small copies of the pictures, which hide focus, motion and noise: asked of the files themselves, "
    "not of an index, these are measured at full size"
)

Blocks = Callable[[], Iterator[PackedTokens]]


class Named(Protocol):
    """What choosing must know of a backbone."""

    @property
    def name(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...


class Source(Protocol):
    """Who asks: a `Ranker`, or a stand-in for it. `adapter` is a name, a file, `auto` or `none`."""

    @property
    def backbone(self) -> Named: ...
    @property
    def adapter(self) -> str: ...
    def sentence(self, text: str) -> TextTokens: ...


def ask(question: Question, source: Source, *, detailed: bool = False) -> Scorer:
    """Settle who answers, and make every text token that it takes.

    `detailed` says that the tokens come with what was measured of their pictures at full size. Raises AdapterError
    where the adapter asked for cannot be used with this backbone.
    """
    if question.like is not None:
        return PictureScorer(question, aim_at_picture(question.like))
    wish = wish_for(question, source.adapter)
    if wish is not None and detailed:
        return DetailScorer(question, wish)
    without = (WITHOUT_DETAIL,) if wish is not None else ()
    choice = choose(question, source)
    if choice is None:
        axis = text_axis(question.sentence, question.opposite, source.sentence)
        notes = (NOBODY_TRAINED, *without) if source.adapter == "auto" else ()
        return LikenessScorer(question, axis, Asked(None, None, "no trained ranker asks for this"), notes)
    return replace(adapter_scorer(question, choice, source.sentence), notes=without)


def choose(question: Question, source: Source) -> Choice | None:
    """The trained query that answers, None where likeness does. Raises AdapterError as `ask` does."""
    if question.like is not None or question.opposite:
        return None
    candidates = Candidates.of(source.adapter, source.backbone.name, source.backbone.fingerprint)
    return who_answers(question.sentence, candidates, source.sentence)


def adapter_scorer(question: Question, choice: Choice, encode: Encode) -> AdapterScorer:
    """The trained query put to the question; where it asks for the other end, by the sentence turned around."""
    asked = opposite_of(question.sentence, any_word=True) if choice.reversed else question.sentence
    scale = scale_of(question.sentence)
    return AdapterScorer(
        question,
        choice,
        encode(asked or question.sentence),
        Asked(choice.query.name, choice.similarity, "a trained ranker asks for this"),
        keeps_all=scale is not None and scale.down and scale.other is None,
    )


def answer(scorer: Scorer, blocks: Blocks, resources: Resources, places: Places = None) -> Answer:
    """Scores of all pictures that `blocks` gives; `places` as `Scorer.conclude` takes it."""
    score = scorer.open(resources)
    return scorer.conclude([score(packed) for packed in blocks()], resources, places)
