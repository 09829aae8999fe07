"""What a sentence allows and does not ask for: "water, people allowed" is water, with people or without.

Words alone, no model.
"""

from __future__ import annotations

import re

_NO_THING = r"no|not|nor|without|nothing|nobody|all|it|this|that|which|who|with|in|on|at|of|to|is|are|and|or|but"
_THING = rf"(?!(?:{_NO_THING})\b)[\w'-]+"
_THINGS = rf"{_THING}(?:(?: and| or|, (?=[\w'-]+ (?:and|or)\b))? {_THING}){{0,3}}?"
_JOIN = r"(?:^|\s*[,;(]|\s+(?:and|but|though|although)\b)+\s*"
_END = r"\)?(?=$|\s*[,;])"
_OF_IT = r"(?: (?:in (?:it|them|there|the (?:picture|photo|image|frame|background)s?)|there|too|as well))*"
_FREELY = (
    r"(?:(?:is|are|would be|being) )?(?:(?:also|still|totally|perfectly|quite) )?"
    r"(?:allowed|permitted|acceptable|tolerated|okay|ok|fine|al(?:l )?right|welcome|optional|no problem|not a problem)"
    r"|(?:may|can|could|might) (?:also )?(?:be (?:there|present|visible|included|in (?:it|them|there|the \w+))|appear)"
    r"|(?:do not|don't|does not|doesn't) (?:matter|bother (?:me|us))"
)
_NO_MATTER = (
    r"(?:(?:i|we) )?(?:do not|don't|would not|wouldn't) (?:mind|care (?:about|if|whether))"
    r"|(?:it )?(?:does not|doesn't) matter (?:if|whether)|no matter (?:if|whether)|regardless of(?: (?:if|whether))?"
    r"|never mind|whether or not"
)
_FILLS = r"(?: (?:if|whether|there (?:is|are)|they (?:have|show)|it (?:has|shows)|having|seeing|the|any|some|with))*"
_PERMITS = [
    re.compile(rf"{_JOIN}(?:(?:with|any|some) )?{_THINGS} (?:{_FREELY}){_OF_IT}{_END}", re.IGNORECASE),
    re.compile(rf"(?:{_JOIN}|\s+)(?:{_NO_MATTER}){_FILLS} {_THINGS}{_OF_IT}{_END}", re.IGNORECASE),
    re.compile(rf"(?:{_JOIN}|\s+)with or without {_THINGS}{_END}", re.IGNORECASE),
    re.compile(
        rf"(?:{_JOIN}(?:with )?|\s+with ){_THINGS} or (?:not|none|without(?: them| any)?|no {_THINGS}){_END}",
        re.IGNORECASE,
    ),
]
_LEFT_OPEN = re.compile(r"^(?:[,;\s]|(?:and|but|with)\b)+|(?:[,;\s]|\b(?:and|but|with)$)+$", re.IGNORECASE)


def without_permissions(sentence: str) -> str:
    """A sentence without what it only allows; the very same where it allows nothing, or nothing else is said."""
    rest = sentence
    for permits in _PERMITS:
        rest = permits.sub("", rest)
    if rest == sentence:
        return sentence
    return _LEFT_OPEN.sub("", " ".join(rest.split())) or sentence
