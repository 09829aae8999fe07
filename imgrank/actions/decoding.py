"""One line of a journal -> records, with every type and range looked at: what somebody forged is no journal."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from imgrank.actions.records import Identity, Step, Verb
from imgrank.actions.steps import is_part_of

_HASH = re.compile(r"[0-9a-f]{32}")
_LARGEST = 1 << 63
Line = Mapping[str, object]
_Value = TypeVar("_Value")


def text_of(line: Line, name: str) -> str:
    """A text. Raises ValueError where there is none."""
    value = line.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name} is no text")
    return value


def number_of(line: Line, name: str) -> int:
    """A whole number that a file's size, time or a place in a list can be. Raises ValueError where there is none."""
    value = line.get(name)
    if type(value) is not int or not -_LARGEST <= value < _LARGEST:
        raise ValueError(f"{name} is no number")
    return value


def index_of(line: Line, name: str, count: int) -> int:
    """A number from 0 to below `count`. Raises ValueError."""
    value = number_of(line, name)
    if not 0 <= value < count:
        raise ValueError(f"there is no step {value}")
    return value


def path_of(line: Line, name: str) -> str:
    """An absolute path, or nothing. Raises ValueError."""
    value = text_of(line, name)
    if b"\0" in os.fsencode(value) or (value and not os.path.isabs(value)):
        raise ValueError(f"{name} is no whole path")
    return value


def identity_of(line: Line) -> Identity:
    """What a file was. Raises ValueError."""
    return Identity(number_of(line, "size"), number_of(line, "mtime_ns"), _hash_of(line, "hash", empty=True))


def step_of(line: Line) -> Step:
    """A step. Raises ValueError where it holds something that imgrank does not write."""
    step = Step(
        verb=Verb(text_of(line, "verb")),
        source=path_of(line, "source"),
        target=path_of(line, "target"),
        size=_optional(line, "size", number_of),
        mtime_ns=_optional(line, "mtime_ns", number_of),
        hash=_optional(line, "hash", _hash_of),
        part=path_of({"part": "", **line}, "part"),
        old=_hash_of({"old": "", **line}, "old", empty=True),
        new=_hash_of({"new": "", **line}, "new", empty=True),
        delta=_hash_of({"delta": "", **line}, "delta", empty=True),
        time_ns=_optional(line, "time_ns", number_of),
        stem=text_of({"stem": "", **line}, "stem"),
        reverses=_optional(line, "reverses", number_of),
        of=_optional(line, "of", number_of),
    )
    if not step.source or (step.part and not is_part_of(step.part, step.target)):
        raise ValueError("a step names files that imgrank does not make")
    return step


def _hash_of(line: Line, name: str, empty: bool = False) -> str:
    value = text_of(line, name)
    if not _HASH.fullmatch(value) and not (empty and value == ""):
        raise ValueError(f"{name} is no hash")
    return value


def _optional(line: Line, name: str, read: Callable[[Line, str], _Value]) -> _Value | None:
    return None if line.get(name) is None else read(line, name)
