"""A thing and what is said of it: "red" and "car" of "a red car". Words alone, no model."""

from __future__ import annotations

import re
from itertools import takewhile

from imgrank.detail.qualities import PICTURE_NOUNS
from imgrank.scoring.comparatives import OPPOSITES
from imgrank.scoring.languages import is_english
from imgrank.scoring.lexicon import is_noun, is_thing
from imgrank.scoring.parsing import RELATES, read
from imgrank.scoring.words import has_opposite, last_base, word_of

_MOST_WORDS = 4
_ARTICLES = ("a", "an", "the")
_DEGREES = ("most", "least", "more", "less")
_AMOUNTS = ("fewer", "fewest")
_BREAKS = re.compile(r"[,;:]")
_OF_PICTURES = re.compile(rf" (?:{'|'.join(PICTURE_NOUNS)}) (?:of|with|showing) (?:(?:my|our|some|any) )?")
_ENDS = RELATES | {"and", "or", "but", "who", "that", "which"}  # a thing that is compared
_JUDGES = ("good", "bad")  # of which is told otherwise


def described(sentence: str) -> tuple[str, str] | None:
    """The adjectives before a thing, and the thing, also of "dark photos of dogs"; None of any other sentence, as of
    "a jumping dog", which acts."""
    plain = _OF_PICTURES.sub(" ", sentence.lower().rstrip(" .!?"))
    words, reading = [word for word in plain.split() if word not in _ARTICLES], read(plain)
    if not 1 < len(words) <= _MOST_WORDS or len(reading.words) != len(words) or reading.grades:
        return None
    *before, thing = words
    if not is_thing(last_base(thing)) or not all(map(_is_adjective, before)):
        return None
    return " ".join(before), thing


def compared(sentence: str) -> tuple[str, str] | None:
    """What a thing has more of, "happiest" or "least messy", and the thing: "kid" of "the happiest kid on a beach"."""
    part, *rest = _BREAKS.split(sentence.lower().rstrip(" .!?"), maxsplit=1)
    ordered = _ordered(part, rest[0]) if rest else None
    if ordered is not None:
        return ordered
    words = [word for word in part.split() if word not in _ARTICLES]
    count = _words_of_degree(words)
    asked, rest = words[:count], words[count:]
    if len(rest) > 2 and rest[0] in PICTURE_NOUNS and rest[1] == "of":
        rest = rest[2:]
    more = [] if "than" in rest else list(takewhile(_is_adjective, rest[:-1]))
    thing = list(takewhile(lambda word: word not in _ENDS, rest[len(more) :]))
    are_things = 0 < len(thing) < _MOST_WORDS and all(is_noun(word_of(word).base) for word in thing)
    if not asked or not are_things or not PICTURE_NOUNS.isdisjoint(thing) or _counts(asked[0], thing[-1]):
        return None
    return " ".join([*asked, *more]), " ".join(thing)


def _ordered(part: str, order: str) -> tuple[str, str] | None:
    """ "newest" and "black cars" of "black cars, newest first"."""
    asked = [word for word in order.split() if word not in (*_ARTICLES, "ones", "first", "last")]
    last = word_of(part.split()[-1] if part.split() else "").base
    is_order = 0 < len(asked) == _words_of_degree(asked) and not _words_of_degree(part.split())
    is_of_things = is_noun(last) and PICTURE_NOUNS.isdisjoint(part.split()) and len(part.split()) <= _MOST_WORDS
    return (" ".join(asked), part.strip()) if is_order and is_of_things else None


def _words_of_degree(words: list[str]) -> int:
    """How many words at the beginning say what is compared: two of "most crowded", one of "tallest", else none."""
    first, second = [*words, "", ""][:2]
    if first in _DEGREES:
        return 2 if has_opposite(word_of(second).base) or _is_adjective(second) else 0
    word = word_of(first)
    is_named = is_noun(first) and first not in OPPOSITES  # a number plate is no plate that is more numb
    return 1 if word.compares and not is_named and word.base not in _JUDGES and first not in _AMOUNTS else 0


def _counts(degree: str, thing: str) -> bool:
    """Whether it is asked for more of some things: "more red cars" are more cars."""
    return degree in ("more", "less") and word_of(thing).base != thing


def _is_adjective(word: str) -> bool:
    if not word.isalpha() or word.endswith("ing") or word in RELATES:
        return False
    return has_opposite(word) or (is_english(word) and not is_noun(word_of(word).base))
