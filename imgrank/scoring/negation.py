"""Sentences that negate: "no cat" asks for what lacks a cat most. Words alone, no model.

Understood is one thing that the whole sentence denies, or puts last ("cats last"), several that it denies together
("neither dogs nor cats"), and things that are plainly denied beside what is asked for ("a dog but not a cat"), which
are terms of a mix. Any other denial inside a sentence is not: a vector of a sentence hardly knows it, and half of it
would be answered as if nothing had been denied. Nor is an exception to a denial ("no people except children"), or a
thing that is asked for and denied ("cats, no cats"), however a sentence is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations

from imgrank.paths import quoted
from imgrank.scoring.comparatives import OPPOSITES
from imgrank.scoring.lexicon import is_kind_of, is_noun, is_thing
from imgrank.scoring.words import are_opposite, has_opposite, last_base, word_of, word_set

EXCEPTS = "'{}' after '{}' is not understood, so the exceptions may come anywhere"
COMPARES = "'{}' is not understood, so images that are not meant may come first"
CONTRADICTS = "'{}' is both asked for and denied; name it once"

_DENIES_NOTHING = re.compile(r"\bno (?:longer|matter|doubt|wonder)\b", re.IGNORECASE)
_THAN = re.compile(r"^(?:no|not) (?:more|fewer|less) (?!than\b)[\w'-]+ than [\w'-]+", re.IGNORECASE)
YOUNG = {
    "kitten": "cat", "puppy": "dog", "foal": "horse", "calf": "cow", "lamb": "sheep", "piglet": "pig",
    "chick": "chicken", "duckling": "duck", "fawn": "deer", "cub": "bear",
}  # fmt: skip

_PICTURE = r"(?:(?:a |an |the |all |any )?(?:photos?|photographs?|pictures?|images?|shots?|ones?|frames?) )"
_THING = r"(?:anything|everything|something|all|any)"
_HAVING = r"(?:with|having|showing|containing|featuring|(?:that|which) (?:has|have|shows|show))"
_DENIES = (
    r"(?:is |are |that is |that are |which is |which are )?(?:not|isn'?t|aren'?t)(?: (?:of|with|showing|containing))?",
    rf"(?:{_HAVING} |(?:where )?(?:(?:there )?(?:is|are) )?(?:there )?)no(?! (?:longer|more|matter|doubt)\b)",
    r"(?:that |which )?(?:does|do)(?: not|n'?t) (?:show|have|contain|include)",
    r"without|lacking|free of|except(?: for)?|excluding|other than|apart from|aside from|but(?: not)?",
)
_CLEAR = re.compile(
    rf"^(?:please )?(?:show me |find )?(?:"
    rf"(?:{_PICTURE}|{_THING} )?(?:{'|'.join(_DENIES[:3])}|{_DENIES[3].replace('|but(?: not)?', '')})"
    rf"|(?:{_PICTURE}|{_THING} )(?:{_DENIES[3]})"
    rf"|(?:{_PICTURE}|{_THING} )?(?:that (?:show|have|contain) |showing |with |of )?neither(?: of)?"
    rf"|nothing (?:with|like|of|that (?:shows|has|contains)))"
    rf" (?:a single |any |at all )?(?P<thing>.+?)(?: at all| in it| in them)?$",
    re.IGNORECASE,
)
_FREE = re.compile(r"^(?P<thing>[\w' ]+?)(?:-free| free)(?: (?:photos?|pictures?|images?))?$", re.IGNORECASE)
_LAST = re.compile(
    r"^(?:please )?(?:"
    r"(?:put|leave|keep|save|place|move|push|send|show|rank|list) (?P<put>.+?)"
    r" (?:(?:for |till |until )?(?:the )?last|(?:at|for|to|till|until) the (?:very )?(?:end|bottom|back))"
    r"|(?P<stands>(?:(?!\b(?:the|a|an|at|long|my|our|your|his|her|its|their|very)\b)[\w'-]+ |the (?=\w+ \w)){1,4}?)"
    r"(?:(?:should |must )?(?:come|comes|go|goes) )?last"
    r")(?: please)?$",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"\b(?:not|no|without|never|except|excluding|nothing|neither|nor|lacking|nobody|\w+n['’]t)\b", re.IGNORECASE
)
_ALL_OR_NONE = (
    r"no|not|nobody|no[ -]?one|nothing|none|never|without|neither|nor|every ?(?:one|body)|any ?(?:one|body)|\w+n't"
)
_EXCEPTS = re.compile(
    rf"\b(?P<all>{_ALL_OR_NONE})\b.*?\b(?P<but>except|excepting|other than|apart from|aside from|save for"
    rf"|(?:(?<=nothing )|(?<=none )|(?<=body )|(?<=one )|(?<=no people ))but)\b",
    re.IGNORECASE,
)
_EXCEPTS_FIRST = re.compile(
    rf"^(?P<but>except|excepting|other than|apart from|aside from|save) .*?\b(?P<all>{_ALL_OR_NONE})\b", re.IGNORECASE
)
_PARTS = re.compile(
    r"\s*(?:[,;]|\b(?:and|but|yet|with|having)\b|(?=\b(?:without|excluding|except|minus|no|not)\b))\s*", re.IGNORECASE
)
_DENIES_PART = re.compile(
    r"^(?:without|excluding|except(?: for)?|minus|no|not|any|a|an|the|single|at all|\s)+ ", re.IGNORECASE
)
_SAYS_NOTHING = word_set("a an the any some only just single all no not without")
_SAYS_HOW_MUCH = word_set("many more most lots lot of")  # of what is asked for: "no cats" denies many, too
_OTHER_IN_PLURAL = {"glasses", "woods", "waters"}
_WHERE = re.compile(r" (?:in|on|at|near|next to|beside|behind|under|around) ", re.IGNORECASE)
_NAMES = re.compile(r"\bno[ -](?:\w+[ -])?(?:entry|sign|signs|parking|smoking|zone|trespassing)\b", re.IGNORECASE)
_MIXES = re.compile(r"\b(?:(?<!\bblack )and|or|but|with|while)\b|[,;]", re.IGNORECASE)

_MOST_WORDS = 3
_BESIDE = re.compile(
    r"^(?P<wanted>\S.*?)(?:,| and| but| yet|;)*(?: (?:and|but|yet))? ?\b(?:"
    rf"(?:{_HAVING} |(?:where )?(?:(?:there )?(?:is|are) )?(?:there )?|has |have )(?:absolutely )?no(?! longer\b)"
    r"|without|with out|excluding|except(?: for)?|minus|free of|lacking|other than"
    r"|(?<!ing )(?<!set )(?:apart|aside) from|(?<=but )not|(?<=and )not|(?<=, )not)"
    r" (?P<unwanted>\S.*)$",
    re.IGNORECASE,
)
_JOINS = r"\s*(?:,|;|(?<!\bblack )\band\b|\bor\b|\bnor\b)\s*(?:(?:and|or|nor)\s+)?"
_ITEMS = re.compile(rf"{_JOINS}(?:no |without |not )?", re.IGNORECASE)
_REPEATS = re.compile(rf"{_JOINS}(?:no |without |not |with no )", re.IGNORECASE)
_SHARES = re.compile(r"\b(?:or|nor)\b", re.IGNORECASE)  # "no dogs or cats" denies both
_CUTS = re.compile(r"(?:\s*[,;]|\s+(?:and|but|then)\b)+\s*", re.IGNORECASE)
_GOES_ON = re.compile(rf"[,;]|{_DENIAL.pattern}", re.IGNORECASE)
_BUT = re.compile(
    r"(?:\s*[,;]\s*|\s+)(?:and )?(?:but|just|only|yes)"
    r"(?: (?:just|only|with|some|yes|do|show|have|there are))*\s+"
    r"|\s*[,;]\s*(?:and )?with(?: some)?\s+|\s+and (?:also |with |some |plenty of )+"
    r"|(?P<after_comma>\s*[,;]\s*and\s+)|\s+and\s+(?P<article>)(?=an?\s)",
    re.IGNORECASE,
)
_AND_A = re.compile(r"\s+and\s+(?=an?\s)", re.IGNORECASE)
_PERHAPS = re.compile(r"(?:\s*[,;]|\s+and\b)\s*", re.IGNORECASE)
_NOBODY = re.compile(r"\b(?:no[ -]?one|nobody|nothing|none)\b", re.IGNORECASE)
_MOST_THINGS = 8  # that are denied: each is asked about by itself
_ARTICLE = re.compile(r"^(?:a|an|the|any|a single|other) ", re.IGNORECASE)
_UNPLAIN = re.compile(
    r"\b(?:\w{3,}ing|in|on|at|of|with|from|by|for|to|that|which|who|is|are|was|were|than|but|as|while|when|too|very|so"
    r"|only|just|instead|more|most|less|fewer|some|many)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Negation:
    """What a sentence denies: the `thing`, or None where a denial inside it is not understood.

    `doubt` says, for the user, why nobody can understand it; empty where a model that reads sentences whole may.
    """

    thing: str | None
    doubt: str = ""


def negation_of(sentence: str) -> Negation | None:
    """What a sentence denies; None where it denies nothing."""
    words = " ".join(_DENIES_NOTHING.sub(" ", sentence.strip().rstrip(".!").replace("’", "'")).split())
    told = _NAMES.sub(" ", words)  # "a no parking sign" is a thing
    found = _CLEAR.match(words) or _FREE.match(words)
    last = _LAST.match(words)
    doubt = "" if told != words else _excepted(words) or _compared(words) or _contradicted(words)
    if doubt:
        return Negation(None, doubt)
    if last is not None and not _DENIAL.search(words):
        return Negation((last["put"] or last["stands"]).strip())
    if found is not None and told == words:
        thing = found["thing"]
        return Negation(None if _DENIAL.search(thing) or _MIXES.search(thing) else thing)
    return Negation(None) if _DENIAL.search(told) else None


def _excepted(words: str) -> str:
    """A word on an exception to a denial, or to everyone; "anything but a cat" denies the cat, and is none."""
    found = _EXCEPTS.search(words) or _EXCEPTS_FIRST.match(words)
    return EXCEPTS.format(found["but"].lower(), found["all"].lower()) if found else ""


def _compared(words: str) -> str:
    """A word on an amount that is denied beside another: "no more people than dogs"."""
    found = _THAN.match(words)
    return COMPARES.format(quoted(found[0])) if found else ""


def _contradicted(words: str) -> str:
    """A word on what is asked for and denied at once."""
    wanted: dict[tuple[str, ...], str] = {}
    denied: set[tuple[str, ...]] = set()
    for part in _PARTS.split(words):
        bare = _DENIES_PART.sub("", part)
        is_denied = bare != part and not _ARTICLE.match(part)
        silent = _SAYS_NOTHING if is_denied else _SAYS_NOTHING | _SAYS_HOW_MUCH
        named = _WHERE.split(bare, maxsplit=1)[0].lower().split()
        bases = tuple(word if word in _OTHER_IN_PLURAL else word_of(word).base for word in named if word not in silent)
        if is_denied:
            denied.add(bases)
        elif bases:
            wanted[bases] = _WHERE.split(part, maxsplit=1)[0]
    both = next((said for bases, said in wanted.items() if bases in denied), None)
    return "" if both is None else CONTRADICTS.format(quoted(both))


@dataclass(frozen=True, slots=True)
class WantedWithout:
    """A sentence that asks for one thing and denies others: "at least two dogs, no people"."""

    wanted: str
    unwanted: tuple[str, ...]


def wanted_without(sentence: str) -> WantedWithout | None:
    """What a sentence asks for and what it denies beside it; None where it does not say so plainly.

    Plain is what follows "without", "no", or "but not" and names things in a word or three: "a man with no shirt
    playing the guitar" may deny the guitar or not.
    """
    words = " ".join(sentence.strip().rstrip(".!").replace("’", "'").split()).removesuffix(" please")
    found = _BESIDE.match(words)
    if found is None or _NAMES.search(words):
        return None
    wanted, things = found["wanted"].strip(" ,"), _things(found["unwanted"])
    if _DENIAL.search(wanted) or not 0 < len(things) <= _MOST_THINGS or not all(map(_is_plain, things)):
        return None
    return WantedWithout(wanted, things)


def denied_then_wanted(sentence: str) -> WantedWithout | None:
    """What a sentence denies, and what stands behind that, "sharpest first" of "no dogs or cats, sharpest first".

    Words alone do not tell whether that is asked for: "no dogs, cats" denies both.
    """
    words = " ".join(sentence.strip().rstrip(".!").replace("’", "'").split())
    cuts = ((words[: cut.start()], words[cut.end() :]) for cut in _CUTS.finditer(words))
    head, rest = next((cut for cut in cuts if cut[1] and not _GOES_ON.search(cut[1])), ("", ""))
    found = _CLEAR.match(head)
    if found is None or _NAMES.search(words):
        return None
    things = _things(found["thing"])
    if not 0 < len(things) <= _MOST_THINGS or not all(map(_is_plain, things)) or _are_ends(things):
        return None
    return WantedWithout(rest, things)


def denied_but_wanted(sentence: str) -> str:
    """ "people, no dogs" of "no dogs but people"; the very same where nothing is asked for behind a denial, or it is
    excepted from that: "no animals but dogs"."""
    for cut in _BUT.finditer(sentence):
        found, wanted = _CLEAR.match(sentence[: cut.start()]), sentence[cut.end() :]
        if (
            found is None
            or not all(map(_is_plain, _AND_A.split(wanted)))
            or _NAMES.search(sentence)
            or _NOBODY.search(found[0])
        ):
            continue
        if _goes_on_denying(cut, found["thing"]):
            continue
        things = _things(found["thing"])
        known = (*things, _ARTICLE.sub("", wanted))
        is_excepted = any(_is_of_kind(last_base(wanted), last_base(thing)) for thing in things)
        if all(map(_is_plain, things)) and not (is_excepted or _are_ends(known) or len(set(known)) < len(known)):
            denied = (f"{'no' if _is_named(thing) else 'not'} {thing}" for thing in things)
            return ", ".join((wanted, *denied))
    return sentence


def _is_of_kind(base: str, other: str) -> bool:
    return is_kind_of(base, other) or YOUNG.get(base) == other


def _goes_on_denying(cut: re.Match[str], denied: str) -> bool:
    """Whether "and" may go on with a list, "no dogs, cats, and birds", or with what is alike, "not a dog and a cat"."""
    is_list = cut["after_comma"] is not None and "," in denied
    return is_list or (cut["article"] is not None and _ARTICLE.match(denied) is not None)


def denied_and_perhaps(sentence: str) -> tuple[str, str]:
    """What a sentence denies, and what may be denied with it or asked for beside it: "no dogs" and "people" of "no
    dogs, people"; empty where it is clear."""
    words = " ".join(sentence.strip().rstrip(".!").replace("’", "'").split()).removesuffix(" please")
    head, rest = next(((words[: cut.start()], words[cut.end() :]) for cut in _PERHAPS.finditer(words)), ("", ""))
    found = _CLEAR.match(head)
    if found is None or _NAMES.search(words) or denied_together(words):
        return "", ""
    things, others = _things(found["thing"]), _things(rest)
    if len(things) != 1 or not 0 < len(others) <= _MOST_THINGS or not all(map(_is_plain, (*things, *others))):
        return "", ""
    if not _is_named(things[0]) and " " in rest:  # "no old and dirty cars" denies dirty ones, too
        return "", ""
    is_asked = all(map(_may_be_shown, others)) or (_is_named(things[0]) and _is_quality(rest) and "," not in words)
    return (head, rest) if is_asked else ("", "")


def _may_be_shown(said: str) -> bool:
    """Whether it names something, and no order: "sunset", and not "sharpest first"."""
    words = said.lower().split()
    base = last_base(said)
    return base not in OPPOSITES and is_noun(base) and not any(word_of(word).compares for word in words)


def _is_quality(said: str) -> bool:
    """Whether it is one word that says how something is: "blurry", and not "sharpest"."""
    word = word_of(said.lower())
    return has_opposite(word.base) and not word.compares


def both_denied(sentence: str) -> tuple[str, str]:
    """The two things of "no dogs and people", of which the second may be meant to be shown."""
    words = " ".join(sentence.strip().rstrip(".!").replace("’", "'").split()).removesuffix(" please")
    found = _CLEAR.match(words)
    if found is None or _REPEATS.search(found["thing"]) or _SHARES.search(words) or "neither" in words.lower():
        return "", ""
    denied = _things(found["thing"]) if denied_together(words) else ()
    return (denied[0], denied[1]) if len(denied) == 2 else ("", "")


def denied_together(sentence: str) -> tuple[str, ...]:
    """What a whole sentence denies, where that is several things, each in words of its own: "no dogs", "not blurry".

    "no people and a dog" may ask for the dog, and "neither old nor young" for something between: these give nothing.
    """
    words = " ".join(sentence.strip().rstrip(".!").replace("’", "'").split()).removesuffix(" please")
    found = _CLEAR.match(words)
    if found is None or _NAMES.search(words):
        return ()
    said = found["thing"]
    things = _things(said)
    if not 1 < len(things) <= _MOST_THINGS or not all(map(_is_plain, things)) or _are_ends(things):
        return ()
    is_each_denied = len(_REPEATS.findall(said)) >= len(things) - 1
    if not (is_each_denied or _SHARES.search(said) or _are_alike(said)):
        return ()
    return tuple(f"{'no' if _is_named(thing) else 'not'} {thing}" for thing in things)


def beside_denied(sentence: str) -> str:
    """What stands behind the comma of a sentence that begins by denying, "sharpest first" of "no dogs, sharpest first".

    Empty where there is nothing, or where it is denied together with the rest.
    """
    words = " ".join(sentence.strip().rstrip(".!").replace("’", "'").split())
    found = _CLEAR.match(words)
    if found is None or _NAMES.search(words) or denied_together(words):
        return ""
    _, *rest = re.split(r"[,;]", found["thing"], maxsplit=1)
    return "".join(rest).strip()


def _things(said: str) -> tuple[str, ...]:
    """What a list names, without articles, each once."""
    items = (_ARTICLE.sub("", item.strip()).removesuffix(" at all") for item in _ITEMS.split(said))
    return tuple(dict.fromkeys(item for item in items if item))


def _is_named(thing: str) -> bool:
    """Whether it is a thing, and no quality such as "blurry"."""
    base = last_base(thing)
    return is_thing(base) or not has_opposite(base)


def _are_ends(things: tuple[str, ...]) -> bool:
    """Whether two of them stand at the two ends of a scale."""
    bases = [word_of(word).base for thing in things for word in thing.lower().split()]
    return any(are_opposite(one, other) for one, other in combinations(bases, 2))


def _are_alike(said: str) -> bool:
    """Whether a list joined by "and" goes on as it began: "dogs and cats", and not "people and a dog"."""
    items = [item.strip() for item in re.split(r"\s*(?:,|\band\b)\s*", said.lower()) if item.strip()]
    with_article = {_ARTICLE.match(item) is not None for item in items}
    several = {last_base(item) != item.split()[-1] for item in items}
    return "and" in said.lower().split() and len(with_article) == len(several) == 1 and all(map(_is_named, items))


def _is_plain(thing: str) -> bool:
    words = thing.lower().split()
    return 0 < len(words) <= _MOST_WORDS and not _UNPLAIN.search(thing) and not _DENIAL.search(thing)
