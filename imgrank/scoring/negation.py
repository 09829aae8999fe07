"""Sentences that negate: "no cat" asks for what lacks a cat most. Words alone, no model.

Understood is one thing that the whole sentence denies, or puts last ("cats last"), and things that are plainly denied
beside what is asked for ("a dog but not a cat"), which are terms of a mix. Any other denial inside a sentence is not: a
vector of a sentence hardly knows it, and half of it would be answered as if nothing had been denied.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PICTURE = r"(?:(?:a |an |the |all |any )?(?:photos?|photographs?|pictures?|images?|shots?|ones?|frames?) )"
_THING = r"(?:anything|everything|something|all|any)"
_DENIES = (
    r"(?:is |are |that is |that are |which is |which are )?(?:not|isn'?t|aren'?t)(?: (?:of|with|showing|containing))?",
    r"(?:with |that has |that have |where there (?:is|are) |there (?:is|are) )?no",
    r"(?:that |which )?(?:does|do)(?: not|n'?t) (?:show|have|contain|include)",
    r"without|lacking|free of|except(?: for)?|excluding|other than|but(?: not)?",
)
_CLEAR = re.compile(
    rf"^(?:please )?(?:show me |find )?(?:"
    rf"(?:{_PICTURE}|{_THING} )?(?:{'|'.join(_DENIES[:3])}|{_DENIES[3].replace('|but(?: not)?', '')})"
    rf"|(?:{_PICTURE}|{_THING} )(?:{_DENIES[3]})"
    rf"|nothing (?:with|like|of|that (?:shows|has|contains)))"
    rf" (?:a single |any |at all )?(?P<thing>.+?)(?: at all| in it| in them)?$",
    re.IGNORECASE,
)
_FREE = re.compile(r"^(?P<thing>[\w' ]+?)(?:-free| free)(?: (?:photos?|pictures?|images?))?$", re.IGNORECASE)
_LAST = re.compile(
    r"^(?:please )?(?:"
    r"(?:put|leave|keep|save|place|move|push|send|show|rank|list) (?P<put>.+?)"
    r" (?:(?:for |till |until )?(?:the )?last|(?:at|for|to|till|until) the (?:very )?(?:end|bottom|back))"
    r"|(?P<stands>(?:(?!\b(?:the|a|an|at|long|my|our|your|his|her|its|their|very)\b)[\w'-]+ |the (?=\w+ \w)){1,4}?)"
    r"(?:(?:should |must )?(?:come|comes|go|goes) )?last"
    r")(?: please)?$",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"\b(?:not|no|without|never|except|excluding|nothing|neither|nor|lacking|\w+n['’]t)\b", re.IGNORECASE
)
_NAMES = re.compile(r"\bno[ -](?:\w+[ -])?(?:entry|sign|signs|parking|smoking|zone|trespassing)\b", re.IGNORECASE)
_MIXES = re.compile(r"\b(?:and|or|but|with|while)\b|[,;]", re.IGNORECASE)

_MOST_WORDS = 3
_BESIDE = re.compile(
    r"^(?P<wanted>\S.*?)(?:,| and| but| yet|;)*(?: (?:and|but|yet))? ?\b(?:"
    r"(?:with |there (?:is|are) |that (?:has|have) |has |have )?(?:absolutely )?no|without|with out|excluding|"
    r"except(?: for)?|minus|free of|lacking|(?<=but )not|(?<=and )not|(?<=, )not)"
    r" (?P<unwanted>\S.*)$",
    re.IGNORECASE,
)
_ITEMS = re.compile(r"\s*(?:,|;|\band\b|\bor\b|\bnor\b)\s*(?:(?:and|or|nor)\s+)?(?:no |without |not )?", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:a|an|the|any|a single|other) ", re.IGNORECASE)
_UNPLAIN = re.compile(
    r"\b(?:\w{3,}ing|in|on|at|of|with|from|by|for|to|that|which|who|is|are|was|were|than|but|as|while|when)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Negation:
    """What a sentence denies: the `thing`, or None where a denial inside it is not understood."""

    thing: str | None


def negation_of(sentence: str) -> Negation | None:
    """What a sentence denies; None where it denies nothing."""
    words = " ".join(sentence.strip().rstrip(".!").replace("’", "'").split())
    told = _NAMES.sub(" ", words)  # "a no parking sign" is a thing
    found = _CLEAR.match(words) or _FREE.match(words)
    last = _LAST.match(words)
    if last is not None and not _DENIAL.search(words):
        return Negation((last["put"] or last["stands"]).strip())
    if found is not None and told == words:
        thing = found["thing"]
        return Negation(None if _DENIAL.search(thing) or _MIXES.search(thing) else thing)
    return Negation(None) if _DENIAL.search(told) else None


@dataclass(frozen=True, slots=True)
class WantedWithout:
    """A sentence that asks for one thing and denies others: "at least two dogs, no people"."""

    wanted: str
    unwanted: tuple[str, ...]


def wanted_without(sentence: str) -> WantedWithout | None:
    """What a sentence asks for and what it denies beside it; None where it does not say so plainly.

    Plain is what follows "without", "no", or "but not" and names things in a word or three: "a man with no shirt
    playing the guitar" may deny the guitar or not.
    """
    words = " ".join(sentence.strip().rstrip(".!").replace("’", "'").split()).removesuffix(" please")
    found = _BESIDE.match(words)
    if found is None or _NAMES.search(words):
        return None
    wanted, unwanted = found["wanted"].strip(" ,"), _ITEMS.split(found["unwanted"])
    things = tuple(dict.fromkeys(_ARTICLE.sub("", item.strip()) for item in unwanted if item.strip()))
    if _DENIAL.search(wanted) or not things or not all(map(_is_plain, things)):
        return None
    return WantedWithout(wanted, things)


def _is_plain(thing: str) -> bool:
    words = thing.lower().split()
    return 0 < len(words) <= _MOST_WORDS and not _UNPLAIN.search(thing) and not _DENIAL.search(thing)
