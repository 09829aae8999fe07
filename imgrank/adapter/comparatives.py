"""What stands at the other end of a sentence: "older person" against "younger person". Words alone, no model."""

from __future__ import annotations

import re

# Both ways; where a word stands in several rows, its first row counts.
_OPPOSITES = """
older younger|old young|oldest youngest|elderly young|aged youthful|ageing youthful|vintage modern|antique modern
ancient modern|newer older|new old|newest oldest|latest earliest|recent old|later earlier|late early
many few|most least|several few|numerous few|crowded empty|full empty|busy quiet|dense sparse|denser sparser
sharper blurrier|sharp blurry|sharpest blurriest|crisp blurry|clear unclear|clearer hazier|focused unfocused
brighter darker|bright dark|brightest darkest|lighter darker|light dark|overexposed underexposed|sunny cloudy
sunnier cloudier|noisier cleaner|noisy clean|grainy smooth|grainier smoother|compressed uncompressed
colourful colourless|colorful colorless|vivid dull|saturated desaturated|warmer colder|warm cold|hotter colder|hot cold
better worse|good bad|best worst|beautiful ugly|prettier uglier|pretty ugly|attractive unattractive
professional amateurish|perfect flawed|high low|higher lower|highest lowest|detailed plain|simple complicated
bigger smaller|big small|biggest smallest|larger smaller|large small|largest smallest|huge tiny|taller shorter
tall short|longer shorter|long short|wider narrower|wide narrow|thicker thinner|thick thin|fatter thinner|fat thin
heavier lighter|heavy light|deeper shallower|deep shallow|closer farther|close distant|near far|nearer farther
happier sadder|happy sad|smiling frowning|calm excited|calmer wilder|friendly hostile|angry calm|scary harmless
cleaner dirtier|clean dirty|tidier messier|tidy messy|fresher staler|fresh rotten|ripe unripe|riper greener|wet dry
wetter drier|healthier sicker|healthy sick|damaged intact|broken intact|worn new|expensive cheap|cheaper costlier
luxurious shabby|rich poor|faster slower|fast slow|stronger weaker|strong weak|harder softer|hard soft|rough smooth
safe dangerous|safer riskier|natural artificial|indoor outdoor|urban rural|formal casual
masculine feminine|wild tame|open closed|summery wintry|foggy clear|rainy sunny|blurred sharp|contrasty flat
"""

_IRREGULAR = {"more", "most", "fewer", "fewest", "less", "least", "better", "worse", "best", "worst"}
_PICTURES = {"photo", "photos", "photograph", "photographs", "picture", "pictures", "image", "images", "shot", "shots"}
_PLURALS = {"people", "children", "men", "women", "mice", "feet", "teeth", "geese", "sheep", "fish"}
_NOT_PLURALS = {"delicious", "glamorous", "gorgeous", "dangerous", "famous", "serious", "various"}


def _table() -> dict[str, str]:
    table = {"fewer": "more", "less": "more", "least": "most", "fewest": "most"}
    for pair in re.split(r"[|\n]", _OPPOSITES.strip()):
        left, right = pair.split()
        table.setdefault(left, right)
        table.setdefault(right, left)
    return table


OPPOSITES = _table()


def opposite_of(sentence: str, any_word: bool = False) -> str | None:
    """The sentence with its first comparative turned around, or None where it has none.

    A plain adjective ("an old house") names something to look for, not an end of a scale: it counts only where
    it is all that is said of a picture ("blurry", "a dark photo"), or with `any_word`.
    """
    words = re.findall(r"\w+|\W+", sentence)
    said = [word.lower() for word in words if word.strip() and word.lower() not in {"a", "an", "the", *_PICTURES}]
    any_word = any_word or len(said) == 1
    for place, word in enumerate(words):
        turned = _more(words[place + 1 :]) if word.lower() == "more" else OPPOSITES.get(word.lower())
        if turned is not None and (any_word or _compares(word.lower())):
            before = re.sub(r"\b(a)n?(\s+)$", _article(turned), "".join(words[:place]), flags=re.IGNORECASE)
            return "".join([before, turned, *words[place + 1 :]])
    return None


def _compares(word: str) -> bool:
    return word in _IRREGULAR or word.endswith(("er", "est"))


def _article(word: str) -> str:
    return r"\1n\2" if word[0] in "aeiou" else r"\1\2"


def _more(rest: list[str]) -> str:
    following = next((word.lower() for word in rest if word.strip()), "")
    plural = following in _PLURALS or (following.endswith("s") and following not in _NOT_PLURALS)
    return "fewer" if plural else "less"
