"""Which of the words behind a command are sources, and which is the sentence."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Sequence

from imgrank.errors import UsageError
from imgrank.formats import looks_like_picture
from imgrank.paths import printable

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
            f'sort needs images and a sentence, and "{printable(sentence)}" is all that was given: {EXAMPLE}.'
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
        raise UsageError(
            f'{named} is {kind}, and "{printable(sources[0])}" is not; the sentence comes last: {EXAMPLE}.'
        )
    may_be_sentence = os.path.lexists(sentence) and not {os.sep, "."} & set(sentence)
    forced = f'If it is your sentence, add a space: " {printable(sentence)}".' if may_be_sentence else ""
    raise UsageError(f"{named} is {kind}, and stands last, where the sentence belongs: {EXAMPLE}. {forced}".rstrip())


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
    """Raise UsageError where the last word was meant for an option that takes none: --rename "{rank}-{name}"."""
    before = sys.argv[-2] if sys.argv[-1:] == [sentence] and len(sys.argv) > 1 else ""
    if not before.startswith("--") or (len(sentence.split()) > 1 and "{" not in sentence):
        return
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
