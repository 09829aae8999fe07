"""A question to the scorer that answers it, and to the whole answer."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from functools import cached_property

from imgrank.adapter.header import other_tokens
from imgrank.backbone.names import MINI
from imgrank.detail.qualities import AskedQuality
from imgrank.paths import quoted
from imgrank.records import Asked
from imgrank.scoring.adapter_scorer import AdapterScorer
from imgrank.scoring.amounts import both_amounts, nobody_as_no_people
from imgrank.scoring.choosing import (
    NO_RANKER,
    NO_RANKER_HERE,
    NONE_WANTED,
    OPPOSITE_NAMED,
    OWN_WORDS,
    Candidates,
    Choice,
    nearest_query,
    share_a_word,
    some_people,
    who_answers,
)
from imgrank.scoring.describing import compared, described
from imgrank.scoring.detail import MEASURED, DetailScorer, quality_in
from imgrank.scoring.direction import both_ends, orders_last, too_much
from imgrank.scoring.idioms import IGNORED_BESIDE, Said, plainly
from imgrank.scoring.limits import (
    NO_NUMBER,
    NOT_COUNTED,
    NOT_OVEREXPOSED,
    WELL_EXPOSED,
    WITHOUT_OVEREXPOSED,
    QualityBeside,
    bounded_number,
    exact_number,
    good_exposure,
    overexposure,
    quality_beside,
    things_to_count,
)
from imgrank.scoring.mixing import MixScorer, MixTerm, mixed
from imgrank.scoring.naming import MOST_CHARACTERS, MOST_WORDS, beginning, named
from imgrank.scoring.negation import (
    beside_denied,
    both_denied,
    negation_of,
)
from imgrank.scoring.one_sentence import Source, adapter_scorer, likeness_scorer
from imgrank.scoring.parsing import read
from imgrank.scoring.phrasings import phrasings_of
from imgrank.scoring.question import Answer, Question
from imgrank.scoring.scorers import Places, Resources, Scorer
from imgrank.scoring.similarity import Line, aim_at_picture
from imgrank.scoring.similarity_scorers import BetweenScorer, LikenessScorer, PictureScorer
from imgrank.tokens import PackedTokens

WITHOUT_DETAIL = (
    "ranked from small copies of the images, which hide focus, motion and "
    "noise; name the image files, not an index, to measure these at full size"
)
READ_IN_PART = f"the {{}} is too long, and only its first {MOST_WORDS} words or {MOST_CHARACTERS:,} characters are read"
NEITHER = "'{}' is read as neither; to see '{}', write '{}'"
BOTH_ENDS = "'{}' and '{}' are two ends of one scale, and it is not clear which should come first; name one of them"
NOT_BOTH = "'{}' asks for what '{}' excludes, so only the latter is answered"
ONLY_LIKENESS = "'{}' is judged by similarity alone, so any image that shows '{}' may come first"
SOME_PEOPLE = "'{}' is not told from other people, so the age of others counts, too"
NO_BOUND = "imgrank does not know how much is 'too {}', so the order runs to the very end of the scale"

Blocks = Callable[[], Iterator[PackedTokens]]


class Settled:
    """Who answers a question. What it takes to know that is found out when it is first asked for, and only once.

    Without `by_name` an adapter that was asked for by name answers only what asks for its scale. Members raise
    AdapterError where the adapter asked for cannot be used with this backbone.
    """

    def __init__(self, question: Question, source: Source, *, by_name: bool = True) -> None:
        begun = question.sentence if question.like is not None else beginning(question.sentence)
        opposite = question.opposite and beginning(question.opposite)
        self._source, self._by_name = source, by_name
        self._begun, self._beside, self._said = begun, "", Said(begun)
        sentence = begun if question.like is not None or opposite else self._plain(begun)
        self.question = replace(question, sentence=sentence, opposite=opposite)
        cut = {"sentence": begun != question.sentence, "other end of the scale": opposite != question.opposite}
        self._cut = [what for what, is_cut in cut.items() if is_cut]
        self._parts = tuple(Settled(part.question, source, by_name=False) for part in question.parts)

    def _plain(self, begun: str) -> str:
        """A sentence in the words that are to be answered; what of it is lost by that is kept, to be told.

        Whoever was trained on its very words answers these.
        """
        if any(header.query(begun) for header in self.candidates.headers):
            return begun
        self._said = plainly(begun)
        sentence = nobody_as_no_people(self._said.text)
        rest = beside_denied(sentence) if self._source.adapter == "auto" else ""
        denied = " ".join(sentence.split()).rpartition(rest)[0].rstrip(" ,;") if rest else ""
        if not denied or not Settled(Question(denied), self._source).is_of_scale:
            return sentence
        if not (orders_last(rest) or Settled(Question(named(rest)), self._source).speaks_of(denied)):
            return sentence
        self._beside = rest
        return denied

    @property
    def wants_detail(self) -> bool:
        """Whether anything of it is answered best from what is measured at full size."""
        return any(one.quality is not None for one in self._parts or (self,))

    @cached_property
    def quality(self) -> AskedQuality | None:
        """The quality of the photograph that is asked for, None where anything else is.

        Who names an adapter, or `none`, or the other end of an axis is answered by just that.
        """
        question = self.question
        if self._source.adapter != "auto" or question.parts or question.like is not None or question.opposite:
            return None
        named = quality_in(question.sentence)
        if named is not None:
            return named
        choice = self.choice
        if choice is None or not choice.adapter.shipped:
            return None
        measured = MEASURED.get(choice.query.name)
        turned = -1.0 if choice.reversed else 1.0
        return None if measured is None else replace(measured, turn=turned * measured.turn)

    @cached_property
    def choice(self) -> Choice | None:
        """The trained query that answers, None where likeness does."""
        if self.question.like is not None or self.question.opposite:
            return None
        candidates = replace(self.candidates, named=self.candidates.named and self._by_name)
        return who_answers(self.question.sentence, candidates, self._source.sentence)

    @cached_property
    def candidates(self) -> Candidates:
        """All adapters that may answer."""
        backbone = self._source.backbone
        return Candidates.of(self._source.adapter, backbone.name, backbone.fingerprint)

    def scorer(self, *, detailed: bool) -> Scorer:
        """Whoever answers, ready, with every text token that it takes.

        `detailed` says that the tokens come with what was measured of their pictures at full size.
        """
        question = self.question
        if self._parts:
            weighted = zip(self._of_parts(detailed), question.parts, strict=True)
            terms = tuple(MixTerm(scorer, part.weight) for scorer, part in weighted)
            return MixScorer(question, terms, _told_of_both(question.sentence))
        if question.like is not None and question.low is not None:
            return BetweenScorer(question, Line(question.low.appearance, question.like.appearance))
        if question.like is not None:
            return PictureScorer(question, aim_at_picture(question.like.embedding))
        scorer = self._by_sentence(detailed)
        read_in_part = (self._both_ends, self._ignored, self._doubt, self._unmeasured, self._exact_number)
        unsure = (*read_in_part, self._described, self._of_light, self._unbounded, self._some_people, self._uncounted)
        understood = scorer.understood and not any(unsure)
        return replace(scorer, notes=(*scorer.notes, *self._told()), understood=understood)

    def _by_sentence(self, detailed: bool) -> DetailScorer | AdapterScorer | LikenessScorer:
        if self.quality is not None and detailed:
            negation = negation_of(self.question.sentence)
            doubts = (negation.doubt,) if negation is not None and negation.doubt else ()
            return DetailScorer(self.question, self.quality, doubts, understood=not doubts)
        if self.choice is not None:
            scorer: AdapterScorer | LikenessScorer = adapter_scorer(self.question, self.choice, self._source.sentence)
        else:
            scorer = likeness_scorer(
                self.question, _nobody(self, self._source), _outdated(self, self._source), self._source
            )
        return scorer if self.quality is None else replace(scorer, notes=(*scorer.notes, WITHOUT_DETAIL))

    @property
    def is_of_scale(self) -> bool:
        """Whether a trained query answers, or a quality of the photograph."""
        return self.quality is not None or self.choice is not None

    @property
    def _asks_for_scale(self) -> bool:
        """Whether a scale answers that the sentence does not name in the very words that it was trained on."""
        return self.quality is not None or (self.choice is not None and self.choice.reason != OWN_WORDS)

    @property
    def _doubt(self) -> str:
        """What of the sentence is not understood, by whoever answers it."""
        is_own = self._said.of_measure and self.choice is not None and not self.choice.adapter.shipped
        return "" if is_own else self._said.doubt

    @property
    def _both_ends(self) -> tuple[str, str] | None:
        """Both ends of the scale that answers, where the sentence names these and not which is to stand first."""
        sentence = self.question.sentence
        return both_ends(sentence) or both_amounts(sentence) if self._asks_for_scale else None

    @cached_property
    def _ignored(self) -> str:
        """What a sentence asks for behind a denial that alone is answered, by another scale or none."""
        rest = self._beside or beside_denied(named(self.question.sentence))
        if not rest or self.choice is None or not self._asks_for_scale:
            return ""
        return "" if Settled(Question(rest), self._source).end == self.end else rest

    @property
    def end(self) -> tuple[str, bool] | None:
        """The name of the scale that answers, and whether it is turned."""
        if self.quality is not None:
            return self.quality.quality.value, self.quality.turn < 0
        return None if self.choice is None else (self.choice.query.name, self.choice.reversed)

    def speaks_of(self, thing: str) -> bool:
        """Whether the scale that answers is one of this thing: age is of people."""
        return self.choice is not None and share_a_word(read(thing), phrasings_of(self.choice.query.phrasings))

    def _told_of_ignored(self) -> str:
        rest = quoted(self._ignored)
        if self._beside and Settled(Question(named(self._ignored)), self._source).speaks_of(self.question.sentence):
            return NOT_BOTH.format(rest, quoted(self.question.sentence))
        return IGNORED_BESIDE.format(rest)

    def _told_of_light(self, words: str) -> str:
        if overexposure(words) is None:
            return WELL_EXPOSED.format(quoted(words))
        brightest = self.choice is not None and self.choice.reversed
        return (NOT_OVEREXPOSED if brightest else WITHOUT_OVEREXPOSED).format(quoted(words))

    @property
    def _unmeasured(self) -> QualityBeside | None:
        """The quality of the photograph that is asked for of some things, where nobody who answers looks at it."""
        if self.quality is not None or self.question.opposite:
            return None
        is_plain = self.choice is None or (self.choice.adapter.shipped and self.choice.reason != OWN_WORDS)
        return quality_beside(self.question.sentence) if is_plain else None

    @cached_property
    def _described(self) -> tuple[str, str] | None:
        """The words that only likeness knows of a thing, and that thing: any that compare it, and others of what the
        backbone's classes know."""
        if self._compared is not None:
            return self._compared
        said = None if self.question.opposite else described(named(self.question.sentence))
        is_asked = said is not None and not self.is_of_scale and self._exact_number is None
        kinds = None if said is None or not is_asked else self._source.sentence(" ".join(said)).kinds
        return said if kinds is not None and kinds.coverage < 1 else None

    @property
    def _compared(self) -> tuple[str, str] | None:
        """Of `_described` what compares. Larger models know many adjectives, and who wants no ranker hears nothing."""
        is_mini = self._source.backbone.name == MINI and self._source.adapter == "auto"
        if not is_mini or self.question.opposite or self.is_of_scale or self._unmeasured is not None:
            return None
        return compared(named(self.question.sentence))

    @property
    def _of_light(self) -> str | None:
        """The words for too much light, or the right amount, where the shipped scale of darkness answers."""
        is_told = self._both_ends is not None or self._unbounded is not None
        words = None if is_told else overexposure(self._begun) or good_exposure(self._begun)
        if words is None or self.choice is None or not self.choice.adapter.shipped:
            return None
        return words if self.choice.query.name == "underexposed" else None

    @property
    def _unbounded(self) -> str | None:
        """Of what there is not to be too much, where a scale answers that may run too far: of a fault none is best."""
        much = too_much(self.question.sentence) if self._asks_for_scale and self._both_ends is None else None
        is_fault = self.quality is not None or (self.choice is not None and self.choice.query.name in MEASURED)
        return None if is_fault else much

    @property
    def _some_people(self) -> str:
        """Those whose age is asked for, whom the shipped ranker of age does not tell from others."""
        people = some_people(self.question.sentence)
        choice = self.choice if people else None
        return people if choice is not None and choice.adapter.shipped and choice.reason != OWN_WORDS else ""

    @property
    def _uncounted(self) -> str | None:
        """The things whose number is asked for, where likeness answers, which counts nothing."""
        is_plain = self._source.adapter == "auto" and self._source.backbone.name == MINI and not self.question.opposite
        return things_to_count(self.question.sentence) if is_plain and not self.is_of_scale else None

    @property
    def _exact_number(self) -> str | None:
        """The exact number that is asked for, unless somebody was trained on these very words."""
        number = None if self.question.opposite else exact_number(self.question.sentence)
        is_told = number is not None or bool(self._doubt) or self.question.opposite is not None
        bound = None if is_told else bounded_number(self._begun)
        if bound is not None and not self.is_of_scale:
            return bound
        is_trained = number is not None and self.choice is not None and self.choice.reason == OWN_WORDS
        return None if is_trained else number

    def _told(self) -> Iterator[str]:
        """What is to be said of how the sentence was read."""
        number = self._exact_number
        for what in self._cut:
            yield READ_IN_PART.format(what)
        if self._doubt:
            yield self._doubt
        if self._ignored:
            yield self._told_of_ignored()
        if self._both_ends is not None:
            yield BOTH_ENDS.format(*map(quoted, self._both_ends))
        elif self._unbounded is not None:
            yield NO_BOUND.format(quoted(self._unbounded))
        if number is not None:
            yield NO_NUMBER.format(quoted(number))
        if self._described is not None:
            yield ONLY_LIKENESS.format(*map(quoted, self._described))
        if self._of_light is not None:
            yield self._told_of_light(self._of_light)
        if self._some_people:
            yield SOME_PEOPLE.format(quoted(self._some_people))
        if self._uncounted is not None:
            yield NOT_COUNTED.format(quoted(self._uncounted))
        if self._unmeasured is not None:
            yield str(self._unmeasured)

    def _of_parts(self, detailed: bool) -> list[Scorer]:
        """Each term of a mix by itself. An adapter that was asked for by name, and by no term, gets the first."""
        scorers = [part.scorer(detailed=detailed) for part in self._parts]
        first = next((n for n, part in enumerate(self._parts) if part.question.like is None), None)
        is_named = self._source.adapter not in ("auto", "none")
        if is_named and first is not None and not any(isinstance(scorer, AdapterScorer) for scorer in scorers):
            scorers[first] = Settled(self._parts[first].question, self._source).scorer(detailed=detailed)
        return scorers


def ask(question: Question, source: Source, *, detailed: bool = False) -> Scorer:
    """Settle who answers, and make every text token that it takes; `detailed` as `Settled.scorer` takes it, which
    raises what this does."""
    return Settled(question, source).scorer(detailed=detailed)


def _told_of_both(sentence: str) -> tuple[str, ...]:
    """How "no dogs and people" was read."""
    denied, also = both_denied(named(sentence))
    return (NEITHER.format(quoted(sentence), quoted(also), quoted(f"{also}, no {denied}")),) if also else ()


def _outdated(settled: Settled, source: Source) -> tuple[str, ...]:
    """A word about the ranker that was trained on this sentence, and cannot read today's tokens."""
    if settled.question.opposite or source.adapter == "none":
        return ()
    candidates, sentence = settled.candidates, settled.question.sentence
    missed = next((one for one in candidates.outdated if one.query(sentence) is not None), None)
    return () if missed is None else (str(other_tokens(missed.name, missed, missed.backbone, candidates.fingerprint)),)


def _nobody(settled: Settled, source: Source) -> Asked:
    """Why likeness answers, and the trained query that came nearest."""
    if settled.question.opposite:
        return Asked(None, None, OPPOSITE_NAMED)
    if source.adapter == "none":
        return Asked(None, None, NONE_WANTED)
    near = nearest_query(settled.question.sentence, settled.candidates, source.sentence)
    return Asked(None, None, NO_RANKER_HERE) if near is None else Asked(near[0].name, round(near[1], 4), NO_RANKER)


def answer(
    scorer: Scorer, blocks: Blocks, resources: Resources, places: Places = None, pictures: Hashable = None
) -> Answer:
    """Scores of all pictures that `blocks` gives; `places` as `Scorer.conclude` takes it.

    `pictures` names the pictures by their content, so that what was found out about terms of a mix may be kept.
    """
    if resources.activations is not None:
        resources.activations.next_question()
    if isinstance(scorer, MixScorer):
        return mixed(scorer, blocks(), resources, pictures)
    score = scorer.open(resources)
    return scorer.conclude([score(packed) for packed in blocks()], resources, places)
