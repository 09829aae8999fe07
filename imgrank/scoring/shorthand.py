"""What a sentence writes short, in signs or round about, written out: "w/o" is "without", "I hate dogs" is "no dogs".

Words alone, no model.
"""

from __future__ import annotations

import re

_NUMBER = r"(?:\d{1,6}|one|two|three|four|five|six|seven|eight|nine|ten|a dozen|a hundred)"
_OF_THINGS = r"(?= (?!(?:more|of|(?:year|month|week|day|hour|minute)s?|percent)\b)[a-z])"
_BEGINS = r"(?:^|(?<=^with )|(?<= with )|(?<= of )|(?<= has )|(?<= showing ))"
_FEW_WORDS = r"(?=[\w'-]+(?: [\w'-]+){0,2}$)"
_SEVERAL = rf"(?:(?:all|any|every|the|these|those) (?:the )?{_FEW_WORDS}|{_FEW_WORDS}(?=.*(?:s|people)$))"
_ASKED = r"(?:there|it|this|that|these|those|you|we|they|he|she|any ?(?:one|body))"
_LONG = (
    (r"\bw/(?:o|out)\b ?", "without "),
    (r"\bw/ ?(?=\w)", "with "),
    (r"\bthere['’]?s (?=no\b|an?\b|any\b)", "there is "),
    (r"\s*\(((?:no|without|not|except|but) [^()]*)\)", r", \1"),
    (r"(?:\s[–—-]\s|(?<=\w)\s?/\s?)(?=(?:no|without|not) \w)", ", "),
    (r"^(?:(?:show|find|get|give)(?: me)? )?(everything|anything|all),? (?=except|but |other than)", r"\1 "),
    (rf"^(?:except(?: for)?|excluding) (?:the |any )?{_FEW_WORDS}", "no "),
    (r"^(?:almost|nearly) no (?=\w)", "hardly any "),
    (r"^(?:it |they )?(?:(?:do|does)(?: not|n['’]t)|not) (?:have|has|contain)(?: an?| any)? (?=\w)", "no "),
    (r"^(?:no|without(?: an?| any)?|with no) (?:dog|puppy)$", "no dogs"),
    (r"^(?:no|without(?: an?| any)?|with no) (?:person|human)$", "no people"),
    (r"\b(is|are|was|were|has|have|had|does|do|did|could|would|should)nt\b", r"\1n't"),
    (rf"^(?:(?:i|you|one) )?(?:can['’]t|cant|cannot) see (?:any |the )?{_FEW_WORDS}", "no "),
    (r"(?<![\d,.])(\d{1,3}),(\d{3})(?![\d,])", r"\1\2"),
    (rf"(?:~|\b(?:circa|ca\.|approx\.?))\s?(?={_NUMBER}{_OF_THINGS})|\bsome (?=\d+{_OF_THINGS})", "about "),
    (rf"^({_NUMBER} [\w'-]+) (?:or so|approximately|approx\.?|roughly)$", r"about \1"),
    (rf"{_BEGINS}(?:under|below) (?={_NUMBER}{_OF_THINGS})", "fewer than "),
    (rf"{_BEGINS}(?:beyond|over|above|upwards of) (?={_NUMBER}{_OF_THINGS})", "more than "),
    (rf"\b(?:one|1)(?: or | to |\s?-\s?)(?={_NUMBER}{_OF_THINGS})", ""),
    (r"\bno\. ?(?=\d)", ""),
    (r"^[↓▼] ?(.+)$|^(.+?) ?[↓▼]$", r"\1\2 descending"),
    (r"^[↑▲] ?(.+)$|^(.+?) ?[↑▲]$", r"\1\2 ascending"),
    (r"^([a-z]+) ?= ?0$", r"no \1"),
    (r"^([a-z]+) ?(?:<=|≤) ?(\d+)$", r"at most \2 \1"),
    (r"^([a-z]+) ?(?:>=|≥) ?(\d+)$", r"at least \2 \1"),
    (r"^([a-z]+) ?< ?(\d+)$", r"fewer than \2 \1"),
    (r"^([a-z]+) ?> ?(\d+)$", r"more than \2 \1"),
    (r"^([a-z]+) ?={1,2} ?(\d+)$", r"exactly \2 \1"),
    (r"\b(?:not a|without a|no) (?:single |living )?soul\b", "no people"),
    (r"(?:(?<=^)|(?<=^with )|(?<=^photos with ))0 (?=[a-z])", "no "),
    (rf"^(?:the |my |our )?(?:top )?{_NUMBER} (?=(?:[\w-]+est|best|worst|most|least)\b)", ""),
    (rf"^(?:the |my |our )?top {_NUMBER} (?:of )?(?=[a-z])", ""),
    (r"(?:^|(?<=\w)\s+)[-!](?=[a-z]+(?:\s+[-!][a-z]+)*$)", ", no "),
    (r"^, no ", "no "),
    (r"\b(people|men|women|children)s\b", r"\1"),
    (r"\bchilds\b", "children"),
    (r"\bwomans\b", "women"),
    (r"\bwithout (?:no|not|any no) (?=\w)", "without "),
    (r"\bquite a few (?=\w)", "many "),
    (r"\b(?:only |just )?a few (?!more\b|less\b)(?=\w)", "some "),
    (rf"{_BEGINS}enough (?=[a-z])", "many "),
    (rf"^(is|are|was|were|do|does|have|has|could|would|should)n['’]t (?={_ASKED}\b)", r"\1 "),
    (rf"^(?:can['’]t|cant) (?={_ASKED}\b)", "can "),
    (rf"^won['’]t (?={_ASKED}\b)", "will "),
    (r"^(?:never without|nothing beats|not to forget|(?:let['’]s )?not forget(?:ting)?) (?=\w)", ""),
    (
        r"^(?:(?:i|we) )?(?:really |just )?(?:hate|dislike|detest|(?:can['’]t|cannot) stand"
        r"|(?:do|would)(?: not|n['’]t) (?:need|want|like|wish)(?: to see)?|do(?: not|n['’]t) show(?: me)?) "
        rf"(?:any |the |all |to see )*{_FEW_WORDS}",
        "no ",
    ),
    (
        rf"^(?:i['’]?m|i am|we['’]?re|we are) (?:so )?(?:sick|tired) of (?:the |all |all the )?{_FEW_WORDS}",
        "no ",
    ),
    (
        r"^(?:please )?(?:remove|delete|omit|exclude|hide|skip|avoid|leave out|filter out|get rid of"
        r"|no more(?!(?: [\w'-]+)? than\b)) "
        rf"{_SEVERAL}",
        "no ",
    ),
)
_RULES = [(re.compile(short, re.IGNORECASE), long) for short, long in _LONG]
_FULL_WIDTH = {0xFF01 + at: 0x21 + at for at in range(94)} | {0x3000: 0x20}


def written_out(sentence: str) -> str:
    """A sentence without shorthand; the very same where it has none."""
    words = sentence.translate(_FULL_WIDTH)
    for rule, long in _RULES:
        words = rule.sub(long, words)
    return words
