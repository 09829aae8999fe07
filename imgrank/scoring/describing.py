"""A thing and what is said of it: "red" and "car" of "a red car". Words alone, no model."""

from __future__ import annotations

from imgrank.scoring.lexicon import is_noun, is_thing
from imgrank.scoring.parsing import RELATES, read
from imgrank.scoring.words import has_opposite, last_base, word_of

_MOST_WORDS = 4


def described(sentence: str) -> tuple[str, str] | None:
    """The adjectives before a thing, and the thing; None of any other sentence, as of "a jumping dog", which acts."""
    words = [word for word in sentence.lower().rstrip(" .!?").split() if word not in ("a", "an", "the")]
    reading = read(sentence)
    if not 1 < len(words) <= _MOST_WORDS or len(reading.words) != len(words) or reading.grades:
        return None
    *before, thing = words
    if not is_thing(last_base(thing)) or not all(map(_is_adjective, before)):
        return None
    return " ".join(before), thing


def _is_adjective(word: str) -> bool:
    if not word.isalpha() or word.endswith("ing") or word in RELATES:
        return False
    return has_opposite(word) or not is_noun(word_of(word).base)
