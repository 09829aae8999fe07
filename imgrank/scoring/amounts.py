"""Sentences that ask for two amounts at once, "lots of people but few dogs", and the words for no person at all.

Words alone, no model. What reads a sentence whole picks one quantity, and would drop the other or take its end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations

from imgrank.scoring.words import last_base

_LITTLE = r"(?:very )?(?:few|fewer|fewest|less|hardly any|barely any|almost no|nearly no)"
_MUCH = r"(?:lots of|a lot of|many|more|most|plenty of|loads of|as many|so many)"
_AMOUNT = re.compile(
    rf"^(?:with |the )?(?P<amount>{_LITTLE}|{_MUCH}) (?P<thing>(?!the )[\w'-]+(?: [\w'-]+)?)$", re.IGNORECASE
)
_IS_LITTLE = re.compile(rf"^{_LITTLE}$", re.IGNORECASE)
_JOINS = re.compile(r"\s*(?:[,;]|\bbut\b|\band\b|\byet\b)(?:\s+(?:but|and|yet|with)\b)*\s*", re.IGNORECASE)
_FRAME = re.compile(r"^(?:photos|pictures|images|shots|ones) (?:with|that have) ", re.IGNORECASE)
_PLACES = re.compile(
    r"\b(?:first|last|top|bottom|end|front|back|before|after|above|below|up|down|then|or|than|to|at)\b", re.IGNORECASE
)
_MOST_PARTS, _MOST_WORDS = 4, 4

_NOBODY = re.compile(
    r"\b(?:nobody|no[ -]?one)\b(?: else)?(?: (?:is|was|to be))?(?: (?:seen|there|around|visible|present|shown"
    r"|in (?:sight|view)|(?:in|on|at) (?:it|them|there|(?:the |any )?(?:picture|photo|image|frame|shot)s?)))*"
    r"(?=$|[,;.!?]| (?:and|but|or|first|last|at the)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Amount:
    """A part of a sentence: its own words, what it names, whether it says how much, and whether that is little."""

    words: str
    thing: str
    says_how_much: bool
    is_little: bool


def amounts_of(sentence: str) -> tuple[Amount, ...]:
    """The parts of a sentence that are joined by "and", "but" or a comma, of which all but the first name an amount.

    The first may be a thing without one: "a beach and few people". None where nothing is joined, where a part says
    where it is to stand ("few dogs first, many last"), or where two amounts are of one thing.
    """
    found = _joined(sentence)
    return found if len({_base(one) for one in found}) == len(found) else ()


def both_amounts(sentence: str) -> tuple[str, str] | None:
    """Much and little of one thing, where a sentence asks for both: "lots of dogs but few dogs"."""
    for one, other in combinations(_joined(sentence), 2):
        if _base(one) == _base(other) and one.says_how_much and one.is_little != other.is_little:
            return one.words, other.words
    return None


def _joined(sentence: str) -> tuple[Amount, ...]:
    """The parts of a sentence of which all but the first name an amount; none where there are no such parts."""
    words = _FRAME.sub("", " ".join(sentence.split()).strip(" .!?"))
    parts = [part for part in _JOINS.split(words) if part]
    if not 1 < len(parts) <= _MOST_PARTS or _PLACES.search(words) or len(parts[0].split()) > _MOST_WORDS:
        return ()
    amounts = [_AMOUNT.match(part) for part in parts]
    if not all(amounts[1:]):
        return ()
    return tuple(_amount(part, amount) for part, amount in zip(parts, amounts, strict=True))


def _base(amount: Amount) -> str:
    return last_base(amount.thing)


def _amount(part: str, found: re.Match[str] | None) -> Amount:
    if found is None:
        return Amount(part, part, says_how_much=False, is_little=False)
    return Amount(part, found["thing"], says_how_much=True, is_little=_IS_LITTLE.match(found["amount"]) is not None)


def nobody_as_no_people(sentence: str) -> str:
    """ "no one is in the picture" as "no people"; "nobody is smiling" denies the smile, and stays."""
    return _NOBODY.sub("no people", sentence)


def denies_an_act(sentence: str) -> bool:
    """Whether it speaks of nobody who does something, which is no count of people."""
    return re.search(r"\b(?:nobody|no[ -]?one)\b", nobody_as_no_people(sentence), re.IGNORECASE) is not None
