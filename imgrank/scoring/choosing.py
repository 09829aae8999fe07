"""Who answers a sentence: a query that some adapter was trained on, or nobody.

A trained query answers only who asks for its scale. "a red car" is about cars as "newer car" is, and asks for none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from imgrank.adapter.header import AdapterHeader, Query, other_tokens
from imgrank.adapter.registry import find_adapter, installed_adapters
from imgrank.detail.qualities import PICTURE_NOUNS
from imgrank.records import Asked
from imgrank.scoring.asks import Asks, asks
from imgrank.scoring.calibration import AskingWeights, asking_weights
from imgrank.scoring.languages import seems_english
from imgrank.scoring.lexicon import are_near, is_noun, is_somebody, is_thing
from imgrank.scoring.negation import negation_of
from imgrank.scoring.parsing import Reading, read
from imgrank.scoring.phrasings import Phrasings, phrasings_of
from imgrank.scoring.question import Encode
from imgrank.scoring.signs import PARTS_OF_PICTURES, nearness, signs_of
from imgrank.scoring.words import are_kin, last_base, word_of, word_set

NEAR_FROM, NEAR_WITHOUT_WORD_FROM = 0.1, 0.45  # cosines below which nobody looks closer: it costs time, and finds none
_WIDER_KINDS = word_set("animal creature beast mammal")
_OTHER_SCALES = word_set(  # moods, and what else a picture may be, that the model was not taught and takes for its own
    "funny hilarious amusing humorous comic comical silly goofy happy joyful cheerful merry sad gloomy melancholic "
    "melancholy depressing angry furious scary creepy spooky eerie frightening romantic cozy cosy comfy nostalgic "
    "vintage retro sentimental lonely moody dreamy magical mysterious peaceful calm serene weird strange odd bizarre "
    "surreal boring exciting touching heartwarming emotional awkward embarrassing cute adorable sexy dramatic tense "
    "cluttered messy untidy tidy chaotic rough sick typical real"
)
_LEAST = re.compile(r"^(?:the )?(?:least|less) (?P<thing>\S.*)$", re.IGNORECASE)
_OF_PICTURES = re.compile(rf" (?:{'|'.join(PICTURE_NOUNS)}|ones)$", re.IGNORECASE)
_ANYBODY = word_set("person human folk adult")
_AGES, _JUDGES = word_set("old young"), word_set("good bad")
_PICTURES_OF = re.compile(
    rf"(?:\b(?:{'|'.join(PICTURE_NOUNS)}) (?:of|with|showing) (?:(?:the|an?|my|our|some|any) )?"
    r"|^(?:in|out of) focus )(?P<thing>[\w'-]+(?: [\w'-]+)?)$",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+")
OWN_WORDS = "these are the words it was trained on"
SAME_SCALE = "the sentence asks for the same scale"
BY_NAME = "the ranker was asked for by name"
NO_RANKER = "no trained ranker fits it"
NO_RANKER_HERE = "no ranker was trained on this image model"
NONE_WANTED = "rankers are turned off"
OPPOSITE_NAMED = "the other end of the scale was given"

# What stands first by a shipped query, and what if its other end is asked for.
MOST = ("most", "least")
FIRST = {
    "older person": ("oldest", "youngest"),
    "newer car": ("newest", "oldest"),
    "good photo quality": ("best", "worst"),
    "more red blood cells": ("most", "fewest"),
    "more platelets": ("most", "fewest"),
    "more people": ("most", "fewest"),
    "more dogs": ("most", "fewest"),
    "blurry": ("blurriest", "sharpest"),
    "noisy": ("noisiest", "least noisy"),
    "underexposed": ("darkest", "brightest"),
    "low contrast": ("lowest", "highest"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The query that answers a sentence; `similarity` is their cosine.

    `reversed` says that the sentence asks for the other end: "younger person" of a query "older person". `words` are
    what the adapter is to read: the query's own, or the sentence where it was only asked for by name. `whole` says that
    a model read the sentence whole, "not" and "no" with it. `asks_for_another` says that the sentence is about
    something else than the query, which answers because its adapter was asked for by name.
    """

    adapter: AdapterHeader
    query: Query
    similarity: float
    reason: str
    words: str
    reversed: bool = False
    whole: bool = False
    asks_for_another: bool = False

    @property
    def asked(self) -> Asked:
        """Who was found, for the user."""
        first = FIRST.get(self.query.name, MOST)[self.reversed]
        minus = f"predicted {self.query.unit}" if self.query.unit else "prediction"
        return Asked(
            query=self.query.name,
            similarity=round(self.similarity, 4),
            reason=self.reason,
            quantity=f"{quantity_of(self.query)}, {first} first",
            shipped=self.adapter.shipped,
            answers=True,
            minus=minus if self.reversed else "",
        )


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Adapters that may answer: all of this backbone, or, `named`, the one that the user asked for.

    `outdated` were trained on tokens that an earlier imgrank made with this backbone, and answer nothing any more.
    """

    headers: tuple[AdapterHeader, ...]
    fingerprint: str
    named: bool = False
    outdated: tuple[AdapterHeader, ...] = ()

    @staticmethod
    def of(adapter: str, backbone: str, fingerprint: str) -> Candidates:
        """`adapter` is a name or a file, `auto` for all, `none` for nobody.

        Raises AdapterError where there is no such adapter, or it was made for another backbone.
        """
        if adapter == "none":
            return Candidates((), fingerprint)
        if adapter == "auto":
            headers = installed_adapters().adapters
            fitting = tuple(header for header in headers if header.fingerprint == fingerprint)
            others = (header for header in headers if header not in fitting)
            return Candidates(fitting, fingerprint, outdated=tuple(one for one in others if one.backbone == backbone))
        header = find_adapter(adapter)
        if header.fingerprint != fingerprint:
            raise other_tokens(header.name, header, backbone, fingerprint)
        return Candidates((header,), fingerprint, named=True)


def who_answers(sentence: str, candidates: Candidates, encode: Encode) -> Choice | None:
    """The trained query that answers a sentence, None where likeness does.

    A query's own words find it always, in any form where a user trained it, and before those of what ships. Other words
    find it where they ask for its scale: of what users train by the words of its phrasings, of what ships by a model
    that was taught how people ask. Who was asked for by name answers whatever is asked, by the nearest of its queries.
    """
    reading, weights = read(sentence), asking_weights(candidates.fingerprint)
    own = _by_own_words(sentence, reading, candidates)
    if own is not None:
        return own
    is_read = seems_english(sentence)
    taught = asks(_of_anybody(sentence, reading), candidates.fingerprint, encode) if is_read else None
    by_phrasings = tuple(one for one in candidates.headers if not one.shipped or (taught is None and is_read))
    found = list(_asked_for(sentence, reading, by_phrasings, weights, encode))
    if found:
        return max(found, key=lambda one: one[0])[1]
    choice = None if taught is None else _taught(taught, sentence, reading, candidates, encode)
    choice = _of_denied(sentence, choice, candidates, encode) or choice
    if choice is not None or not candidates.named:
        return choice
    return _nearest_of_named(sentence, reading, candidates, taught, encode)


def _by_own_words(sentence: str, reading: Reading, candidates: Candidates) -> Choice | None:
    """The query that was trained on these words; the user's own first, which may be in other forms ("oldest face")."""
    for shipped in (False, True):
        headers = [header for header in candidates.headers if header.shipped is shipped]
        for header in headers:
            query = header.query(sentence)
            if query is not None:
                return Choice(header, query, 1.0, OWN_WORDS, query.name)
        for header in headers:
            for query in header.queries:
                readings = phrasings_of(query.phrasings).readings
                if reading.said and any(_says_the_same(reading, other, any_form=not shipped) for other in readings):
                    return Choice(header, query, 1.0, OWN_WORDS, query.name)
    return None


def _says_the_same(one: Reading, other: Reading, *, any_form: bool) -> bool:
    if one.turn != other.turn:
        return False
    return one.bases == other.bases if any_form else one.said == other.said


def nearest_query(sentence: str, candidates: Candidates, encode: Encode) -> tuple[Query, float] | None:
    """The query whose phrasings come nearest to a sentence, and their cosine; None where there is no adapter."""
    queries = (query for header in candidates.headers for query in header.queries)
    near = ((query, nearness(sentence, query.embeddings, encode)) for query in queries)
    return max(near, key=lambda one: one[1], default=None)


def quantity_of(query: Query) -> str:
    """What a query orders by, in words: the first phrasing that names it ("age of the person"), or its name."""
    named = (text for text in query.phrasings if " of " in text or text.startswith("how "))
    return next(named, query.name)


def _asked_for(
    sentence: str, reading: Reading, headers: tuple[AdapterHeader, ...], weights: AskingWeights, encode: Encode
) -> Iterator[tuple[float, Choice]]:
    """Queries whose scale the sentence asks for, with how clearly."""
    if not reading.words:
        return
    for header in headers:
        for query in header.queries:
            similarity, phrasings = nearness(reading.said, query.embeddings, encode), phrasings_of(query.phrasings)
            if reading.asks_when and header.shipped:  # the shipped ranker knows ages and models, and no dates
                continue
            if similarity < (NEAR_FROM if share_a_word(reading, phrasings) else NEAR_WITHOUT_WORD_FROM):
                continue
            signs = signs_of(sentence, reading, phrasings, query.embeddings, encode)
            clearness = weights.clearness(signs.numbers()) if signs is not None else -1.0
            if clearness >= 0:
                turned = _turn(sentence, reading, phrasings) < 0
                yield clearness, Choice(header, query, similarity, SAME_SCALE, query.name, turned)


def _turn(sentence: str, reading: Reading, query: Phrasings) -> float:
    """1 where most of the query's scale is asked for, -1 where least; what a whole sentence denies comes last."""
    negation = negation_of(sentence)
    if negation is None or negation.thing is None:
        return query.turn(query.meant_by(reading))
    return -query.turn(query.meant_by(read(negation.thing)))


def _taught(asked: Asks, sentence: str, reading: Reading, candidates: Candidates, encode: Encode) -> Choice | None:
    """What the model reads is asked for; of two rankers for it the first, which is the user's own."""
    if asked.clearness < 0 or reading.asks_when:  # it asks for ages and models, and for no dates
        return None
    known = ((header, header.query(asked.query)) for header in candidates.headers)
    found = next(((header, query) for header, query in known if query is not None), None)
    if found is None:
        return None
    header, query = found
    phrasings = phrasings_of(query.phrasings)
    if not share_a_word(reading, phrasings) and (
        _is_of_another(reading) or (phrasings.things and _names_wider(reading))
    ):
        return None
    denied = plainly_denied(sentence)
    if _asks_of_things(sentence, reading, phrasings) or (denied is not None and _names_somebody(denied)):
        return None
    turned = asked.is_reversed(phrasings.turn(phrasings.meant_by(reading)))
    if denied is not None and phrasings.things:  # no count is asked for but of what is to be absent
        if not share_a_word(denied, phrasings):
            return None
        turned = phrasings.turn(phrasings.meant_by(denied)) > 0  # who wants it "not empty" wants many
    return Choice(
        header, query, nearness(reading.said, query.embeddings, encode), SAME_SCALE, query.name, turned, whole=True
    )


def _of_denied(sentence: str, choice: Choice | None, candidates: Candidates, encode: Encode) -> Choice | None:
    """What a whole sentence denies, or wants least of, turned round: "not overexposed" is the other end of
    "overexposed". None where it denies nothing that asks for a scale by itself, or `choice`, who answers the sentence
    whole, is of another one."""
    negation, least = negation_of(sentence), _LEAST.match(sentence)
    thing = least["thing"] if least else None if negation is None else negation.thing
    denied = None if thing is None else _asked_alone(thing, candidates, encode)
    is_same = denied is not None and (choice is None or choice.query is denied.query)
    return replace(denied, reversed=not denied.reversed) if denied is not None and is_same else None


def _asked_alone(thing: str, candidates: Candidates, encode: Encode) -> Choice | None:
    """The scale that a quality asks for by itself, which counts nothing: "overexposed", and "overexposed photos" of
    which only pictures are said to be so."""
    for words in dict.fromkeys((thing, _OF_PICTURES.sub("", thing))):
        taught = asks(words, candidates.fingerprint, encode)
        choice = None if taught is None else _taught(taught, words, read(words), candidates, encode)
        phrasings = None if choice is None else phrasings_of(choice.query.phrasings)
        if phrasings is not None and not phrasings.things and (words == thing or phrasings.is_about_photographs):
            return choice
    return None


def _of_anybody(sentence: str, reading: Reading) -> str:
    """ "older person" of "older man": who compares nothing but somebody's age asks the same of men, ladies and boys."""
    somebody = {word for word in reading.words if is_somebody(word.base)}
    others = [word for word in reading.words if word not in somebody]
    if not somebody or [word.compares for word in others] != [True] or others[0].base not in _AGES:
        return sentence
    return _WORD.sub(lambda found: _anybody(found[0]) if word_of(found[0].lower()) in somebody else found[0], sentence)


def some_people(sentence: str) -> str:
    """Those whose age alone a sentence asks for, where a ranker of age does not tell them from others: "women"."""
    reading = read(sentence)
    if _of_anybody(sentence, reading) == sentence:
        return ""
    named = (word for word in _WORD.findall(sentence) if is_somebody(word_of(word.lower()).base))
    return next((word for word in named if word_of(word.lower()).base not in _ANYBODY), "")


def _anybody(word: str) -> str:
    return "person" if word_of(word.lower()).base == word.lower() else "people"


def _is_of_another(reading: Reading) -> bool:
    """Whether it asks for a scale that nobody shipped: "funny photos" may be poor ones."""
    return any(word.base in _OTHER_SCALES for word in reading.words)


def _asks_of_things(sentence: str, reading: Reading, query: Phrasings) -> bool:
    """Whether it asks for a quality of pictures of something, "grainy photos of people", or for good ones of what is
    counted: who answers by the one would not look at the other."""
    if query.things:
        acts = not reading.grades and any(word.base.endswith("ing") for word in reading.words)  # "people facing away"
        return acts or any(word.base in _JUDGES for word in reading.words)
    things = (found["thing"] for found in _PICTURES_OF.finditer(sentence) if query.is_about_photographs)
    return any(_is_shown(thing.lower()) and not share_a_word(read(thing), query) for thing in things)


def _is_shown(thing: str) -> bool:
    """Whether pictures show what words name: "dog" and "faces", and not "night"."""
    base = last_base(thing)
    are_several = base != thing.split()[-1] and is_noun(base) and base not in PARTS_OF_PICTURES
    return is_thing(base) or are_several


def _names_somebody(denied: Reading) -> bool:
    """Whether nothing but people of some age are denied: "no children" asks for none, and not for the oldest."""
    words = [word.base for word in denied.words]
    return bool(words) and words != ["person"] and all(map(is_somebody, words))


def _names_wider(reading: Reading) -> bool:
    """Whether it names a wider kind than any that is counted: "at least one animal" asks for no number of dogs."""
    return any(word.base in _WIDER_KINDS for word in reading.words)


def _nearest_of_named(
    sentence: str, reading: Reading, candidates: Candidates, taught: Asks | None, encode: Encode
) -> Choice | None:
    nearest = nearest_query(sentence, candidates, encode)
    if nearest is None:
        return None
    query, similarity = nearest
    phrasings = phrasings_of(query.phrasings)
    shares = share_a_word(reading, phrasings)
    turned = shares and _turn(sentence, reading, phrasings) < 0
    asks_for_another = bool(reading.words) and (not shares or (taught is not None and taught.clearness >= 0))
    words = query.name if turned else sentence
    return Choice(candidates.headers[0], query, similarity, BY_NAME, words, turned, asks_for_another=asks_for_another)


def plainly_denied(sentence: str) -> Reading | None:
    """The thing that a whole sentence denies; None where it denies none, or one by its amount ("fewest dogs last")."""
    negation = negation_of(sentence)
    if negation is None or negation.thing is None:
        return None
    thing = read(negation.thing)
    return None if thing.grades or thing.turn < 0 else thing


def share_a_word(reading: Reading, query: Phrasings) -> bool:
    """Whether a sentence names anything that a query is about."""
    words = [word.base for word in query.meant_by(reading).words]
    kinds = reading.counts and any(query.counts_kind(word) for word in words)
    return kinds or any(are_kin(word, other) or are_near(word, other) for word in words for other in query.words)
