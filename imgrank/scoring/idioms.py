"""Turns of phrase that hold a "no" or "not" and deny nothing that is asked for, said plainly: "no lack of dogs".

What is lost of the meaning by that is told: "nothing but dogs" is read as "dogs". Words alone, no model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from imgrank.paths import printable
from imgrank.scoring.words import are_opposite, word_of

MORE_FIRST = "'{}' is not understood, so images that show something else, too, may come first"
NONE_FIRST = "'{}' is not understood as few but some, so images that show none may come first"
EITHER_FIRST = "'{}' is not understood, so images that are not meant may come first"

_PLAIN = (
    (r"\b(?:there (?:is|are) )?no (?:shortage|lack|dearth|scarcity|end) of\b|\bnot (?:without|lacking)\b", "plenty of"),
    (r"\bno (?:fewer|less) than\b", "at least"),
    (r"^(?:there is )?no doubt(?: that is| this is|,)?(?= \w)|,? (?:there is )?no doubt(?: about it)?$", ""),
    (r"^without (?:a )?doubt,?(?= \w)|,? without (?:a )?doubt$", ""),
    (r"\bnot (?:very |too |so )?far (?:apart )?from\b", "near"),
)
_ALONE = (
    r"^(?:with )?(?:nothing|none|nobody|no[ -]?one) (?:else )?but\b(?= \w)",
    r"(?:,| and| but| with|, and|, but)* (?:nobody|no[ -]?one|nothing) else\b.*$",
    r"(?:,| and| but| with|, and|, but)* no others?(?: \w+)?$",
)
_UNREAD = (
    (r"\bnot (?:too |so |very |that |all that )?many\b(?=$| \w+$)", NONE_FIRST),
    (r"\bwith (?:and|or) without\b|\bnot both\b", EITHER_FIRST),
    (r"^no [\w'-]+ but (?:an? )?[\w'-]+$", EITHER_FIRST),
)
_JOINS = re.compile(r"^(?:,| |and\b|but\b|with\b)+", re.IGNORECASE)
_RULES = [(re.compile(mark, re.IGNORECASE), plain) for mark, plain in _PLAIN]
_LONE_RULES = [re.compile(mark, re.IGNORECASE) for mark in _ALONE]
_DOUBTS = [(re.compile(mark, re.IGNORECASE), doubt) for mark, doubt in _UNREAD]
_NOT_ITS_OTHER_END = re.compile(
    r"^(?P<asked>[^,;]+?)(?:,| and| but|, and|, but)? not (?P<other>[\w'-]+)(?: ones)?$", re.IGNORECASE
)
_NO = re.compile(r"\b(?:no|not|without|nor|neither|never)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence said plainly, and what of it is not understood: a sentence for the user, or nothing."""

    text: str
    doubt: str = ""


def plainly(sentence: str) -> Said:
    """A sentence without turns of phrase; the very same where it has none."""
    words = " ".join(sentence.replace("’", "'").split()).rstrip(" .!?")
    plain = _without_other_end(_spelt_plainly(words))
    alone = next((found for rule in _LONE_RULES if (found := rule.search(plain))), None)
    if alone is not None and len(alone[0]) < len(plain):
        text = " ".join((plain[: alone.start()] + plain[alone.end() :]).split())
        return Said(text, MORE_FIRST.format(printable(_JOINS.sub("", alone[0]))))
    unread = next(((found, doubt) for rule, doubt in _DOUBTS if (found := rule.search(plain))), None)
    text = sentence if plain == words else plain
    return Said(text) if unread is None else Said(text, unread[1].format(printable(unread[0][0])))


def _spelt_plainly(words: str) -> str:
    for rule, plain in _RULES:
        words = rule.sub(plain, words)
    return " ".join(words.split())


def _without_other_end(words: str) -> str:
    """ "blurry" of "blurry, not sharp": who wants one end of a scale does not want the other."""
    found = _NOT_ITS_OTHER_END.match(words)
    if found is None or _NO.search(found["asked"]):
        return words
    other = word_of(found["other"].lower()).base
    asked = re.findall(r"[\w'-]+", found["asked"].lower())
    return found["asked"] if any(are_opposite(word_of(word).base, other) for word in asked) else words
