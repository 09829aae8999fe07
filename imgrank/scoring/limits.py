"""What a sentence asks for that whoever answers it does not look at: an exact number, or the sharpest of some things.

Words alone, no model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from imgrank.detail.qualities import PICTURE_NOUNS
from imgrank.paths import printable
from imgrank.scoring.detail import quality_in
from imgrank.scoring.naming import named
from imgrank.scoring.parsing import plain_order

NO_NUMBER = "'{}' is not understood as an exact number, so images that show another number may come first"
NOT_MEASURED = "{} is not measured where a sentence asks for something else, too, but in a mix of '{}' plus {} it is"

_NUMBER = (
    r"(?:\d{1,6}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|twenty|thirty"
    r"|fifty|a dozen|a hundred)"
)
_EXACTLY = re.compile(
    rf"\b(?:(?:exactly|precisely|only|just) {_NUMBER}(?= (?!more\b|of\b)[a-z])|(?:exactly|precisely) {_NUMBER}$)"
)
_STATES = r"blurry|blurred|noisy|grainy|sharp|crisp|shaky|blocky|compressed|focused|in focus|out of focus"
_COMPARES = re.compile(
    r"\b(?:(?:sharp|crisp|blurri|noisi|graini|shaki|blocki)(?:est|er)"
    rf"|(?:most|least|more|less) (?:{_STATES})|(?:least|most|less|more) (?:noise|grain|blur))\b"
)
_PICTURES = "|".join(sorted(PICTURE_NOUNS, key=len, reverse=True))
_BEFORE = re.compile(
    rf"^(?:(?:the|all|my|our) )*X(?: (?:{_PICTURES})\b)?(?: (?:of|with|showing|that show)\b)? (?P<thing>(?!to\b).+)$"
)
_FIRST = re.compile(r"^(?P<thing>.+?)(?:[,;:]| [–-])(?: the)? X(?: ones?)?(?: (?:first|last|at the \w+))?$")
# What is itself sharp or noisy, as no photograph is
_SHARP_THINGS = re.compile(
    r"\b(?:kni(?:fe|ves)|blades?|tooth|teeth|fangs?|claws?|needles?|swords?|razors?|pencils?|scissors|axes?|thorns?|horns?"
    r"|beaks?|corners?|edges?|curves?|turns?|bends?|peaks?|rocks?|suits?|dressed|mind|cheddar|street|crowd|party|traffic)\b"
)


def exact_number(sentence: str) -> str | None:
    """The exact number that a sentence asks for, in its words: "exactly one"."""
    found = _EXACTLY.search(" ".join(sentence.lower().split()).rstrip(" .!?"))
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class QualityBeside:
    """The sharpest, blurriest or noisiest of some things: what of it is measured where it is `asked` for alone, and
    the `thing` that it was asked of, empty where that cannot be told."""

    quality: str
    asked: str
    thing: str

    def __str__(self) -> str:
        rest = f"'{printable(self.thing)}'" if self.thing else "the rest"
        return NOT_MEASURED.format(self.quality, self.asked, rest)


def quality_beside(sentence: str) -> QualityBeside | None:
    """The quality that a sentence asks for of some things, "sharpest picture of a dog".

    None of a sentence that asks for a quality alone, or where the things themselves may be sharp.
    """
    text = " ".join(sentence.lower().split()).rstrip(" .!?")
    found = _COMPARES.search(text)
    if found is None or _SHARP_THINGS.search(text) or quality_in(text.removeprefix("from ")) is not None:
        return None
    asked = f"{found[0]} photo{' last' if plain_order(text).turn < 0 else ''}"
    quality = quality_in(asked)
    return None if quality is None else QualityBeside(quality.quality.value, asked, _thing(text))


def _thing(text: str) -> str:
    """What a sentence names besides: "a dog" of "sharpest picture of a dog" and of "a dog, sharpest first"."""
    marked = _COMPARES.sub("X", named(text))
    found = _FIRST.match(marked) or _BEFORE.match(marked)
    return found["thing"] if found and "X" not in found["thing"] else ""
