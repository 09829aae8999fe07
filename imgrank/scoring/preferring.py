"""One thing that is liked better than another: "dogs instead of cats" is dogs, and no cats. Words alone, no model."""

from __future__ import annotations

import re
from itertools import combinations, product

from imgrank.scoring.lexicon import is_kind_of, is_thing
from imgrank.scoring.naming import named
from imgrank.scoring.negation import WantedWithout
from imgrank.scoring.words import are_opposite, last_base, word_of, word_set

_SOME = r"(?!(?:no|not|without)\b)[\w'-]+(?: [\w'-]+){0,3}?"
_LIKED, _OTHER = rf"(?P<liked>{_SOME})", rf"(?P<other>{_SOME})"
_PREFERS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^(?:(?:i|we)(?: would|'d)? )?(?:prefer|favou?r) {_LIKED} (?:to|over|rather than|instead of) {_OTHER}$",
        rf"^{_LIKED} (?:is |are )?preferred (?:to|over) {_OTHER}$",
        rf"^(?:i |we )?(?:would |'d )?(?:rather |sooner ){_LIKED} than {_OTHER}$",
        rf"^{_LIKED},? (?:instead of|rather than|as opposed to|in place of|in preference to) {_OTHER}$",
    )
]
_OF_THINGS = (
    re.compile(r"^more (?P<liked>[\w'-]+) than (?P<other>[\w'-]+)$", re.IGNORECASE),
    re.compile(r"^(?:fewer|less) (?P<other>[\w'-]+) than (?P<liked>[\w'-]+)$", re.IGNORECASE),
    re.compile(r"^(?:fewer|less) (?P<other>[\w'-]+),?(?: and| but)? more (?P<liked>[\w'-]+)$", re.IGNORECASE),
    re.compile(r"^(?P<liked>[\w'-]+(?: [\w'-]+)?) not (?P<other>(?:an? )?[\w'-]+)$", re.IGNORECASE),
)
_OVER = re.compile(r"^(?P<liked>[\w'-]+) over (?P<other>[\w'-]+)$", re.IGNORECASE)
_ON_THE_GROUND = ("animal", "person")  # of which the one is seldom above the other
_IN_THE_AIR = ("bird", "insect", "bat")
_SAYS_HOW_MUCH = re.compile(r"\b(?:few|fewer|fewest|less|least|many|more|most)\b", re.IGNORECASE)
_LAST = r"(?:last|at the (?:very )?end)"
_FIRST_LAST = [
    re.compile(rf"^{_LIKED} first(?:[,;]| and| then| but)* {_OTHER} {_LAST}$", re.IGNORECASE),
    re.compile(rf"^{_OTHER} {_LAST}(?:[,;]| and| but)* {_LIKED} first$", re.IGNORECASE),
    re.compile(rf"^{_OTHER} {_LAST}(?:[,;]| and| but)+ {_LIKED}$", re.IGNORECASE),
]
_THEN = re.compile(
    r"(?: first)?\s*(?:[,;]\s*|\s)(?:and )?(?:then|after (?:that|those|them|these))(?: by)?,?\s+",
    re.IGNORECASE,
)
_OPENS = re.compile(r"^first(?:ly)?,? (?:of all,? )?(?:the )?", re.IGNORECASE)
_MOST_PARTS, _MOST_WORDS = 4, 4
_SAYS_MORE = word_set("to from until till and or but not no without if when while was were is are who that which")


def preferred(sentence: str) -> str:
    """ "dogs, not cats" of "dogs rather than cats"; the very same where nothing is preferred to another."""
    words = named(sentence)
    found = next((found for prefers in _PREFERS if (found := prefers.match(words))), None)
    found = found or next((one for rule in _OF_THINGS if (one := rule.match(words)) and _are_things(one)), None)
    if found is None and (over := _OVER.match(words)) is not None and _is_no_place(over):
        found = over
    return sentence if found is None else f"{found['liked']}, not {found['other']}"


def liked_or_above(sentence: str) -> bool:
    """Whether "over" may mean either, as of people and dogs: a person may stand above one, as no dog above a cat."""
    found = _OVER.match(named(sentence))
    if found is None or _is_no_place(found):
        return False
    bases = [last_base(said) for said in found.group("liked", "other")]
    flies = any(is_kind_of(base, kind) for base in bases for kind in _IN_THE_AIR)
    live = all(any(base == kind or is_kind_of(base, kind) for kind in _ON_THE_GROUND) for base in bases)
    return live and not flies and len(set(bases)) > 1


def first_and_last(sentence: str) -> WantedWithout | None:
    """ "dogs first, people last" and "people last, dogs first"; None where a sentence says no such thing."""
    found = next((found for rule in _FIRST_LAST if (found := rule.match(sentence))), None)
    if found is None or not is_thing(last_base(found["other"])) or _SAYS_HOW_MUCH.search(found["other"]):
        return None
    return WantedWithout(found["liked"], (found["other"],))


def one_after_another(sentence: str) -> tuple[str, str]:
    """What is to stand first, and what behind it, "dogs" and "then cats" of "dogs first, then cats"; empty where that
    is nothing, or the other end of one scale."""
    parts = [_OPENS.sub("", part).removesuffix(" first").strip(" ,;") for part in _THEN.split(sentence)]
    if not 1 < len(parts) <= _MOST_PARTS or not all(map(_says_little, parts)):
        return "", ""
    bases = [[word_of(word).base for word in part.lower().split()] for part in parts]
    pairs = (pair for one, other in combinations(bases, 2) for pair in product(one, other))
    return ("", "") if any(are_opposite(*pair) for pair in pairs) else (parts[0], f"then {', then '.join(parts[1:])}")


def _says_little(part: str) -> bool:
    words = part.lower().split()
    return 0 < len(words) <= _MOST_WORDS and _SAYS_MORE.isdisjoint(words)


def _are_things(found: re.Match[str]) -> bool:
    return all(is_thing(last_base(said)) for said in found.group("liked", "other"))


def _is_no_place(found: re.Match[str]) -> bool:
    """Whether "over" can hardly mean above: of dogs and cats, and not of birds and boats."""
    bases = [last_base(said) for said in found.group("liked", "other")]
    flies = any(is_kind_of(base, kind) for base in bases for kind in _IN_THE_AIR)
    return not flies and any(all(base == kind or is_kind_of(base, kind) for base in bases) for kind in _ON_THE_GROUND)
