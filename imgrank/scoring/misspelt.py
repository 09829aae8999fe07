"""Slips of the keyboard in a sentence: words that nobody here knows, and that are nearly spelt like one that is known.

No list at hand has all words of English, let alone names. So only slips are looked for that hardly make a word of
another: two letters swapped, one left out, doubled or not doubled, and in a long word one put in or one vowel changed;
of a short word only where a common one was meant. A word with a capital is none.
"""

from __future__ import annotations

import re
from functools import lru_cache

from imgrank.paths import weights_dir
from imgrank.scoring.comparatives import PICTURES
from imgrank.scoring.languages import is_english, seems_english
from imgrank.scoring.lexicon import is_known
from imgrank.scoring.naming import beginning, named
from imgrank.scoring.words import spelt_out, word_of, word_set

MISSPELT = '"{}" is not a word that mini knows; did you mean "{}"?'
ALL_MISSPELT = "{} and {} are not words that mini knows; did you mean {} and {}?"

_WORD = re.compile(r"(?<![\w'’.@#/-])[a-z]{3,24}(?![\w'’@#/-]|\.\w)")
_LETTERS = re.compile(r"[^\W\d_]{3,24}")
_SAY_LITTLE = PICTURES | word_set("the and all any some")
_FAR_FROM, _LEFT_OUT_FROM, _DOUBLED_FROM, _CHANGED_FROM = 6, 5, 6, 7  # letters that a word has at least
_NEXT, _FAR = 1, 2  # how far apart two letters stand that are swapped
_RARE, _COMMON = 20_000, 8_000  # places in the text model's list of words, the commonest of which come first
_SHORT = 6  # letters
_MOST_TOLD = 5  # slips of one sentence
_NOT_DOUBLED = re.compile(r"[b-df-hj-np-tv-xz]{1,3}[aeiou](?P<last>[bdgmnpt])ing")  # "runing"
_SHORTEST_BESIDE = 4  # letters of a word beside another slip
_VOWELS = frozenset("aeiouy")

# Words that no list at hand has, and that are nearly spelt as another one
_REAL = word_set(
    "blot blots brunt clod clods clot clots collage collages crepe crepes curst gird revel revels sifting silt slat"
    " slats spilt tarp tarps untie untied"
)
_REAL_FORMS = word_set("siting wining")  # of site and wine


def misspelt(sentence: str) -> str | None:
    """What is to be said of the misspelt words of a sentence; None where there are none."""
    found = slips(sentence)[:_MOST_TOLD]
    if len(found) < 2:
        return MISSPELT.format(*found[0]) if found else None
    wrong, meant = ([f'"{pair[side]}"' for pair in found] for side in (0, 1))
    return ALL_MISSPELT.format(", ".join(wrong[:-1]), wrong[-1], ", ".join(meant[:-1]), meant[-1])


def slips(sentence: str) -> tuple[tuple[str, str], ...]:
    """The misspelt words of an English sentence, each with the one that was meant; none where nobody can tell.

    Who slips once is believed to have slipped in a short word, too: "gras" alone may be French.
    """
    if not seems_english(sentence):
        return ()
    unknown = [word for word in dict.fromkeys(_WORD.findall(spelt_out(beginning(sentence)))) if not _is_word(word)]
    meant = {word: _meant(word) for word in unknown}
    if any(meant.values()):
        meant = {word: other or _doubled(word) for word, other in meant.items()}
    return tuple((word, other) for word, other in meant.items() if other)


def knows_none(sentence: str) -> str:
    """The words that a sentence is about, where nobody here knows any of them: "cheval"; empty where one is known."""
    words = [word for word in _LETTERS.findall(named(beginning(sentence)).lower()) if word not in _SAY_LITTLE]
    is_strange = bool(words) and not any(
        is_english(word) or is_taught(word) or is_taught(word_of(word).base) for word in words
    )
    return " ".join(words) if is_strange and not slips(sentence) else ""


def _is_word(word: str) -> bool:
    if is_known(word) or (word.endswith("full") and is_known(word[:-1])):
        return is_known(word)  # "colorfull" is not joined of two words
    if word in _REAL or is_taught(word):
        return True
    return not _lacks_double(word) and (is_english(word) or is_taught(word_of(word).base))


def _lacks_double(word: str) -> bool:
    """Whether a common word is spelt without the letter that it doubles: "runing" for running."""
    found = _NOT_DOUBLED.fullmatch(word)
    return found is not None and word not in _REAL_FORMS and _is_common(word[:-3] + found["last"] + "ing")


def _doubled(word: str) -> str | None:
    """The common word that a short one is, but for a letter doubled: "grass" of "gras"."""
    doubled = (word[:place] + word[place - 1 :] for place in range(2, len(word) + 1))
    return next(filter(_is_common, doubled), None) if len(word) >= _SHORTEST_BESIDE else None


def _is_common(word: str) -> bool:
    found = re.search(rb'"%b": ?(\d+)' % word.encode(), _taught())
    return found is not None and int(found[1]) < _COMMON


def is_taught(word: str) -> bool:
    """Whether the text model has a word as a whole, or something is called by it."""
    return f'"{word}":'.encode() in _taught() or re.search(rb"\b%b\b" % word.encode(), _names()) is not None


@lru_cache(maxsize=1)
def _taught() -> bytes:
    return (weights_dir() / "mini.tokenizer.json").read_bytes()


@lru_cache(maxsize=1)
def _names() -> bytes:
    """Names of things, commoner ones among them that the text model reads in pieces."""
    return (weights_dir() / "mini.kinds.json").read_bytes()


@lru_cache(maxsize=256)
def _meant(word: str) -> str | None:
    """The word that was meant: the commonest, where it may be several."""
    alike = re.compile(rb'"(%b[a-z]{%d,%d})": ?(\d+)' % (word[:1].encode(), len(word) - 2, len(word)))
    for words, most in ((_taught(), _RARE), (_names(), None)):
        for found in alike.finditer(words):
            other, place = found[1].decode(), int(found[2])
            is_common = most is not None and place < _COMMON
            is_meant = most is None or (place < most and is_known(word_of(other).base))
            if is_meant and _is_slip_of(word, other, is_common):
                return other
    return None


def _is_slip_of(word: str, other: str, is_common: bool) -> bool:
    if len(word) == len(other):
        return _is_swapped(word, other) or (is_common and _is_changed(word, other))
    if len(word) < len(other):  # "huddle" is no "huddled" without its last letter
        is_long = len(word) >= (_LEFT_OUT_FROM if is_common else _SHORT)
        return is_long and any(_without(other, place) == word for place in range(len(word)))
    doubled = (place for place in range(1, len(word)) if word[place] == word[place - 1])
    is_long = len(word) >= (_DOUBLED_FROM if is_common else _SHORT + 1)
    is_doubled = is_long and any(_without(word, place) == other for place in doubled)
    return is_doubled or (is_common and _has_one_more(word, other))


def _is_changed(word: str, other: str) -> bool:
    """Whether one vowel stands in the place of another: "pilates" are no pirates."""
    changed = [pair for pair in zip(word, other, strict=True) if pair[0] != pair[1]]
    return len(word) >= _CHANGED_FROM and len(changed) == 1 and _VOWELS.issuperset(changed[0])


def _has_one_more(word: str, other: str) -> bool:
    """Whether one letter was put in; at its end that makes another form of it."""
    return len(word) > _CHANGED_FROM and any(_without(word, place) == other for place in range(1, len(word) - 1))


def _is_swapped(word: str, other: str) -> bool:
    """Whether two letters stand in each other's place."""
    places = [place for place in range(len(word)) if word[place] != other[place]]
    if len(places) != 2:
        return False
    left, right = places
    far = _FAR if len(word) >= _FAR_FROM else _NEXT
    return right - left <= far and (word[left], word[right]) == (other[right], other[left])


def _without(word: str, place: int) -> str:
    return word[:place] + word[place + 1 :]
