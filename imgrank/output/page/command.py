"""The command line that does what the page shows, quoted so that it can be pasted into a shell."""

from __future__ import annotations

import os
import shlex
import subprocess
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_MIXES = ("--like", "--between", "--plus", "--minus")
_SHAPES_SCORES = ("--adapter", "--backbone", "--opposite")


@dataclass(frozen=True, slots=True)
class Command:
    """What stands before and after the place of one more word."""

    before: str
    after: str


def shell_command(words: Sequence[str]) -> Command:
    """`words` for this system's shell, open for an option at the end, or before `--` where that ends options."""
    at = words.index("--") if "--" in words else len(words)
    before, after = _joined(words[:at]), _joined(words[at:])
    return Command(before, f" {after}" if after else "")


def explain_command(words: Sequence[str], query: str) -> Command | None:
    """The command that explains one picture of the order that `words` made, open for its path; None where the order
    is no sentence's alone."""
    options = words[: words.index("--")] if "--" in words else words
    if any(word.partition("=")[0] in _MIXES for word in options):
        return None
    kept = ["imgrank", "explain"]
    for at, word in enumerate(options):
        if word in _SHAPES_SCORES:
            kept += options[at : at + 2]
        elif word.startswith(tuple(f"{option}=" for option in _SHAPES_SCORES)):
            kept.append(word)
    ended = ["--"] if query.startswith("-") else []
    return Command(_joined([*kept, *ended]) + " ", f" {_joined([query])}")


def shell_path(path: str) -> str:
    """A path as one word of this system's shell, never an option."""
    return _joined([os.path.join(os.curdir, path) if path.startswith("-") else path])


def _joined(words: Sequence[str]) -> str:
    return subprocess.list2cmdline(words) if os.name == "nt" else " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    """As a POSIX shell reads it; what a page cannot show, in the $'...' of bash and zsh."""
    if word.isprintable():
        return shlex.quote(word)
    return "$'" + "".join(map(_escaped, word)) + "'"


def _escaped(char: str) -> str:
    if char in "\\'":
        return "\\" + char
    if char.isprintable() or unicodedata.category(char) == "Zs":
        return char
    if "\udc80" <= char <= "\udcff":  # a byte that was no UTF-8
        return f"\\x{ord(char) - 0xDC00:02x}"
    return f"\\U{ord(char):08x}"
