"""A sentence to the terms of a mix that it names: things that it denies beside others, two amounts, an order of some.

Which are terms depends on who answers them, so this stands above `asking`.
"""

from __future__ import annotations

from imgrank.records import Term
from imgrank.scoring.amounts import Amount, amounts_of, nobody_as_no_people
from imgrank.scoring.asking import Settled
from imgrank.scoring.choosing import OWN_WORDS
from imgrank.scoring.detail import quality_in
from imgrank.scoring.idioms import plainly
from imgrank.scoring.naming import beginning, named
from imgrank.scoring.negation import WantedWithout, denied_then_wanted, denied_together, negation_of, wanted_without
from imgrank.scoring.one_sentence import Source
from imgrank.scoring.parsing import read
from imgrank.scoring.question import Question


def terms_of(sentence: str, source: Source) -> tuple[Term, ...]:
    """The terms of a sentence that plainly denies several things, or one beside another; none where it is one term.

    "no people" is its own term where a trained query counts them, and where nothing else is asked for; else less of
    "people" is asked for. Whoever was trained on these very words, or is asked for by name, answers them whole. Raises
    AdapterError as `ask` does.
    """
    said_plainly = plainly(beginning(sentence))
    thing = named(nobody_as_no_people(said_plainly.text))
    ordered = _ordered_without(thing, source)
    together = () if ordered else denied_together(thing)
    said = None if together else ordered or wanted_without(thing)
    amounts = () if together or said else amounts_of(thing)
    if source.adapter not in ("auto", "none") or not (together or said or amounts) or quality_in(thing) is not None:
        return ()
    if said_plainly.doubt:
        return ()
    denied = negation_of(thing)
    if denied is not None and (denied.thing is not None or denied.doubt):
        return ()
    whole = Settled(Question(sentence), source).choice
    if whole is not None and whole.reason == OWN_WORDS:
        return ()
    if amounts:
        return _terms_of_amounts(amounts, source)
    if said is None:
        return tuple(map(Term, together))
    counted = (Settled(Question(f"no {thing}"), source).choice for thing in said.unwanted)
    unwanted = (
        Term(thing, weight=-1.0) if choice is None else Term(f"no {thing}")
        for thing, choice in zip(said.unwanted, counted, strict=True)
    )
    return (Term(said.wanted), *unwanted)


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
