"""Marks of order in a sentence, apart from what it asks for: "from most to fewest", "asc", "oldest at the top".

What is left of the sentence names the end that stands first; `turn` says whether it is to be turned round.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise, product

from imgrank.scoring.lexicon import are_opposed
from imgrank.scoring.words import are_opposite, spelt_out, word_of, word_set

_LIST = r"(?: of (?:the |my |this )?(?:list|page|queue|order|row|folder|results|pile))?"
_AT = r"(?:right |all )?(?:at|on|to|in|towards|from) (?:the |its )?(?:very )?"
_FIRST = re.compile(
    rf"(?:\b{_AT}(?:top|head|front|beginning|start){_LIST}|\bin (?:the )?first(?: place)?"
    r"|\bfirst of all|\bfirst|\bup front|\bbefore)$"
)
_LAST = re.compile(
    rf"(?:\b{_AT}(?:bottom|end|back|tail|foot){_LIST}|\bin (?:the )?last(?: place)?|\blast of all|\blast|\bafter)$"
)
_STARTS = re.compile(r"\b(?:start|starting|begin|beginning|led|headed) (?:with|from|at|by)\b")
_ENDS = re.compile(r"\b(?:end|ending|finish|finishing) (?:with|in|at|by)\b")
_RISES = re.compile(
    r"\b(?:(?:in )?(?:ascending|asc)(?: order)?|in (?:increasing|rising) order|(?:by|of) (?:increasing|rising)"
    r"|(?:increasing|rising)$)(?: of)?(?!\w)"
)
_FALLS = re.compile(
    r"\b(?:(?:in )?(?:descending|desc)(?: order)?|in (?:decreasing|falling) order|(?:by|of) (?:decreasing|falling)"
    r"|(?:decreasing|falling)$)(?: of)?(?!\w)"
)
_REVERSES = re.compile(r"\b(?:(?:in )?revers(?:e|ed) order(?: of)?|reversed|(?:the )?other way (?:a?round)|reverse$)")
_BUILT = re.compile(r"\b(was|were|is|are|got|been) (\w+(?:ed|en|ilt|ade|orn)) (first|last)\b")
_IN_TIME = {"first": "earliest", "last": "latest"}
_ONES = re.compile(r"^(?P<left>.+?) (?:before|ahead of|followed by) (?P<right>(?:[\w']+ ){1,5}ones)$")
_BREAKS = re.compile(r"\s*[,;:?!]+\s*|\.\s+|\.$|\s+[-–—]\s+")
_ARROW = re.compile(r"\s*(?:-+>|=+>|→|⇒|➔|➜|>)\s*")
_CLOSING = re.compile(r"(?:[ ,]+(?:please|thanks|thank you|dear|if you please|then))+$")

_THEN = word_set("to then before until till towards toward down up through")
_HIGH = word_set(
    "most more many lots lot high higher highest big bigger biggest large larger largest great greater greatest "
    "strong stronger strongest heavy heavier heaviest max maximum"
)
_LOW = word_set(
    "fewest fewer few least less low lower lowest small smaller smallest weak weaker weakest light lightest min "
    "minimum one single"
)
_SINGLE = {"one", "single"}
_SILENT = word_set("the a an with of in those ones photos pictures images")
_BESIDE = (["next"], ["close"], ["similar"], ["compared"], ["belonging"])
_BOUND = re.compile(
    r"\bnot (?:be )?(?P<much>too|overly|excessively|very|so|that|all that|particularly) (?P<word>[\w'-]+)"
)
_BESIDE_EACH_OTHER = re.compile(
    r"^(?:the )?(?P<one>[\w'-]+)(?:,|,? (?:and|but|yet)) (?P<other>[\w'-]+)(?: (?!first|last|at|to)[\w'-]+)?$"
)
_DENIES = re.compile(r"\b(?:not|no|without|few|fewer|less|first|last)\b")
_TOO = ("too", "overly", "excessively")
_TURNED = re.compile(r"(?:(?:the|in) )?(?:other way|vice versa|reverse|backward|back$|opposite)")
_ASKS_HOW = word_set("how whether")
_BOTH = word_set("together both alike")
_TELLS_FROM = 3  # letters
_MOST_WORDS = 40  # of a clause with two ends: pairs of them are compared
_AMOUNTED = word_set("value score level group crowd size affected degree first the a by")


@dataclass(frozen=True, slots=True)
class Directed:
    """A sentence without its marks of order: the `text` names what stands first, or last where `turn` is -1.

    `orders` where they ask for an order in so many words.
    """

    text: str
    turn: int
    orders: bool


def directed(sentence: str) -> Directed:
    """Read the marks of order in a sentence of plain lower-case words."""
    text = _ARROW.sub(" to ", " ".join(sentence.split()))
    text = _BUILT.sub(lambda found: f"{found[1]} {found[2]} {_IN_TIME[found[3]]}", text)
    parts = [part for part in _BREAKS.split(_CLOSING.sub("", text)) if part.strip()]
    clauses = [_clause(part, alone=len(parts) == 1) for part in parts]
    turn, orders = 1, any(clause.orders for clause in clauses)
    if any(clause.place > 0 for clause in clauses):
        clauses = [clause for clause in clauses if clause.place >= 0]  # "babies first, grandparents last"
    for clause in clauses:
        turn *= clause.turn * (clause.place or 1)
    return Directed(" ".join(clause.text for clause in clauses if clause.text), turn, orders)


def orders_last(sentence: str) -> bool:
    """Whether a sentence says that something is to stand last: "people last"."""
    return directed(sentence.lower()).turn < 0


@dataclass(frozen=True, slots=True)
class _Clause:
    """A part of a sentence; `place` is 1 where it stands first, -1 where last, 0 where it does not say."""

    text: str
    turn: int
    place: int
    orders: bool


def _clause(said: str, alone: bool) -> _Clause:
    text = _CLOSING.sub("", said.strip())
    turn, place, orders = 1, 0, False
    for marks, sign in ((_RISES, -1), (_FALLS, 1), (_REVERSES, -1)):
        text, found = marks.subn(" ", text)
        turn, orders = (turn * sign if found else turn), orders or bool(found)
    text = _CLOSING.sub("", " ".join(text.split()))
    for marks, sign in ((_FIRST, 1), (_LAST, -1)):
        text, found = marks.subn("", text)
        place = sign if found else place
    for marks, sign in ((_STARTS, 1), (_ENDS, -1)):
        text, found = marks.subn(" ", text)
        place, orders = (sign if found else place), orders or bool(found)
    orders = orders or said.strip().split()[-1:] in (["first"], ["last"])
    ones = _ONES.match(text.strip())
    if ones is not None:
        text, orders = ones["left"], True
    words, two_ends = _first_end(text.split())
    return _Clause(" ".join(words) if alone else _amount(words), turn, place, orders or two_ends)


def _first_end(words: list[str]) -> tuple[list[str], bool]:
    """Of two ends of one scale the first: "from most dogs to fewest" begins with the most."""
    if len(words) > _MOST_WORDS:
        return words, False
    for place, word in enumerate(words):
        if word not in _THEN or words[:place][-1:] in _BESIDE:
            continue
        for left in range(place - 1, -1, -1):
            for right in range(place + 1, len(words)):
                if _are_ends(words[left], words[right]) and _runs(words, left, place, right):
                    first = "fewest" if words[left] in _SINGLE else words[left]
                    kept = [*words[:left], first, *words[left + 1 : place], *words[place + 1 : right]]
                    return [*kept, *words[right + 1 :]], True
    return words, False


def both_ends(sentence: str) -> tuple[str, str] | None:
    """The two ends of a scale where a sentence names both and not which stands first: "old or young", "old but not too
    old", "not old, not young", "sharp but blurry", "young to old or old to young"; None of "how old or young"."""
    text = " ".join(spelt_out(sentence).lower().split())
    words = re.findall(r"[\w'-]+", text)
    if len(words) > _MOST_WORDS or not _ASKS_HOW.isdisjoint(words):
        return None
    joined = _joined_ends(text)
    if joined is not None:
        return joined
    for place, word in enumerate(words):
        if word in ("or", "nor"):
            pairs = product(words[max(0, place - 2) : place], words[place + 1 : place + 3])
            for left, right in pairs:
                if _are_ends(left, right) and (left, right) != ("more", "less") and left not in _SINGLE:
                    return left, right
        beside = words[max(0, place - 1) : place + 2]
        if word == "and" and not _BOTH.isdisjoint(words) and len(beside) == 3 and _are_ends(beside[0], beside[2]):
            return beside[0], beside[2]
    return _bounded_twice(text) or _denied_twice(words) or _both_ways(words)


def _joined_ends(text: str) -> tuple[str, str] | None:
    """ "old and young people", "background blurred but subject sharp"."""
    found = _BESIDE_EACH_OTHER.match(text)
    if found is not None and _are_ends(found["one"], found["other"]):
        return found["one"], found["other"]
    one, _, other = text.partition(" but ")
    pairs = product(one.split(), other.split()) if _DENIES.search(text) is None else ()
    return next((pair for pair in pairs if _are_ends(*pair)), None)


def _both_ways(words: list[str]) -> tuple[str, str] | None:
    """ "from young to old or old to young", "young to old or vice versa"."""
    for place in (place for place, word in enumerate(words) if word in ("or", "and")):
        one, other = _run(words[:place]), _run(words[place + 1 :])
        turned = _TURNED.match(" ".join(words[place + 1 :])) is not None
        if one is not None and (turned or (other is not None and _are_ends(one[0], other[0]))):
            return one
    return None


def _run(words: list[str]) -> tuple[str, str] | None:
    """The two ends that words run between, "from young to old"."""
    for place in (place for place, word in enumerate(words) if word in _THEN):
        for left, right in product(words[max(0, place - 2) : place], words[place + 1 : place + 3]):
            if _are_ends(left, right):
                return left, right
    return None


def _denied_twice(words: list[str]) -> tuple[str, str] | None:
    """ "not old, not young"."""
    denials = [place for place, word in enumerate(words) if word == "not"]
    for first, second in pairwise(denials):
        for left, right in product(words[first + 1 : second], words[second + 1 : second + 3]):
            if _are_ends(left, right):
                return left, right
    return None


def _bounded_twice(text: str) -> tuple[str, str] | None:
    """ "old but not too old", "not too old, not too young"."""
    bounds = list(_BOUND.finditer(text))
    rest = re.findall(r"[\w'-]+", _BOUND.sub(" ", text))
    for number, found in enumerate(bounds):
        base = word_of(found["word"]).base
        same = next((word for word in rest if word_of(word).base == base), None)
        if same is not None:
            return same, found[0]
        for other in bounds[number + 1 :]:
            if _are_ends(found["word"], other["word"]):
                return found[0], other[0]
    return None


def too_much(sentence: str) -> str | None:
    """Of what there is not to be too much: "old" of "not too old"; None where a sentence sets no such bound."""
    found = _BOUND.search(spelt_out(sentence).lower())
    return found["word"] if found and found["much"] in _TOO else None


def _runs(words: list[str], left: int, place: int, right: int) -> bool:
    """Whether one end runs to the other: "an old man talking to a young woman" orders nothing."""
    if words[place] in ("before", "until", "till"):
        telling = {word.rstrip("s") for word in words[left + 1 : place] if len(word) >= _TELLS_FROM}
        return right == place + 1 or not telling.isdisjoint(word.rstrip("s") for word in words[place + 1 :])
    straight = set(words[place + 1 : right]) <= _SILENT | _THEN
    return straight and (place == left + 1 or "from" in words[:left] or _superlative(words[left], words[right]))


def _superlative(*words: str) -> bool:
    return all(word.endswith("est") or word in ("most", "worst", "best", "last") for word in words)


def _are_ends(one: str, other: str) -> bool:
    if (one in _HIGH and other in _LOW) or (one in _LOW and other in _HIGH):
        return True
    left, right = word_of(one).base, word_of(other).base
    return are_opposite(left, right) or are_opposed(left, right)


def _amount(words: list[str]) -> str:
    """A clause that names nothing but how much, as one word: "the smallest group"."""
    amounts = [word for word in words if word in _HIGH | _LOW]
    if amounts and all(word in _AMOUNTED or word in amounts for word in words) and _SINGLE.isdisjoint(words):
        return "highest" if amounts[0] in _HIGH else "lowest"
    return " ".join(words)
