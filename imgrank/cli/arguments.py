"""Which words behind a command are sources, which is the sentence, and the options that ask for more than one."""

from __future__ import annotations

import glob
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Optional

import typer

from imgrank.cli.options import named
from imgrank.errors import UsageError
from imgrank.formats import looks_like_picture
from imgrank.paths import printable
from imgrank.records import Term

EXAMPLE = 'imgrank sort ./photos "older person"'


def split_words(words: Sequence[str], more: bool = False) -> tuple[list[str], str | None]:
    """Sources and sentence: the last word is the sentence. With `more` to rank by it need not be there: what is, or
    looks like, an image, a folder or a pattern is a source then.

    Raises UsageError where the last word is surely no sentence, or where one seems to stand without quotes.
    """
    *sources, sentence = words
    if more:
        has_sentence = bool(sources) and not _looks_like_source(sentence)
        return (sources, sentence) if has_sentence else (list(words), None)
    if not sources:
        raise UsageError(
            f'sort needs images and a sentence, but only "{printable(sentence)}" was given; write {EXAMPLE}.'
        )
    check_sentence(sentence, sources)
    _check_quotes(sources, sentence)
    return sources, sentence


def check_sentence(sentence: str, sources: Sequence[str] = ()) -> None:
    """Raise UsageError where the word in the place of the sentence names a file, a folder or an index."""
    kind = _kind(sentence)
    if kind is None:
        return
    named = f'"{printable(sentence)}"'
    if sources and not _is_source(sources[0]):
        raise UsageError(f'{named} is {kind}, and "{printable(sources[0])}" is not; put the sentence last: {EXAMPLE}.')
    may_be_sentence = os.path.lexists(sentence) and not {os.sep, "."} & set(sentence)
    forced = f'If it is your sentence, add a space: " {printable(sentence)}".' if may_be_sentence else ""
    raise UsageError(f"{named} is {kind}, but the sentence must come last: {EXAMPLE}. {forced}".rstrip())


def _kind(word: str) -> str | None:
    """What a word names, in words; None where it can be a sentence."""
    if not word.strip():
        return None
    if os.path.isdir(word):
        return "a folder"
    if os.path.lexists(word):
        return "a file"
    if "://" in word:
        return "an address"
    return "a pattern that matches files" if _matches(word) else None


def _matches(word: str) -> bool:
    return glob.has_magic(word) and next(glob.iglob(word), None) is not None


def _is_source(word: str) -> bool:
    return word == "-" or os.path.lexists(word) or glob.has_magic(word) or "://" in word


def _looks_like_source(word: str) -> bool:
    if word == "-" or os.path.lexists(word) or looks_like_picture(word) or "://" in word:
        return True
    if any(char.isspace() for char in word):
        return _matches(word)
    return glob.has_magic(word) or is_written_as_path(word)


def is_written_as_path(word: str) -> bool:
    """Whether a word has a separator of folders in it."""
    return os.sep in word or (os.altsep is not None and os.altsep in word)


_MOST_SHOWN = 3  # sources in a proposal: a shell makes hundreds of one "*.jpg"


def _check_quotes(sources: Sequence[str], sentence: str) -> None:
    """Raise UsageError where several last words name nothing: a sentence without its quotes."""
    first = len(sources)
    while first and _is_plain(sources[first - 1]):
        first -= 1
    if first < len(sources):
        _check_flag(sentence)
    quoted = len(sentence.split()) > 1
    if quoted or first == len(sources) or len(sources) == 1:  # of one wrong source discover says what is near
        return
    whole = " ".join([*sources[first:], sentence])
    given = [shown(source) for source in sources[:first]]
    named = " ".join(given if first <= _MOST_SHOWN else [given[0], "...", given[-1]]) or "FOLDER"
    raise UsageError(
        f'There is no file or folder "{printable(sources[first])}". If it is part of the sentence, put the sentence in '
        f'quotes: imgrank sort {named} "{printable(whole)}".'
    )


def _check_flag(sentence: str) -> None:
    """Raise UsageError where a word was meant for an option that takes none: --rename "{rank}-{name}"."""
    befores = [before for before, word in pairwise(sys.argv) if word == sentence and before.startswith("--")]
    if not befores or (len(sentence.split()) > 1 and "{" not in sentence):
        return
    before = befores[0]
    said = f'{before} takes no value, so "{printable(sentence)}" was taken for the sentence'
    remedy = f'; the new names go into --template "{printable(sentence)}"' if before == "--rename" else ""
    raise UsageError(f"{said}{remedy}.")


def _is_plain(word: str) -> bool:
    """Whether a word can only be one of a sentence: no file, no pattern, and nothing of a path about it."""
    separators = {os.sep, os.altsep or os.sep, "."}
    return not _is_source(word) and not separators & set(word) and bool(word.strip())


def shown(word: str) -> str:
    """A source as one would type it."""
    text = printable(word)
    plain = all(char.isalnum() or char in "-_./:" for char in text)
    return text if plain and sys.platform != "win32" else f'"{text}"'


TERM = "TEXT|IMAGE[:WEIGHT]"
OppositeOption = Annotated[
    Optional[str],
    typer.Option(
        "--opposite",
        callback=named("a text that names the other end"),
        metavar="TEXT",
        help="The other end of the scale, such as 'young person'. No trained ranker is used then.",
    ),
]
LikeOption = Annotated[
    Optional[list[str]],
    typer.Option(
        "--like",
        metavar="IMAGE",
        help="Rank by similarity to this image, with or without a sentence; a folder stands for all its images. "
        "Repeatable.",
    ),
]
BetweenOption = Annotated[
    Optional[tuple[str, str]],
    typer.Option(
        "--between",
        metavar="LOW HIGH",
        help="Rank on the scale from image LOW to image HIGH; images like HIGH come first. A folder stands for all its "
        "images.",
    ),
]
PlusOption = Annotated[
    Optional[list[str]],
    typer.Option(
        "--plus", metavar=TERM, help="Also rank by this; 'sunset:0.5' counts half; the default weight is 1. Repeatable."
    ),
]
MinusOption = Annotated[
    Optional[list[str]],
    typer.Option(
        "--minus", metavar=TERM, help="Also rank by this, reversed: images with less of it come first. Repeatable."
    ),
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
            f'--between takes images or folders, and "{printable(end)}" is neither; to name the ends in words: '
            'imgrank sort ./photos "bright room" --opposite "dark room".'
        )
    return found
