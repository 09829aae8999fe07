"""Who answers a question, and what it says: a trained adapter, the zero-shot axis, or nearness to a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from imgrank.adapter.comparatives import opposite_of
from imgrank.adapter.registry import Choice, choose, find_adapter, installed_adapters
from imgrank.adapter.zero_shot import CONFIDENT_FROM, confidence, like_scores, text_axis, zero_shot_scores
from imgrank.backbone.contract import Backbone
from imgrank.errors import AdapterError
from imgrank.paths import printable
from imgrank.records import Scorer
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


def answer(
    question: Question, backbone: Backbone, adapter: str, sentence: Sentence, blocks: Blocks, places: Places = None
) -> Answer:
    """Scores of all pictures that `blocks` gives.

    `places` is the order in which pictures of equal score are refined, where that is not the order of `blocks`.
    `adapter` is a name, a file, `auto` (whoever was trained on such a query, else zero-shot) or `none`.
    Raises AdapterError where the adapter asked for cannot be used with this backbone.
    """
    if question.like is not None:
        scores = np.concatenate([like_scores(packed, question.like) for packed in blocks()])
        return Answer(scores, np.ones(len(scores), bool), "like", None, None, True)
    choice = None if question.opposite else who_answers(question.sentence, backbone, adapter, sentence)
    if choice is None:
        return _zero_shot(question, sentence, blocks, said=adapter == "auto")
    return _adapted(choice, question, backbone, sentence, blocks, places)


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
    choice = choose(embedding, [header], backbone.fingerprint, opposite, threshold=-2.0)
    if choice is None:
        raise AdapterError(
            f"The adapter {printable(header.name)} was trained on the tokens of backbone {header.backbone} "
            f"({header.fingerprint}), and {backbone.name} is {backbone.fingerprint}; use --backbone "
            f"{header.backbone} if that is the one, or train the adapter again."
        )
    return choice


def _zero_shot(question: Question, sentence: Sentence, blocks: Blocks, said: bool) -> Answer:
    axis = text_axis(question.sentence, question.opposite, sentence)
    scored, nearest = [], -1.0
    for packed in blocks():
        scored.append(zero_shot_scores(packed, axis))
        nearest = max(nearest, confidence(packed, axis))
    scores = np.concatenate(scored)
    return Answer(
        scores,
        np.ones(len(scores), bool),
        "zero-shot",
        None,
        None,
        nearest >= CONFIDENT_FROM,
        (NOBODY_TRAINED,) if said else (),
    )


def _adapted(
    choice: Choice, question: Question, backbone: Backbone, sentence: Sentence, blocks: Blocks, places: Places
) -> Answer:
    from imgrank.adapter.files import load
    from imgrank.adapter.scoring import score_tokens

    adapter = load(choice.adapter.path or Path(), backbone.fingerprint)
    asked = opposite_of(question.sentence, any_word=True) if choice.reversed else question.sentence
    text = sentence(asked or question.sentence)
    scored = [score_tokens(adapter, packed, text, choice.query, question.refine) for packed in blocks()]
    values = np.concatenate([part.value for part in scored])
    relevant = np.concatenate([part.relevance for part in scored]) >= RELEVANT_FROM
    if question.refine:
        values = _refined(values, [part.summary for part in scored], adapter, places)
    found = Answer(values, relevant, "adapter", choice.adapter.name, choice.query.unit, True)
    return _with_notes(found, choice)


def _refined(values: Floats, summaries: list[Any], adapter: Adapter, places: Places) -> Floats:
    """The same values, dealt out again in the order that the pairs settle."""
    from imgrank.adapter.pairs import Summary
    from imgrank.adapter.refine import refine

    order = np.argsort(-values, kind="stable") if places is None else places[np.argsort(-values[places], kind="stable")]
    settled = refine(Summary.cat(summaries), order, adapter.model.pair_head).order
    dealt = np.empty_like(values)
    dealt[settled] = values[order]
    return dealt


def _with_notes(found: Answer, choice: Choice) -> Answer:
    notes = []
    if choice.reversed:
        found = replace(found, scores=-found.scores, unit=None)
        notes.append(f"answered as the other end of {printable(choice.query.name)!r}")
    lacking = int((~found.relevant).sum())
    if lacking and lacking == len(found.relevant):
        found = replace(found, confident=False)
        notes.append("no picture seems to show what the sentence is about: this order means little")
    elif lacking:
        pictures = "picture does" if lacking == 1 else "pictures do"
        notes.append(f"{lacking} {pictures} not seem to show what the sentence is about; put last")
    return replace(found, notes=tuple(notes))
