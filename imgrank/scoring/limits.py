"""What a sentence asks for that whoever answers it does not look at: an exact number, or the sharpest of some things.

Words alone, no model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from imgrank.detail.qualities import PICTURE_NOUNS
from imgrank.paths import quoted
from imgrank.scoring.detail import quality_in
from imgrank.scoring.lexicon import is_noun
from imgrank.scoring.naming import named
from imgrank.scoring.parsing import plain_order, read
from imgrank.scoring.words import word_of

NO_NUMBER = "'{}' is not understood as a number, so images that show another number may come first"
NOT_MEASURED = (
    "{} is not measured in a sentence that also asks for something else; rank by a mix of '{}' plus {} instead"
)
NOT_OVEREXPOSED = "'{}' is read as brightest, which is not the same, so images that are well exposed may come first"
WITHOUT_OVEREXPOSED = "not '{}' is read as darkest, which is not the same, so images that are too dark may come first"
NOT_COUNTED = "no ranker counts '{}', so the order is by similarity alone"
WELL_EXPOSED = "'{}' is judged by how dark images are, so those with too much light may come first"

_NUMERAL = (
    r"(?:(?:a|one) (?:dozen|hundred|thousand)|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen"
    r"|fourteen|fifteen|twenty|thirty|fifty)"
)
_NUMBER = rf"(?:\d{{1,6}}|{_NUMERAL})"
_COUNTED = r"(?= (?!more\b|of\b|another\b)[a-z])"
_EXACTLY = re.compile(
    rf"\b(?:(?:exactly|precisely|only|just) {_NUMBER}{_COUNTED}|(?:exactly|precisely) {_NUMBER}$"
    rf"|(?:about|around|roughly|approximately|nearly|almost) {_NUMBER}{_COUNTED}"
    rf"|{_NUMBER} [\w'-]+ (?:exactly|precisely|only|in total|altogether|no more)$"
    rf"|(?:second|third|fourth|fifth|2nd|3rd|\d{{1,3}}th)[ -](?:\w+est|most|least)\b"
    rf"|(?:an? )?(?:even|odd|equal|same|prime) numbers? of|as many [\w'-]+ as (?:[\w'-]+)"
    rf"|(?:twice|half|(?:two|three|four) times) as many)"
)
_NUMBER_ALONE = re.compile(
    rf"^(?:(?:the|my|our|all) )?(?P<number>half a dozen|(?:a )?couple of|\d{{1,3}}|{_NUMERAL})"
    r" (?:[\w'-]+ )?(?P<thing>[\w'-]+)$"
)
_NUMBER_BOUND = re.compile(
    r"\b(?:(?:more|fewer|less) than|at (?:the )?least|at (?:the )?most)"
    rf" {_NUMBER}{_COUNTED}"
)
_EXACT_WORD = re.compile(
    r"\b(?:exactly|precisely|only|just) (?=(?:one|1)\b)"
    r"|,? (?:exactly|precisely|only|in total|altogether|no more)$",
    re.IGNORECASE,
)
_ONE = re.compile(r"\b(?:one|1) [\w'-]+", re.IGNORECASE)
_OF_RANGE = rf"(?:\d{{1,4}}|{_NUMERAL})"
_RANGE = re.compile(
    rf"\b(?:between |from )?(?P<low>{_OF_RANGE})(?:\s?[-–]\s?| to | or | and )(?P<high>{_OF_RANGE})"
    rf"(?:{_COUNTED}|(?= of (?:them|those|these)\b))"
)
_AT_MOST = re.compile(
    rf"\b(?:(?:at (?:the )?most|(?:no|not) more than|not over|fewer than|less than|up to|(?:a )?max(?:imum)?(?: of)?)"
    rf" {_NUMBER} (?P<before>[a-z][\w'-]*)"
    rf"|{_NUMBER} or (?:fewer|less) (?P<between>[a-z][\w'-]*)"
    rf"|{_NUMBER} (?P<after>[a-z][\w'-]*) (?:or (?:fewer|less)|at (?:the )?most|max(?:imum)?|tops)\b)",
    re.IGNORECASE,
)
_AT_LEAST = re.compile(
    rf"\b(?:{_NUMBER}(?:\+| or more| plus) (?P<between>[a-z][\w'-]*)"
    rf"|{_NUMBER} (?P<after>[a-z][\w'-]*) (?:or more|at (?:the )?least|min(?:imum)?)\b)",
    re.IGNORECASE,
)
_LINKS = re.compile(
    rf"^(?:[,;\s]|(?:and|but|or|with|of|in|on|at(?! (?:the )?least)|by|near|from|{'|'.join(PICTURE_NOUNS)}"
    r"|that|which|have|show|there|is|are)\b)+"
    r"|(?:[,;\s]|\b(?:and|but|or|with|of)$)+$",
    re.IGNORECASE,
)
_NOT = re.compile(r"\b(?:no|not|without|nor|never|nobody|nothing)\b", re.IGNORECASE)
_PUT = re.compile(r"(?:per (?:image|photo|picture)|first|last|in (?:it|them)|visible|present|please)", re.IGNORECASE)
_PLURALS = {"person": "people", "child": "children", "man": "men", "woman": "women", "mouse": "mice", "foot": "feet"}
_AS_THEY_ARE = frozenset(_PLURALS.values())
_STATES = r"blurry|blurred|noisy|grainy|sharp|crisp|shaky|blocky|compressed|focused|in focus|out of focus"
_COMPARES = re.compile(
    r"\b(?:(?:sharp|crisp|blurri|noisi|graini|shaki|blocki)(?:est|er)"
    rf"|(?:most|least|more|less) (?:{_STATES})|(?:least|most|less|more) (?:noise|grain|blur))\b"
)
_PICTURES = "|".join(sorted(PICTURE_NOUNS, key=len, reverse=True))
_BEFORE = re.compile(
    rf"^(?:(?:the|all|my|our) )*X(?: (?:{_PICTURES})\b)?(?: (?:of|with|showing|that show)\b)?"
    r" (?P<thing>(?!(?:to|first|last)\b).+)$"
)
_FIRST = re.compile(r"^(?P<thing>.+?)(?:[,;:]| [–-])(?: the)? X(?: ones?)?(?: (?:first|last|at the \w+))?$")
# What is itself sharp or noisy, as no photograph is
_SHARP_THINGS = re.compile(
    r"\b(?:kni(?:fe|ves)|blades?|tooth|teeth|fangs?|claws?|needles?|swords?|razors?|pencils?|scissors|axes?|thorns?|horns?"
    r"|beaks?|corners?|edges?|curves?|turns?|bends?|peaks?|rocks?|suits?|dressed|mind|cheddar|street|crowd|party|traffic)\b"
)
_OVEREXPOSED = re.compile(
    r"\b(?:over[- ]?expos(?:ed|ure)|(?:too|overly) (?:bright|light|much light)"
    r"|blown[ -]?(?:out|highlights|whites|skies|sky)|(?:clipped|burn(?:t|ed)[ -]out) (?:highlights|whites))\b"
)

_AMOUNT_OF = re.compile(
    r"^(?:the )?(?:most|more|fewest|fewer|number of|how many|lots of|plenty of|many|several|few)"
    r" (?P<thing>(?:[\w'-]+ )?[\w'-]+)(?: first| last)?$"
)
_WELL_EXPOSED = re.compile(
    r"\b(?:well|properly|correctly|perfectly|nicely|good|best|better|right|correct|perfect|proper)[ -]expos(?:ed|ure)\b"
    r"|\b(?:not|no|without|isn['’]t|aren['’]t) under[- ]?expos(?:ed|ure)\b"
)


def overexposure(sentence: str) -> str | None:
    """The words for too much light that a sentence has: a scale of darkness, turned round, knows no bound of it."""
    found = _OVEREXPOSED.search(" ".join(sentence.lower().split()))
    return found[0] if found else None


def good_exposure(sentence: str) -> str | None:
    """The words for the right amount of light that a sentence has, which is at no end of a scale of darkness."""
    found = _WELL_EXPOSED.search(sentence.lower())
    return found[0] if found else None


def things_to_count(sentence: str) -> str | None:
    """Things of which a sentence asks for more, or fewer: "cars" of "most cars"."""
    found = _AMOUNT_OF.match(named(sentence).lower().rstrip(" .!?"))
    base = "" if found is None else word_of(found["thing"].split()[-1]).base
    is_several = found is not None and is_noun(base) and base != found["thing"].split()[-1]
    return found["thing"] if found is not None and is_several else None


def exact_number(sentence: str) -> str | None:
    """The exact number that a sentence asks for, in its words: "exactly one", or the range: "between 2 and 4"."""
    text = " ".join(sentence.lower().split()).rstrip(" .!?")
    found = _EXACTLY.search(text) or next(filter(_is_range, _RANGE.finditer(text)), None)
    return found[0] if found else _number_alone(text)


def _number_alone(text: str) -> str | None:
    """ "two" of "two dogs" and of "a dozen white eggs", where nothing else is said."""
    found = _NUMBER_ALONE.match(named(text))
    if found is None or read(found["thing"]).grades:
        return None
    is_several = found["thing"] in _AS_THEY_ARE or word_of(found["thing"]).base != found["thing"]
    return found["number"] if is_several else None


def bounded_number(sentence: str) -> str | None:
    """The bound of a number that a sentence names, "more than five": who answers by likeness counts nothing."""
    found = _NUMBER_BOUND.search(" ".join(sentence.lower().split()))
    return found[0] if found else None


def _is_range(found: re.Match[str]) -> bool:
    """Whether two numbers that stand together bound a third: "2-4", and neither "one to one" nor "7-eleven"."""
    low, high = found["low"], found["high"]
    if low.isdecimal() != high.isdecimal() or (" and " in found[0] and not found[0].startswith("between ")):
        return False
    return int(low) < int(high) if low.isdecimal() else low != high


def number_plainly(sentence: str) -> tuple[str, str] | None:
    """ "one dog" of "exactly one dog" and of "one dog only", and the words of the number. None of more than one: who
    wants three people wants those with many before those with none."""
    number, plain = exact_number(sentence), _EXACT_WORD.sub("", sentence).strip()
    return (plain, number) if number is not None and plain != sentence and _ONE.search(plain) else None


def upper_bound_beside(sentence: str) -> tuple[str, str] | None:
    """The most of some things that a sentence allows beside something else that it asks for, and that: "at most one
    person" and "a boat" of "at most one person in a boat". None where nothing else is asked for, or it is denied."""
    found = _AT_MOST.search(sentence)
    if found is None:
        return None
    rest = " ".join((sentence[: found.start()] + sentence[found.end() :]).split())
    rest = _LINKS.sub("", named(_LINKS.sub("", rest)))
    is_more = bool(rest) and not _NOT.search(rest) and not _PUT.fullmatch(rest)
    return (found[0], rest) if is_more else None


def bounds_plainly(sentence: str) -> str:
    """ "fewest dogs" of "at most one dog", "at least 3 people" of "3+ people": what is within stands first."""
    plain = _AT_MOST.sub(lambda found: f"fewest {_plural(_counted(found))}", sentence)
    return _AT_LEAST.sub(lambda found: f"at least {found[0].split()[0].rstrip('+')} {_counted(found)}", plain)


def _counted(found: re.Match[str]) -> str:
    return next(word for word in found.groups() if word)


def _plural(word: str) -> str:
    return word if word in _AS_THEY_ARE or word.endswith("s") else _PLURALS.get(word, f"{word}s")


@dataclass(frozen=True, slots=True)
class QualityBeside:
    """The sharpest, blurriest or noisiest of some things: what of it is measured where it is `asked` for alone, and
    the `thing` that it was asked of, empty where that cannot be told."""

    quality: str
    asked: str
    thing: str

    def __str__(self) -> str:
        rest = f"'{quoted(self.thing)}'" if self.thing else "the rest"
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
