"""Turns of phrase, said plainly: "no lack of dogs" denies none, "people allowed" asks for none, "at most two" for few.

What is lost of the meaning by that is told: "nothing but dogs" is read as "dogs". Words alone, no model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from imgrank.detail.qualities import PICTURE_NOUNS
from imgrank.paths import quoted
from imgrank.scoring.lexicon import is_thing
from imgrank.scoring.limits import NO_NUMBER, bounds_plainly, number_plainly, upper_bound_beside
from imgrank.scoring.naming import named, without_closing
from imgrank.scoring.negation import YOUNG, denied_and_perhaps, denied_but_wanted, wanted_without
from imgrank.scoring.parsing import read
from imgrank.scoring.permitting import without_permissions
from imgrank.scoring.preferring import liked_or_above, one_after_another, preferred
from imgrank.scoring.shorthand import written_out
from imgrank.scoring.words import are_opposite, has_opposite, in_words, last_base, word_of

MORE_FIRST = "'{}' is not understood, so images that also show something else may come first"
NONE_FIRST = "'{}' is not understood as few but some, so images that show none may come first"
EITHER_FIRST = "'{}' is not understood, so images that are not meant may come first"

VERY_END = "'{}' is not understood as some and not much, so the order runs to the very end of the scale"
EITHER_OF_TWO = "'{}' is not understood as either, so all images of the one may come before those of the other"
TOGETHER = "'{}' is not understood as both at once, so images that show only one may come first"
OF_LIGHT = "'{}' is judged by exposure, so images of a dark or bright subject may come anywhere"
OF_BAD_LIGHT = "'{}' is judged by how dark images are, so those with too much light may come last"
OF_NOISE = "'{}' is judged by noise, so images of what is itself smooth may come anywhere"
BOUND_FIRST = "'{}' is not understood as a bound, so images that are just that may come first"
YOUNG_TOO = "'{}' look much like other '{}', so they may come first, too"
ABOVE_OR_LIKED = "it is not clear whether '{}' means liked better or higher up, so either may come first"
IGNORED_BESIDE = "'{}' is not understood beside what is excluded, and was ignored"
BEHIND_FIRST = "'{}' is not understood, so everything other than '{}' may follow in any order"

_RUN = re.compile(r"([^\w\s])\1{2,}")
_DASH = re.compile(r"(?<=\d)\s?[–—]\s?(?=\d)")
_LONGEST_WORD = 80  # characters: longer ones are no words, and cost rules that look for words their time
_POINTS = r"(?:an?|the|this|that|my|our|your|his|her|its|their|put|leave|keep|save|place|move|push|send|show) "
_OF_LIST = r"of (?:the|this|my) (?:list|order|page|results)"
_END = rf"(?:(?:very )?end(?: {_OF_LIST})?|(?:bottom|back) {_OF_LIST})"
_ENDS = "most|fewest|least|more|fewer|less"
_PICTURES = "|".join(sorted(PICTURE_NOUNS | {"ones"}, key=len, reverse=True))
_ONES = rf"(?:{_PICTURES}|those) (?:with|of|showing|containing|having|that (?:show|have|contain))"
_FAULTY = "(?:(?:over|under)[- ]?exposed|grainy|noisy|blurry|blurred)"
_SHOWN = rf"(?:(?:{_PICTURES}) of )?(?!(?:{_PICTURES}|first|last|please|and|or|but)\b)[\w'-]+"
_PLAIN = (
    (r"\b(?:there (?:is|are) )?no (?:shortage|lack|dearth|scarcity|end) of\b|\bnot (?:without|lacking)\b", "plenty of"),
    (r"\bno (?:fewer|less) than\b", "at least"),
    (r"^(?:there is )?no doubt(?: that is| this is|,)?(?= \w)|,? (?:there is )?no doubt(?: about it)?$", ""),
    (r"^without (?:a )?doubt,?(?= \w)|,? without (?:a )?doubt$", ""),
    (r"\bnot (?:very |too |so )?far (?:apart )?from\b", "near"),
    (r"^(?:slightly|somewhat|a bit|a little|even|much) (?=(?:more|less|\w+er)\b)", ""),
    (rf"\b(?:except(?: for)?|excluding|other than|apart from|but not) (?:the |those )?{_ONES} ", "without "),
    (rf"^(?:from )?(?:the )?({_ENDS}) ([\w'-]+) to (?:the )?(?:{_ENDS})(?: \2)?$", r"\1 \2"),
    (rf"^((?!{_POINTS})[\w'-]+(?: [\w'-]+)?) (?:at|to|towards) the {_END}$", r"\1 last"),
    (
        rf"^(?:(?:find|show|get|give)(?: me)? )?(?:(?:all|some|any|the|only|my) )*(?:{_PICTURES})"
        r" (?:with|having|that (?:have|show)) "
        r"(?=not? |[\w'-]+,? (?:not|over|instead of|rather than) )",
        "",
    ),
    (r"\b(no|without) ((?:[\w'-]+ )?[\w'-]+) (?:allowed|permitted|welcome)\b", r"\1 \2"),
    (r"(?<=\w),? no matter (?:what|how|where|who|which)$", ""),
    (rf"^(?:the )?light(er|est)((?: (?:{_PICTURES}))?(?: first| last)?)$", r"bright\1\2"),
    (
        r"^((?:(?:is |are )?not |isn't |aren't |no |without )?)(?:the |any )?"
        r"(?:blown[ -]?out(?: (?:highlights|whites|sky|skies))?|blown (?:highlights|whites)"
        r"|(?:clipped|burn(?:t|ed)[ -]out) (?:highlights|whites))$",
        r"\1overexposed",
    ),
)
_ALONE = (
    r"\bnot (?:only|just|merely|simply)\b(?= \w)",
    r"^(?:with )?(?:nothing|none|nobody|no[ -]?one) (?:else )?but\b(?= \w)",
    r"(?:,| and| but| with|, and|, but)* (?:nobody|no[ -]?one|nothing) else\b.*$",
    r"(?:,| and| but| with|, and|, but)* no others?(?: \w+)?$",
    r"(?<=\w) without any(?:thing|one|body) else.*$",
)
_UNREAD = (
    (r"\bnot (?:too |so |very |that |all that )?many\b(?=$| \w+$)", NONE_FIRST),
    (r"\bwith (?:and|or) without\b|\bnot both\b|\b(?:instead of|rather than)\b", EITHER_FIRST),
    (r"(?<=\w) (?:without|with no) [^,;]+ last$", EITHER_FIRST),
    (r"\b(?:unless|otherwise|or else|only if|provided that|preferabl[ey]|ideally|whichever|whatever)\b", EITHER_FIRST),
    (r"^(?:either )?(?:an? )?[\w'-]+ or (?:an? )?[\w'-]+$", EITHER_OF_TWO),
    (r"^both [\w'-]+ and [\w'-]+$|^[\w'-]+ and [\w'-]+ (?:together|side by side)$", TOGETHER),
    (rf"^(?:the )?(?:brigh|dark)(?:t?est|t?er)(?: (?:{_PICTURES}))?(?: first| last)?$", OF_LIGHT),
    (rf"^(?:the )?(?:very )?smooth(?:er|est)? (?:{_PICTURES})(?: first| last)?$", OF_NOISE),
    (r"\bmiddle[- ]aged?\b", VERY_END),
    (
        r"\b(?:(?:on|to|at|in) (?:the|its|his|her)|facing|looking|turned|going)(?: to the)? (?:left|right)\b"
        r"(?! (?:time|place|order|way|mood|moment|track|hand|arm|leg|foot|wing|eye|ear)\b)",
        EITHER_FIRST,
    ),
    (r"\b(?:few|fewer|fewest|many|more|most) [\w'-]+ last[,;]? .+", EITHER_FIRST),
    (r"^if (?:there|it|they|the|possible)\b", EITHER_FIRST),
    (rf"^(?:slightly|somewhat|moderately|mildly|a bit|a little) (?!of\b)[\w'-]+(?: (?:{_PICTURES}))?$", VERY_END),
    (r"^no [\w'-]+ but (?:an? )?[\w'-]+$", EITHER_FIRST),
    (rf"^(?:no|not|without) {_FAULTY} {_SHOWN}$|^{_FAULTY} {_SHOWN} last$|^over[- ]?exposed {_SHOWN}$", EITHER_FIRST),
    (rf"^{_FAULTY} (?:{_PICTURES}) (?:of nothing|with [\w'-]+ in (?:it|them))$", EITHER_FIRST),
    (r"^(?:no|without) (?:old|older|young|younger) (?:m[ae]n|wom[ae]n|people|persons?|boys?|girls?)$", EITHER_FIRST),
    (rf"^(?:badly|poorly|wrongly|incorrectly)[ -]exposed(?: (?:{_PICTURES}))?$", OF_BAD_LIGHT),
)
_JOINS = re.compile(r"^(?:,| |and\b|but\b|with\b)+", re.IGNORECASE)
_RULES = [(re.compile(mark, re.IGNORECASE), plain) for mark, plain in _PLAIN]
_LONE_RULES = [re.compile(mark, re.IGNORECASE) for mark in _ALONE]
_DOUBTS = [(re.compile(mark, re.IGNORECASE), doubt) for mark, doubt in _UNREAD]
_NOT_ITS_OTHER_END = re.compile(
    r"^(?P<asked>[^,;]+?)(?:,| and| but|, and|, but)? not (?P<other>[\w'-]+)(?: ones)?$", re.IGNORECASE
)
_THAN_ITS_OTHER_END = re.compile(r"^(?P<asked>more [\w'-]+|[\w'-]+er) than (?P<other>[\w'-]+)$", re.IGNORECASE)
_BOUNDED = re.compile(
    r"^(?P<asked>[\w'-]+),? (?P<bound>(?:but|yet|and|though) not (?:too |overly |so )?(?P<other>[\w'-]+))$",
    re.IGNORECASE,
)
_NO = re.compile(r"\b(?:no|not|without|nor|neither|never)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence said plainly, and what of it is not understood: a sentence for the user, or nothing. `of_measure`
    where that holds for what the shipped ranker measures, and for no ranker of the user's."""

    text: str
    doubt: str = ""
    of_measure: bool = False


def plainly(sentence: str) -> Said:
    """A sentence without turns of phrase; the very same where it has none."""
    bare = _unframed(_bare(written_out(sentence)))
    words = " ".join(in_words(bare).replace("’", "'").split()).rstrip(" .!?")
    plain = _without_other_end(_spelt_plainly(words))
    other = _bound_of(named(plain))
    if other:
        return Said(named(plain).split()[0].rstrip(","), BOUND_FIRST.format(quoted(other)))
    bound = upper_bound_beside(plain)
    if bound is not None:
        return Said(bound[1], EITHER_FIRST.format(quoted(bound[0])))
    number = number_plainly(plain)
    if number is not None:
        return Said(number[0], NO_NUMBER.format(quoted(number[1])))
    for said_plainly in (without_permissions, bounds_plainly, denied_but_wanted, preferred):
        plain = said_plainly(plain)
    denied, perhaps = denied_and_perhaps(plain)
    if perhaps:
        return Said(denied, IGNORED_BESIDE.format(quoted(perhaps)))
    young = _young_of(named(plain))
    if young is not None:
        return Said(young[1], YOUNG_TOO.format(*map(quoted, young)))
    if liked_or_above(plain):
        return Said(plain, ABOVE_OR_LIKED.format(quoted(plain)))
    first, behind = one_after_another(named(plain))
    if behind:
        return Said(first, BEHIND_FIRST.format(quoted(behind), quoted(first)))
    alone = next((found for rule in _LONE_RULES if (found := rule.search(plain))), None)
    if alone is not None and len(alone[0]) < len(plain):
        text = " ".join((plain[: alone.start()] + plain[alone.end() :]).split())
        return Said(text, MORE_FIRST.format(quoted(_JOINS.sub("", alone[0]))))
    unread = next(((found, doubt) for rule, doubt in _DOUBTS if (found := rule.search(plain))), None)
    text = bare if plain == bare.replace("’", "'").rstrip(" .!?") else plain
    if unread is None:
        return Said(text)
    found, doubt = unread
    return Said(text, doubt.format(quoted(found[0].strip())), of_measure=doubt in (OF_LIGHT, OF_BAD_LIGHT, OF_NOISE))


def _bare(sentence: str) -> str:
    """A sentence without what changes nothing of its meaning: space, politeness, final dots, quotes around it."""
    words = " ".join(map(_shortened, _RUN.sub(r"\1", sentence).split()))
    words = without_closing(_DASH.sub("-", words).rstrip(" .!…"))
    inner = words[1:-1].strip()
    is_quoted = len(words) > 2 and words[0] + words[-1] in ('""', "''", "“”", "«»", "„“") and words[0] not in inner
    return (inner if is_quoted else words) or sentence


def _unframed(words: str) -> str:
    """A sentence that only names things, without the request around them: "I want dogs" is "dogs"."""
    thing = named(words)
    told = read(thing)
    is_plain = bool(told.words) and not (told.grades or read(words).grades)
    return thing if is_plain and all(is_thing(word.base) for word in told.words) else words


def _bound_of(words: str) -> str:
    """ "but not overexposed" of "bright but not overexposed": a second quality that bounds the first, and no thing."""
    found = _BOUNDED.match(words)
    if found is None:
        return ""
    asked, other = (word_of(found[said].lower()).base for said in ("asked", "other"))
    are_qualities = has_opposite(asked) and not is_thing(asked) and not is_thing(other)
    return found["bound"] if are_qualities and asked != other and not are_opposite(asked, other) else ""


def _young_of(words: str) -> tuple[str, str] | None:
    """The young that alone are denied of some animals, and these: "kittens" of "cats except kittens"."""
    said = wanted_without(words)
    if said is None or len(said.unwanted) > 1:
        return None
    (young,) = said.unwanted
    return (young, said.wanted) if YOUNG.get(last_base(young)) == last_base(said.wanted) else None


def _shortened(word: str) -> str:
    """The rules read ASCII; Chinese, Japanese and Thai put no spaces between words, and stay whole."""
    return word[:_LONGEST_WORD] if word.isascii() else word


def _spelt_plainly(words: str) -> str:
    for rule, plain in _RULES:
        words = rule.sub(plain, words)
    return " ".join(words.split())


def _without_other_end(words: str) -> str:
    """ "blurry" of "blurry, not sharp": who wants one end of a scale does not want the other."""
    found = _NOT_ITS_OTHER_END.match(words) or _THAN_ITS_OTHER_END.match(words)
    if found is None or _NO.search(found["asked"]):
        return words
    other = word_of(found["other"].lower()).base
    asked = re.findall(r"[\w'-]+", found["asked"].lower())
    return found["asked"] if any(are_opposite(word_of(word).base, other) for word in asked) else words
