"""What a sentence names, without the frame that people put it in: "could you find me the cats" names the cats.

A vector of a sentence holds its politeness, too, and stands farther from what is shown. Who asks for a trained quantity
is found by the whole sentence; this is for whoever answers by similarity. Words alone, no model.
"""

from __future__ import annotations

import re

MOST_WORDS, MOST_CHARACTERS = 200, 2000  # of a sentence that are read: no model takes more in, and reading costs time

_GREETING = (
    r"(?:(?:hi|hello|hey|ok|okay)(?:,|(?= (?:can|could|would|will|please|show|find|give|let|i)\b))"
    r"|(?:please|pls|kindly),?)"
)
_HELP = r"(?:please |kindly |help me |help us |to )*"
_SEEK = (
    r"(?:(?:show|give|get|fetch|bring|pick|find|pull up|dig out)(?: out)? (?:me|us)"
    r"|find|search for|look for|looking for|search out|pick out|(?:let me|let us|let's) see"
    r"|(?:show|give|get|display)(?= (?:the|all|only|my|any|some)\b))"
)
_PLACE = r"(?:put|move|bring|place|leave|keep|list|rank|sort|order|have|show(?= (?:the|all|my|any|some)\b))"
_CAN = r"(?:can|could|would|will) you"
_WISH = (
    r"(?:(?:i|we)(?: would|'d|’d)?(?: really)? (?:like|love|want|wish|need)(?: to (?:see|find|look at|have|get|view))?"
    r"|(?:i|we)(?: am|'m|’m| are|'re|’re) (?:looking|searching) for"
    r"|(?:i am|i'm|i’m|we are|we're|we’re) (?:after|interested in))"
)
_ANY_PICTURE = "(?:photo|photograph|picture|image|pic|shot|snap|one)s?"
_SHOW = "shows?|have|has|contains?|features?"
_QUESTION = (
    r"(?:(?:can|could|may|might) (?:i|we) (?:please )?(?:see|have|get|find|look at|view)"
    r"|(?:have|do) (?:you|we|i) (?:got|have)|(?:is|are) there|where (?:is|are)"
    r"|(?:have you )?got(?= any\b)"
    rf"|(?:which|what)(?: of (?:the|my|our|these))? (?:{_ANY_PICTURE}) (?:{_SHOW})"
    rf"|do (?:any|some)(?: of (?:the|my|our|these))? (?:{_ANY_PICTURE}) (?:{_SHOW})"
    r")(?: any| some)?"
)
_OPENING = re.compile(
    rf"^(?:{_GREETING}|(?:{_CAN} )?{_HELP}{_SEEK}(?: only| just)?|{_CAN}(?: please| kindly)?(?= {_PLACE}\b)|{_WISH}"
    rf"|{_QUESTION})"
    r"\s+(?!(?:me|us)$)",
    re.IGNORECASE,
)
_OF_PICTURES = re.compile(
    r"^(?:(?:all|some|any|only|the|my|our|your|those) )*"
    r"(?:(?:photos|photographs|pictures|images|pics|shots|snaps) of"
    r"|(?:photos|photographs|pictures|images|pics|shots|snaps|ones|anything|something|everything)"
    rf" (?:with(?! (?:only|just|and|or)\b)|showing|having|containing|featuring|(?:that|which) (?:{_SHOW}))"
    r"(?! (?:no|not|nothing|nobody|none|neither)\b))"
    r"\s+(?=\w)",
    re.IGNORECASE,
)
_ALL_MINE = re.compile(
    r"^(?:(?:all|any|some)(?: of)? )?(?:my|our)\s+(?=\w)"
    r"|^(?:all|any|some)(?: of (?:the|these|those))? (?=(?:[\w'-]+s|people|men|women|children)$)",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?:,?\s+(?:please|pls|thanks|thank you|if you can|if possible|if you please|for me|for us))+$", re.IGNORECASE
)
_IN_THEM = re.compile(r"(?<=\w) (?:in|on) (?:it|them)$", re.IGNORECASE)
_PUT_FIRST = re.compile(
    rf"^{_PLACE}\s+(?P<thing>.+?) (?:first|(?:at|to|on|in) (?:the )?(?:very )?"
    r"(?:top|front|beginning|start|head)|up front|on top)$",
    re.IGNORECASE,
)
_FIRST = re.compile(
    r"^(?P<thing>.*\b(?!(?:at|the|a|in|head|feet|foot|safety|come|comes|very)\b)[\w'’-]+),? first$", re.IGNORECASE
)
_MOST_FRAMES = 6  # one within another: "hello, could you please show me pictures of cats first, thanks"


def named(sentence: str) -> str:
    """What a sentence names; the sentence itself where it has no frame, or is nothing else."""
    whole = plain = " ".join(sentence.split()).rstrip(" .!?")
    for _ in range(_MOST_FRAMES):
        plain = _without_frame(plain) or plain
    return sentence if plain == whole else plain


def _without_frame(words: str) -> str:
    bare = _IN_THEM.sub("", _OPENING.sub("", _CLOSING.sub("", words)))
    put = _PUT_FIRST.match(bare) or _FIRST.match(bare)
    return _ALL_MINE.sub("", _OF_PICTURES.sub("", put["thing"] if put else bare)).strip(" ,")


def without_closing(sentence: str) -> str:
    """A sentence without the politeness at its end; the very same where it is nothing else."""
    return _CLOSING.sub("", sentence) or sentence


def beginning(sentence: str) -> str:
    """As much of a sentence as is read: all, unless it is longer than anybody asks."""
    if len(sentence) <= MOST_CHARACTERS and sentence.count(" ") < MOST_WORDS:
        return sentence
    return " ".join(sentence[: 2 * MOST_CHARACTERS].split()[:MOST_WORDS])[:MOST_CHARACTERS]
