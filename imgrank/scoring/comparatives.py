"""What stands at the other end of a sentence: "older person" against "younger person". Words alone, no model."""

from __future__ import annotations

import re
from dataclasses import dataclass

from imgrank.detail.qualities import PICTURE_NOUNS
from imgrank.scoring.lexicon import entry, is_kind_of

# Both ways; where a word stands in several rows, its first row counts. Two comparatives have superlatives, too.
_OPPOSITES = """
older younger|old young|elderly young|aged youthful|ageing youthful|vintage modern|antique modern
ancient modern|newer older|new old|recent old|later earlier|late early
many few|most least|several few|numerous few|crowded empty|full empty|busy quiet|dense sparse|denser sparser
sharper blurrier|sharp blurry|crisp blurry|clear unclear|clearer hazier|focused unfocused
brighter darker|bright dark|lighter darker|light dark|overexposed underexposed|sunny cloudy
sunnier cloudier|noisier cleaner|noisy clean|grainy smooth|grainier smoother|compressed uncompressed
colourful colourless|colorful colorless|vivid dull|saturated desaturated|warmer colder|warm cold|hotter colder|hot cold
better worse|good bad|best worst|beautiful ugly|prettier uglier|pretty ugly|attractive unattractive
professional amateurish|perfect flawed|high low|higher lower|detailed plain|simple complicated
bigger smaller|big small|larger smaller|large small|huge tiny|taller shorter
tall short|longer shorter|long short|wider narrower|wide narrow|thicker thinner|thick thin|fatter thinner|fat thin
heavier lighter|heavy light|deeper shallower|deep shallow|closer farther|close distant|near far|nearer farther
happier sadder|happy sad|smiling frowning|calm excited|calmer wilder|friendly hostile|angry calm|scary harmless
cleaner dirtier|clean dirty|tidier messier|tidy messy|fresher staler|fresh rotten|ripe unripe|riper greener|wet dry
wetter drier|healthier sicker|healthy sick|damaged intact|broken intact|worn new|expensive cheap|cheaper costlier
luxurious shabby|rich poor|faster slower|fast slow|stronger weaker|strong weak|harder softer|hard soft|rough smooth
safe dangerous|safer riskier|natural artificial|indoor outdoor|urban rural|formal casual
masculine feminine|wild tame|open closed|summery wintry|foggy clear|rainy sunny|blurred sharp|contrasty flat
"""

_OLD = {"old": "new", "older": "newer", "oldest": "newest"}
_LIVING = {"face", "people", "men", "women", "children"}
_AMOUNTS = {"more": 1, "most": 1, "fewer": -1, "fewest": -1, "less": -1, "least": -1}
_MOST_WORDS = 6  # "two older women sit on a bench in the park" describes, and asks for no order
_NOT_AFTER = (["at"], ["or"], ["no"])  # "at least two dogs", "more or less"
_NOT_BEFORE = (["than"], ["or"], ["of"])  # "more than two dogs"
_IRREGULAR = {"more", "most", "fewer", "fewest", "less", "least", "better", "worse", "best", "worst"}
PICTURES = PICTURE_NOUNS
_PLURALS = {"people", "children", "men", "women", "mice", "feet", "teeth", "geese", "sheep", "fish"}
_NOT_PLURALS = {"delicious", "glamorous", "gorgeous", "dangerous", "famous", "serious", "various"}


def _table() -> dict[str, str]:
    table = {"fewer": "more", "less": "more", "least": "most", "fewest": "most"}
    for pair in re.split(r"[|\n]", _OPPOSITES.strip()):
        left, right = pair.split()
        table.setdefault(left, right)
        table.setdefault(right, left)
    for left, right in list(table.items()):
        if left.endswith("er") and right.endswith("er"):
            table.setdefault(f"{left[:-2]}est", f"{right[:-2]}est")
    return table


OPPOSITES = _table()
OPPOSITE_PAIRS = tuple(tuple(pair.split()) for pair in re.split(r"[|\n]", _OPPOSITES.strip()))


@dataclass(frozen=True, slots=True)
class Scale:
    """What a sentence asks for more of, or less where `down`, and what stands at the other end, if a word says it."""

    end: str
    other: str | None
    down: bool = False


def scale_of(sentence: str) -> Scale | None:
    """The scale that the first comparative or word of amount names; None where a sentence only describes.

    A word of amount is no part of the end: "more water" asks for water, "less blurry" for what is not blurry.
    A long sentence describes, whatever it compares.
    """
    words = _words(sentence)
    alone = len(_said(words)) == 1
    for place, word in enumerate(words if len(_said(words)) <= _MOST_WORDS else []):
        if _is_amount(words, place):
            return _by_amount(words, place)
        other = None if word.lower() in _AMOUNTS else _other_end(word.lower(), words)
        if other is not None and (alone or _compares(word)):
            return Scale(sentence, _replaced(words, place, other))
    return None


def opposite_of(sentence: str, any_word: bool = False) -> str | None:
    """The sentence with its first comparative turned around, or None where it has none.

    A plain adjective ("an old house") names something to look for, not an end of a scale: it counts only where
    it is all that is said of a picture ("blurry", "a dark photo"), or with `any_word`.
    """
    words = _words(sentence)
    any_word = any_word or len(_said(words)) == 1
    for place, word in enumerate(words):
        turned = _more(words[place + 1 :]) if word.lower() == "more" else _other_end(word.lower(), words)
        if turned is not None and (any_word or _compares(word)):
            return _replaced(words, place, turned)
    return None


def _other_end(word: str, words: list[str]) -> str | None:
    """What a word is held against: old people against young ones, old houses against new ones."""
    others = {form for other in words for form in (other.lower(), other.lower().removesuffix("s")) if other != word}
    things = [other for other in others if entry(other).kinds and other not in OPPOSITES]
    lives = not things or any(is_kind_of(thing, "organism") or thing in _LIVING for thing in things)
    return OPPOSITES.get(word) if lives else _OLD.get(word, OPPOSITES.get(word))


def _words(sentence: str) -> list[str]:
    """Words and what stands between them, in turn."""
    return re.findall(r"\w+|\W+", sentence)


def _said(words: list[str]) -> list[str]:
    """What is said of a picture, without articles."""
    return [word.lower() for word in words if word.strip() and word.lower() not in {"a", "an", "the", *PICTURES}]


def _compares(word: str) -> bool:
    return word.lower() in _IRREGULAR or word.lower().endswith(("er", "est"))


def _is_amount(words: list[str], place: int) -> bool:
    before = "".join(words[:place]).lower().split()[-1:]
    after = "".join(words[place + 1 :]).lower().split()[:1]
    described = before not in _NOT_AFTER and after not in _NOT_BEFORE
    return words[place].lower() in _AMOUNTS and described and len(_said(words)) > 1


def _by_amount(words: list[str], place: int) -> Scale:
    """ "more feminine faces": feminine faces, not masculine faces."""
    before, after = words[:place], words[place + 2 :]
    other = OPPOSITES.get(after[0].lower()) if after else None
    kept = [*before, *after]
    return Scale(
        end=_replaced(kept, place, after[0]) if after else "".join(before).strip(),
        other=_replaced(kept, place, other) if other else None,
        down=_AMOUNTS[words[place].lower()] < 0,
    )


def _replaced(words: list[str], place: int, word: str) -> str:
    """The sentence with another word in that place, and the article that this one needs."""
    article = r"\1n\2" if word[:1] in "aeiou" else r"\1\2"
    before = re.sub(r"\b(a)n?(\s+)$", article, "".join(words[:place]), flags=re.IGNORECASE)
    return "".join([before, word, *words[place + 1 :]])


def _more(rest: list[str]) -> str:
    following = next((word.lower() for word in rest if word.strip()), "")
    plural = following in _PLURALS or (following.endswith("s") and following not in _NOT_PLURALS)
    return "fewer" if plural else "less"
