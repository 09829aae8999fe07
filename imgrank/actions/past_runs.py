"""Runs as their journals tell them. Every type and range is checked: what somebody forged is no journal."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from imgrank.actions.records import Identity, Step, Verb
from imgrank.actions.steps import count_files, is_part_of
from imgrank.errors import ActionError
from imgrank.paths import journal_dir, printable, why

_FORMAT = 2  # the newest that is read
DAMAGED = "damaged"
_NAME = re.compile(r"([0-9]{4,9})\.jsonl")
_LONGEST_HEAD, _LONGEST_CLOSE = 1 << 20, 200  # bytes
_LARGEST_FILE = 1 << 30  # bytes: of two million files
_LARGEST_NUMBER = 1 << 63
_HASH = re.compile(r"[0-9a-f]{32}")
_FEW = 8  # folders; more are looked for in one walk over a journal instead of one each
_PATHS = re.compile(rb'"(?:source|target|place)": "((?:[^"\\]|\\.)*)"')
_FAULTS = (ValueError, KeyError, TypeError, RecursionError)  # of lines that imgrank has not written
_Line = Mapping[str, object]
_Value = TypeVar("_Value")


@dataclass(slots=True)
class Run:
    """A run as its journal tells it. `ended`: where each finished step's file lies; `closed`: how it ended, if so."""

    number: int
    action: str
    query: str
    time: str
    undoes: int | None
    count: int
    steps: list[Step] = field(default_factory=list)
    begun: dict[int, Identity] = field(default_factory=dict)
    ended: dict[int, str] = field(default_factory=dict)
    voided: set[int] = field(default_factory=set)
    closed: str = ""

    @property
    def unfinished(self) -> bool:
        """Whether it stopped in the middle: steps are left, or one is uncertain."""
        return not self.closed and len(self.steps) == self.count and self.left_something

    @property
    def left_something(self) -> bool:
        """Whether anything of it may be on the disk: a step is done, or nobody knows of one that was begun."""
        return bool(self.ended or self.uncertain)

    @property
    def changed(self) -> int:
        """How many files it has changed: folders that were made for them, and hidden names on the way, do not count."""
        return count_files(self.steps[number] for number in self.ended)

    @property
    def uncertain(self) -> list[int]:
        """Steps that were begun, and of which nobody wrote whether they were done."""
        return [number for number in self.begun if number not in self.ended and number not in self.voided]

    @property
    def remaining(self) -> list[int]:
        """Steps that are not done: never begun, or begun in vain."""
        return [number for number in range(len(self.steps)) if number not in self.ended]


def wall_clock(time: str) -> str:
    """The time of a run as the clock on the wall shows it here; what is no time, as it stands in the journal."""
    try:
        return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return printable(time)


def numbers() -> list[int]:
    """The runs that have a journal, oldest first."""
    folder = journal_dir()
    names = os.listdir(folder) if folder.is_dir() else []
    return sorted(int(match[1]) for name in names if (match := _NAME.fullmatch(name)))


def read(number: int) -> Run:
    """A run from its journal. Raises ActionError where there is none, or it cannot be read or is damaged."""
    path = journal_path(number)
    try:
        lines = _content(path).split(b"\n")[:-1]
    except FileNotFoundError as error:
        raise ActionError(f"There is no run {number}.", "{history} lists all.") from error
    except OSError as error:
        raise ActionError(f"The journal {printable(str(path))} cannot be read: {why(error)}.") from error
    if not lines:
        return Run(number, "", "", "", None, 0, closed="empty")
    position = 1
    try:
        run = _head(number, lines[0])
        for position, line in enumerate(lines[1:], start=2):  # noqa: B007 (named in the error)
            _take(run, _parsed(line))
    except _FAULTS as error:
        raise ActionError(
            f"The journal {printable(str(path))} is damaged at line {position}; nothing was changed. The lines before "
            "it say what was done."
        ) from error
    return run


def read_all() -> list[Run]:
    """All runs, oldest first. One whose journal cannot be read has no steps, and is closed as damaged."""
    return [read_or_damaged(number) for number in numbers()]


def read_or_damaged(number: int) -> Run:
    """A run, or one without steps that is closed as damaged where its journal cannot be read."""
    try:
        return read(number)
    except ActionError:
        return Run(number, "", "", "", None, 0, closed=DAMAGED)


def undone_by() -> dict[int, list[int]]:
    """The undos of each run that has any, oldest first, from the first lines of all journals."""
    found: dict[int, list[int]] = {}
    for number in numbers():
        with suppress(OSError, ActionError, *_FAULTS):
            _require_regular(journal_path(number))
            with journal_path(number).open("rb") as file:
                undoes = _head(number, file.readline(_LONGEST_HEAD)).undoes
            if undoes is not None:
                found.setdefault(undoes, []).append(number)
    return found


def open_ones(last: int) -> list[Run]:
    """Those of the `last` runs that nobody has closed, oldest first; what cannot be read is not among them."""
    runs = (read_or_damaged(number) for number in numbers()[-last:] if not _ends_closed(journal_path(number)))
    return [run for run in runs if not run.closed]


def names_folder(number: int, folders: Iterable[str]) -> bool:
    """Whether the journal of a run may name one of these folders: looked for in its bytes, which is soon done."""
    try:
        content = _content(journal_path(number))
    except OSError:
        return False
    wanted = {json.dumps(folder)[1:-1].encode() for folder in folders}
    if len(wanted) <= _FEW:
        return any(folder in content for folder in wanted)
    sep = json.dumps(os.sep)[1:-1].encode()
    return any(match[1].rpartition(sep)[0] in wanted for match in _PATHS.finditer(content))


def journal_path(number: int) -> Path:
    return journal_dir() / f"{number:04d}.jsonl"


def _require_regular(path: Path) -> None:
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))


def _content(path: Path) -> bytes:
    _require_regular(path)
    if path.stat().st_size > _LARGEST_FILE:
        raise OSError(errno.EFBIG, "it is too large for a journal", str(path))
    return path.read_bytes()


def _ends_closed(path: Path) -> bool:
    """Whether the last line closes the run; without a look at the others."""
    try:
        _require_regular(path)
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _LONGEST_CLOSE))
            return "close" in _parsed(file.read().split(b"\n")[-2])
    except (OSError, IndexError, *_FAULTS):
        return False


def _parsed(line: bytes) -> _Line:
    value = json.loads(line)
    if not isinstance(value, dict):
        raise ValueError("a line is no object")
    return value


def _head(number: int, line: bytes) -> Run:
    head = _parsed(line)
    if _number_of(head, "format") > _FORMAT:
        raise ActionError(f"Run {number} was written by a newer imgrank; update imgrank to undo it.")
    undoes = None if head.get("undoes") is None else _number_of(head, "undoes")
    if undoes is not None and undoes >= number:
        raise ValueError("it undoes a run that comes after it")
    steps = _number_of(head, "steps")
    return Run(number, _text_of(head, "action"), _text_of(head, "query"), _text_of(head, "time"), undoes, steps)


def _take(run: Run, line: _Line) -> None:
    if "step" in line:
        number = _index_of(line, "step", len(run.steps) + 1)
        run.steps[number : number + 1] = [_step_of(line)]
    elif "begin" in line:
        number = _index_of(line, "begin", len(run.steps))
        run.begun[number] = _identity_of(line)
        run.voided.discard(number)
    elif "end" in line:
        number = _index_of(line, "end", len(run.steps))
        if number not in run.begun:
            raise ValueError(f"step {number} was never begun")
        run.ended[number] = _path_of(line, "place")
    elif "void" in line:
        number = _index_of(line, "void", len(run.steps))
        run.voided.add(number)
        run.ended.pop(number, None)
    else:
        run.closed = _text_of(line, "close")


def _text_of(line: _Line, name: str) -> str:
    """A text. Raises ValueError where there is none."""
    value = line.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name} is no text")
    return value


def _number_of(line: _Line, name: str) -> int:
    """A whole number that a file's size, time or a place in a list can be. Raises ValueError where there is none."""
    value = line.get(name)
    if type(value) is not int or not -_LARGEST_NUMBER <= value < _LARGEST_NUMBER:
        raise ValueError(f"{name} is no number")
    return value


def _index_of(line: _Line, name: str, count: int) -> int:
    """A number from 0 to below `count`. Raises ValueError."""
    value = _number_of(line, name)
    if not 0 <= value < count:
        raise ValueError(f"there is no step {value}")
    return value


def _path_of(line: _Line, name: str) -> str:
    """An absolute path, or nothing. Raises ValueError."""
    value = _text_of(line, name)
    if b"\0" in os.fsencode(value) or (value and not os.path.isabs(value)):
        raise ValueError(f"{name} is no whole path")
    return value


def _identity_of(line: _Line) -> Identity:
    """What a file was. Raises ValueError."""
    return Identity(_number_of(line, "size"), _number_of(line, "mtime_ns"), _hash_of(line, "hash", empty=True))


def _step_of(line: _Line) -> Step:
    """A step. Raises ValueError where it holds something that imgrank does not write."""
    step = Step(
        verb=Verb(_text_of(line, "verb")),
        source=_path_of(line, "source"),
        target=_path_of(line, "target"),
        size=_optional(line, "size", _number_of),
        mtime_ns=_optional(line, "mtime_ns", _number_of),
        hash=_optional(line, "hash", _hash_of),
        part=_path_of({"part": "", **line}, "part"),
        old=_hash_of({"old": "", **line}, "old", empty=True),
        new=_hash_of({"new": "", **line}, "new", empty=True),
        delta=_hash_of({"delta": "", **line}, "delta", empty=True),
        time_ns=_optional(line, "time_ns", _number_of),
        stem=_text_of({"stem": "", **line}, "stem"),
        reverses=_optional(line, "reverses", _number_of),
        of=_optional(line, "of", _number_of),
    )
    if not step.source or (step.part and not is_part_of(step.part, step.target)):
        raise ValueError("a step names files that imgrank does not make")
    return step


def _hash_of(line: _Line, name: str, empty: bool = False) -> str:
    value = _text_of(line, name)
    if not _HASH.fullmatch(value) and not (empty and value == ""):
        raise ValueError(f"{name} is no hash")
    return value


def _optional(line: _Line, name: str, read: Callable[[_Line, str], _Value]) -> _Value | None:
    return None if line.get(name) is None else read(line, name)
