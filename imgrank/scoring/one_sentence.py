"""One sentence to the scorer that answers it: a trained query or likeness, with what is to be said of the reading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from imgrank.backbone.names import MINI
from imgrank.paths import printable, quoted
from imgrank.records import Asked
from imgrank.scoring.adapter_scorer import AdapterScorer
from imgrank.scoring.amounts import denies_an_act
from imgrank.scoring.calibration import confidence_weights
from imgrank.scoring.choosing import OWN_WORDS, Choice, quantity_of
from imgrank.scoring.languages import seems_english
from imgrank.scoring.misspelt import knows_none, misspelt
from imgrank.scoring.naming import named
from imgrank.scoring.negation import Negation, negation_of
from imgrank.scoring.parsing import read
from imgrank.scoring.phrasings import phrasings_of
from imgrank.scoring.question import Encode, Question
from imgrank.scoring.similarity import text_axis
from imgrank.scoring.similarity_scorers import LikenessScorer
from imgrank.scoring.spelling import as_taught
from imgrank.scoring.unrelated import Unrelated
from imgrank.scoring.words import is_readable
from imgrank.tokens import TextTokens

SHOWS_NO_DATE = "what an image shows does not say when it was taken; order by date for that"
NOT_JUDGED = "what is better or worse here cannot be seen in an image, so images most like '{}' come first"
ASKS_FOR_ANOTHER = "the sentence asks for something other than the ranker {} predicts, so the order is by '{}'"
NOT_COMPARED = "no trained ranker answers, so no close results were compared again"
READS_ENGLISH = "mini knows English alone, and finds no English word here: scores mean nothing"
KNOWS_FEW = "mini knows English alone, and few of these words: scores may mean little"
MAY_NOT_KNOW = "mini may not know '{}', so scores may mean little"
IGNORED_NOT = 'a "not" or "no" inside a sentence is not understood and was ignored'


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


def adapter_scorer(question: Question, choice: Choice, encode: Encode) -> AdapterScorer:
    """The trained query put to the question."""
    negation = _not_understood(question.sentence, choice)
    notes = () if negation is None else (_said_of(negation),)
    if choice.asks_for_another:
        name, quantity = printable(choice.adapter.name), printable(quantity_of(choice.query))
        notes = (*notes, ASKS_FOR_ANOTHER.format(name, quantity))
    phrasings = phrasings_of(choice.query.phrasings)
    keeps_all = choice.reversed and bool(phrasings.things) and not phrasings.counts_cells
    return AdapterScorer(question, choice, encode(choice.words), keeps_all, notes, understood=not notes)


def _not_understood(sentence: str, choice: Choice) -> Negation | None:
    """What a sentence denies, where whoever answers cannot know."""
    negation = negation_of(sentence)
    if negation is None or negation.thing is not None or choice.reason == OWN_WORDS:
        return None
    is_read = choice.whole and not denies_an_act(sentence) and not negation.doubt
    return None if is_read else negation


def _said_of(negation: Negation) -> str:
    if negation.thing is None:
        return negation.doubt or IGNORED_NOT
    return f"images without {quoted(negation.thing)!r} come first"


def likeness_scorer(question: Question, asked: Asked, outdated: tuple[str, ...], source: Source) -> LikenessScorer:
    """Likeness to the question, where nobody was trained on it: `asked` says why, `outdated` who no longer can."""
    thing = question.sentence if question.opposite else named(question.sentence)
    negation = None if question.opposite else negation_of(thing)
    notes = () if negation is None else (_said_of(negation),)
    spelt: Callable[[str], str] = as_taught if source.backbone.name == MINI else str
    if negation is not None and negation.thing is not None:
        axis = text_axis(spelt(negation.thing), None, source.sentence).turned()
    else:
        axis = text_axis(spelt(thing), question.opposite and spelt(question.opposite), source.sentence)
    sureness = confidence_weights(source.backbone.fingerprint)
    unrelated = None if sureness.is_own else Unrelated.of(source.sentence)
    is_ignored = negation is not None and negation.thing is None
    unknown = knows_none(question.sentence) if source.backbone.name == MINI else ""
    understood = not is_ignored and not unknown and (source.backbone.name != MINI or is_readable(question.sentence))
    notes = (*notes, *outdated, *_told_of_language(question.sentence, unknown, source.backbone))
    wrong = misspelt(question.sentence) if source.backbone.name == MINI else None
    notes = notes if wrong is None else (*notes, wrong)
    notes = (*notes, *([NOT_COMPARED] if question.refine else []))
    notes = (*notes, SHOWS_NO_DATE) if read(question.sentence).asks_when else notes
    notes = notes if axis.unseen is None else (*notes, NOT_JUDGED.format(quoted(axis.unseen)))
    denies = negation is not None and negation.thing is not None
    return LikenessScorer(question, axis, asked, sureness, unrelated, understood, notes, denies)


def _told_of_language(sentence: str, unknown: str, backbone: Named) -> tuple[str, ...]:
    """Where the sentence is none that `mini` reads, or has an `unknown` word alone."""
    if backbone.name != MINI or seems_english(sentence):
        return (MAY_NOT_KNOW.format(quoted(unknown)),) if unknown else ()
    return (KNOWS_FEW if is_readable(sentence) else READS_ENGLISH,)
