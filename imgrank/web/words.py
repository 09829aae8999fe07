"""What went wrong, in a sentence for whoever looks at a page. Nothing of the inside goes out with it.

A remedy is said in the page's own words: it names the buttons and fields that stand where the command line has options.
"""

from __future__ import annotations

import logging
import re

from imgrank.errors import NO_THREAD, ImgrankError, lacks_thread
from imgrank.paths import printable, why

_log = logging.getLogger(__name__)
_MORE = re.compile(r"  and (\d+) more")
MOST_LISTED = 4  # lines of a list; a page has room for no more
_PARAMETER = re.compile(r"\{(\w+)\}(?: (\d+))?")

CONTROLS = {
    "backbone": "Image model",
    "copy": "Copy",
    "finish": "Finish",
    "history": "History",
    "move": "Move",
    "name": "Name",
    "replace": "Replace a ranker of this name",
    "template": "New names",
    "undo": "Undo",
}
"""By parameter of a remedy: what the page calls it."""

INSTEAD = {
    "device": "Take a smaller image model.",
    "group": "Leave them out of “New names”.",
    "labels": "The answers go into labels.csv in the folder in which this was started; start it in another one.",
    "no_cache": "Stop it in the terminal, and start it again without the cache, or without trained rankers.",
    "recursive": "Stop it in the terminal, and start it again with its subfolders.",
    "skip_bad": "Correct them.",
}
"""By parameter: what to do instead, where the page has nothing of that kind."""


def sentence_of(error: Exception) -> str:
    """Facts and remedy of an error that imgrank raises; of any other, whose doing it was and of which kind it is."""
    if isinstance(error, ImgrankError):
        lines = [*_few(str(error).splitlines()), remedy_of(error)]
        told = "\n".join(lines) if len(lines) > 2 else " ".join(lines)
        return "\n".join(map(printable, told.rstrip().splitlines()))
    if lacks_thread(error):
        return NO_THREAD
    _log.debug("what a page asked for went wrong", exc_info=error)
    if isinstance(error, OSError):
        return f"The system refused this: {why(error)}."
    return f"This went wrong in imgrank itself ({type(error).__name__})."


def _few(lines: list[str]) -> list[str]:
    """With the first of a long list alone, which is indented, and how many more there are."""
    listed = [place for place, line in enumerate(lines) if line.startswith("  ")]
    if len(listed) <= MOST_LISTED:
        return lines
    last = _MORE.fullmatch(lines[listed[-1]])
    more = len(listed) - MOST_LISTED + (int(last[1]) - 1 if last else 0)
    return [*lines[: listed[MOST_LISTED]], f"  and {more} more", *lines[listed[-1] + 1 :]]


def unexpected(what: str, error: Exception) -> str:
    """Of work that nobody asked for just now, and that ended with an error."""
    return sentence_of(error) if lacks_thread(error) else f"{what} unexpectedly: {type(error).__name__}: {error}."


def remedy_of(error: ImgrankError) -> str:
    """What to do about an error on the page; empty where nothing can be done there."""
    named = [found[1] for found in _PARAMETER.finditer(error.remedy)]
    if all(name in CONTROLS for name in named):
        return _PARAMETER.sub(_control, error.remedy)
    return " ".join(dict.fromkeys(INSTEAD[name] for name in named if name in INSTEAD))


def _control(found: re.Match[str]) -> str:
    run = f" run {found[2]}" if found[2] else ""
    return f"“{CONTROLS[found[1]]}{run}”"
