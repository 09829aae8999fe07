"""The options that ask for more than a sentence."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Optional

import typer

from imgrank.cli.arguments import is_written_as_path, split_words
from imgrank.errors import UsageError
from imgrank.formats import looks_like_picture
from imgrank.paths import printable
from imgrank.records import Term

TERM = "TEXT|IMAGE[:WEIGHT]"
OppositeOption = Annotated[
    Optional[str],
    typer.Option(
        "--opposite", metavar="TEXT", help="The other end of the scale, such as 'young person'; not for rankers."
    ),
]
LikeOption = Annotated[
    Optional[list[str]],
    typer.Option(
        "--like",
        metavar="IMAGE",
        help="Rank by similarity to this image, with or without a sentence; repeat it, or name a folder, for several.",
    ),
]
BetweenOption = Annotated[
    Optional[tuple[str, str]],
    typer.Option(
        "--between",
        metavar="LOW HIGH",
        help="Rank along the scale from image LOW to image HIGH, which stands first; folders name several.",
    ),
]
PlusOption = Annotated[
    Optional[list[str]],
    typer.Option("--plus", metavar=TERM, help="Rank by this, too; 'sunset:0.5' counts for half. Repeatable."),
]
MinusOption = Annotated[
    Optional[list[str]],
    typer.Option("--minus", metavar=TERM, help="Put images with less of this first. Repeatable."),
]
_WEIGHED = re.compile(r"(?P<what>.*\S)(?P<space>\s*):(?P<weight>[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+))", re.DOTALL)


@dataclass(frozen=True, slots=True)
class AskedFor:
    """What was asked of the pictures, beside which they are."""

    sentence: str | None
    opposite: str | None = None
    like: tuple[str, ...] = ()
    between: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    plus: tuple[Term, ...] = ()
    minus: tuple[Term, ...] = ()


def asked_for(
    words: Sequence[str],
    opposite: str | None,
    like: Sequence[str] | None,
    between: tuple[str, str] | None,
    plus: Sequence[str] | None,
    minus: Sequence[str] | None,
) -> tuple[list[str], AskedFor]:
    """Sources, and what is asked of them. Raises UsageError where a word is missing or stands in the wrong place."""
    more = bool(like or between or plus or minus)
    sources, sentence = split_words(words, more)
    ends = None if between is None else (_pictures(between[0]), _pictures(between[1]))
    terms = (tuple(map(parse_term, given or ())) for given in (plus, minus))
    return sources, AskedFor(sentence, opposite, tuple(like or ()), ends, *terms)


def parse_term(word: str) -> Term:
    """One value of --plus or --minus.

    A file, or a folder that is written as a path, is a picture, also where its name holds a colon; what else ends in
    a colon and a number has that weight, unless a digit stands right before: "a clock at 10:30" is a text.
    """
    if _is_picture(word):
        return Term(picture=word)
    found = _WEIGHED.fullmatch(word)
    if found is not None:
        what, weight = found["what"], float(found["weight"].replace(",", "."))
        if _is_picture(what):
            return Term(picture=what, weight=weight)
        if found["space"] or not what[-1].isdigit():
            return Term(what, weight=weight)
    return Term(word)


def _is_picture(word: str) -> bool:
    """A file; a folder where it is written as a path; a name as pictures have it, which will be missed."""
    if os.path.isdir(word):
        return is_written_as_path(word)
    return os.path.isfile(word) or looks_like_picture(word)


def _pictures(end: str) -> tuple[str, ...]:
    """One end of --between. Raises UsageError where it is no picture."""
    if os.path.lexists(end):
        return (end,)
    found = tuple(sorted(path for path in glob.glob(end) if os.path.isfile(path)))
    if not found:
        raise UsageError(
            f'--between takes images or folders, and "{printable(end)}" is none; for an end in words: '
            'imgrank sort ./photos "bright room" --opposite "dark room".'
        )
    return found
