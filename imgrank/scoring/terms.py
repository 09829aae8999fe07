"""A sentence to the terms of a mix that it names: things that it denies beside others, two amounts, an order of some.

Which are terms depends on who answers them, so this stands above `asking`.
"""

from __future__ import annotations

import re

from imgrank.records import Term
from imgrank.scoring.amounts import Amount, amounts_of, nobody_as_no_people
from imgrank.scoring.asking import Settled
from imgrank.scoring.choosing import OWN_WORDS
from imgrank.scoring.detail import quality_in
from imgrank.scoring.idioms import plainly
from imgrank.scoring.lexicon import is_noun
from imgrank.scoring.limits import quality_beside
from imgrank.scoring.naming import beginning, named
from imgrank.scoring.negation import WantedWithout, denied_then_wanted, denied_together, negation_of, wanted_without
from imgrank.scoring.one_sentence import Source
from imgrank.scoring.parsing import read
from imgrank.scoring.phrasings import phrasings_of
from imgrank.scoring.preferring import first_and_last
from imgrank.scoring.question import Question
from imgrank.scoring.words import last_base

_ORDERED = re.compile(
    r"^(?P<thing>[^,;:]+?)(?:\s*[,;:]| [–-]|,?(?: and)? (?:sorted |ordered |ranked |arranged )?by)"
    r"\s*(?:the )?(?P<order>[^,;:]+)$",
    re.IGNORECASE,
)
_OF_LOOKS = re.compile(r"\b(?:colou?rful(?:ness)?|vivid(?:ness)?|saturat(?:ed|ion)|monochrome)\b", re.IGNORECASE)
_QUALITIES = re.compile(r"\s*(?:[,;&]|\b(?:and|but|yet)\b)\s*(?:(?:and|but|yet)\s+)?(?:also\s+)?", re.IGNORECASE)
_MOST_QUALITIES, _MOST_WORDS = 4, 3
_ORDERS = 0.5  # of the weight of what is put in order: dark pictures of other things come behind all birds


def terms_of(sentence: str, source: Source) -> tuple[Term, ...]:
    """The terms of a sentence that plainly asks for several things, or denies one beside another; none where it is one.

    "no people" is its own term where a trained query counts them, and where nothing else is asked for; else less of
    "people" is asked for. Whoever was trained on these very words, or is asked for by name, answers them whole. Raises
    AdapterError as `ask` does.
    """
    said = plainly(beginning(sentence))
    thing = named(nobody_as_no_people(said.text))
    if said.doubt or source.adapter not in ("auto", "none") or quality_in(thing) is not None:
        return ()
    denied = negation_of(thing)
    if denied is not None and (denied.thing is not None or denied.doubt):
        return ()
    terms = _denying(thing, source) or _wanting(thing, source)
    whole = Settled(Question(sentence), source).choice if terms else None
    return () if whole is not None and whole.reason == OWN_WORDS else terms


def _denying(thing: str, source: Source) -> tuple[Term, ...]:
    """Where some of it is denied."""
    ordered = _ordered_without(thing, source)
    together = () if ordered else denied_together(thing)
    said = None if together else ordered or wanted_without(thing)
    return tuple(map(Term, together)) if said is None else _beside(said, source)


def _beside(said: WantedWithout, source: Source) -> tuple[Term, ...]:
    """What is wanted, and less of all that is not."""
    counted = (Settled(Question(f"no {thing}"), source).choice for thing in said.unwanted)
    unwanted = (
        Term(thing, weight=-1.0) if choice is None else Term(f"no {thing}")
        for thing, choice in zip(said.unwanted, counted, strict=True)
    )
    return (*(_qualities(said.wanted, source) or (Term(said.wanted),)), *unwanted)


def _wanting(thing: str, source: Source) -> tuple[Term, ...]:
    """Where several things are asked for, or an order of some."""
    if negation_of(thing) is not None:
        return ()
    amounts = _terms_of_amounts(amounts_of(thing), source)
    return amounts or _qualities(thing, source) or _first_and_last(thing, source) or _in_an_order(thing, source)


def _qualities(sentence: str, source: Source) -> tuple[Term, ...]:
    """ "sharp and bright": several qualities of pictures as such, by scales of their own."""
    parts = _QUALITIES.split(sentence) if source.adapter == "auto" else []
    if not 1 < len(parts) <= _MOST_QUALITIES or any(len(part.split()) > _MOST_WORDS for part in parts):
        return ()
    orders = [Settled(Question(part), source) for part in parts]
    if not all(map(_is_of_pictures, orders)) or not any(order.is_of_scale for order in orders):
        return ()
    ends = dict.fromkeys((order.end or (part, False)) for order, part in zip(orders, parts, strict=True))
    firsts = {order.end or (part, False): part for order, part in reversed(list(zip(orders, parts, strict=True)))}
    is_each_once = len({name for name, _ in ends}) == len(ends) > 1  # "sharp but blurry" names both ends of one
    return tuple(Term(firsts[end]) for end in ends) if is_each_once else ()


def _first_and_last(sentence: str, source: Source) -> tuple[Term, ...]:
    """ "dogs first, people last", unless these are two ends of a scale that answers, as "babies first, adults last"."""
    said = first_and_last(sentence)
    if said is None:
        return ()
    whole = Settled(Question(sentence), source).choice
    is_scale = whole is not None and not phrasings_of(whole.query.phrasings).things
    return () if is_scale else _beside(said, source)


def _in_an_order(sentence: str, source: Source) -> tuple[Term, ...]:
    """ "birds, darkest first" and "the sharpest picture of a dog": some things, in an order of pictures as such."""
    found, beside = _ORDERED.match(sentence), quality_beside(sentence)
    if beside is not None and beside.thing and source.adapter == "auto":
        if not read(beside.thing).words and not is_noun(last_base(beside.thing)):  # "the sharpest ones"
            return (Term(beside.asked),)
        return (Term(beside.thing), Term(beside.asked, weight=_ORDERS))
    if found is None or not read(found["thing"]).words:
        return ()
    order = Settled(Question(found["order"]), source)
    is_order = read(found["order"]).grades and not order.speaks_of(found["thing"])
    return (Term(found["thing"]), Term(found["order"], weight=_ORDERS)) if is_order and _is_of_pictures(order) else ()


def _is_of_pictures(order: Settled) -> bool:
    """Whether it orders pictures as such, and not what they show."""
    if order.quality is not None or _OF_LOOKS.search(order.question.sentence):
        return True
    return order.choice is not None and phrasings_of(order.choice.query.phrasings).grades_pictures


def _ordered_without(sentence: str, source: Source) -> WantedWithout | None:
    """A denial and an order that is asked for behind it, "no dogs, sharpest first"; None where that is no order."""
    said = denied_then_wanted(sentence)
    if said is None or not read(said.wanted).grades:
        return None
    order = Settled(Question(said.wanted), source)
    is_apart = not any(order.speaks_of(thing) for thing in said.unwanted)
    return said if is_apart and order.is_of_scale else None


def _terms_of_amounts(amounts: tuple[Amount, ...], source: Source) -> tuple[Term, ...]:
    """A term each, where trained queries count what is asked for beside the first, and no two parts find the same."""
    choices = [Settled(Question(amount.words), source).choice for amount in amounts]
    found = [choice.query.name for choice in choices if choice is not None]
    counted = [choice for amount, choice in zip(amounts, choices, strict=True) if amount.says_how_much]
    if len(set(found)) < len(found) or not any(counted):
        return ()
    return tuple(
        Term(amount.thing, weight=-1.0) if choice is None and amount.is_little else Term(amount.words)
        for amount, choice in zip(amounts, choices, strict=True)
    )
