"""The journal: one file of JSON lines for each run. What is about to be done is on the disk before it is done.

    {"imgrank": "journal", "format": 1, "run": 7, "action": "rename", "query": "a cat", "time": ..., "steps": 2, ...}
    {"step": 0, "verb": "move", "source": ..., "target": ..., ...}      all steps, synced before the first begins
    {"step": 1, ...}                                                    again, where it gets another target
    {"begin": 0, "size": ..., "mtime_ns": ..., "hash": ...}             synced before the step is done
    {"end": 0}                                                          or {"void": 0}: it was not done
    {"close": "done"}

JSON is ASCII: a byte of a name that is no UTF-8 stands as a lone surrogate and comes back as that byte.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from imgrank.actions.boundary import reached
from imgrank.actions.no_clobber import hash_bytes, make_folders, write_new
from imgrank.actions.records import Identity, Step, Verb
from imgrank.actions.steps import Line, count_files, identity_of, index_of, number_of, path_of, step_of, text_of
from imgrank.atomic import sync_folder
from imgrank.errors import ActionError
from imgrank.paths import journal_dir, printable, why

FORMAT = 2  # the newest that is read; 1 is written where no step needs more, so that an older imgrank can undo it
DAMAGED = "damaged"
_NAME = re.compile(r"([0-9]{4,9})\.jsonl")
_LONGEST_HEAD, _LONGEST_CLOSE = 1 << 20, 200  # bytes
_LARGEST = 1 << 30  # bytes: of two million files
_LEAP = 10**8  # no run of imgrank's has this number; after 999999999 there would be none that is read
_FEW = 8  # folders; more are looked for in one walk over a journal instead of one each
_PATHS = re.compile(rb'"(?:source|target|place)": "((?:[^"\\]|\\.)*)"')
_STEP_FIELDS = tuple(field.name for field in fields(Step))
_FAULTS = (ValueError, KeyError, TypeError, RecursionError)  # of lines that imgrank has not written


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
        return not self.closed and len(self.steps) == self.count and bool(self.begun)

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


class Journal:
    """An open journal: each method writes one line, and what must be safe before going on is synced."""

    def __init__(self, run: Run, file: BinaryIO, way_back: int | None = None) -> None:
        """`way_back` is the run that puts files back when it is undone: the run itself, or the one it undoes."""
        self.run = run
        self.way_back = run.number if way_back is None else way_back
        self._file = file

    def revise(self, number: int, step: Step) -> None:
        """The step has another target than was written; what begins it is synced and holds this line too."""
        self.run.steps[number] = step
        self._line({"step": number} | _fields(step))

    def begin(self, number: int, found: Identity) -> None:
        """On the disk when this returns; the step may be done now."""
        self.run.begun[number] = found
        self.run.voided.discard(number)
        self._line({"begin": number, "size": found.size, "mtime_ns": found.mtime_ns, "hash": found.hash}, sync=True)
        reached("begun")

    def end(self, number: int, place: str) -> None:
        """The step is done, and its file lies at `place`. Not synced: a step whose end is lost is looked at again."""
        self.run.ended[number] = place
        self._line({"end": number, "place": place})
        reached("ended")

    def void(self, number: int) -> None:
        """The step was not done, and nothing of it is left on the disk."""
        self.run.voided.add(number)
        self._line({"void": number})

    def close(self, how: str) -> None:
        """Nothing more will happen in this run."""
        self.run.closed = how
        self._line({"close": how}, sync=True)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # a full disk was told of by the line that did not fit
            self._file.close()

    def write(self, lines: Iterable[dict[str, Any]], *, sync: bool = True) -> None:
        """Add lines; with `sync`, they are on the disk when this returns."""
        self._file.writelines(json.dumps(line).encode() + b"\n" for line in lines)
        self._file.flush()
        if sync:
            os.fsync(self._file.fileno())

    def _line(self, fields: dict[str, Any], *, sync: bool = False) -> None:
        self.write([fields], sync=sync)


def wall_clock(time: str) -> str:
    """The time of a run as the clock on the wall shows it here; what is no time, as it stands in the journal."""
    try:
        return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return printable(time)


def _keep(number: int, content: bytes) -> None:
    """Keep bytes that run `number` and its undo need, on the disk when this returns."""
    path = _kept_path(number, hash_bytes(content))
    if not path.exists():
        make_folders(str(path.parent))
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        write_new(str(part), content)
        part.replace(path)
        sync_folder(str(path.parent))


def kept(number: int, digest: str) -> bytes:
    """Bytes that run `number` keeps, by their hash. Raises OSError where they are gone or not what they were."""
    content = _kept_path(number, digest).read_bytes()
    if hash_bytes(content) != digest:
        raise OSError(errno.EIO, "what the journal keeps of it is damaged")
    return content


def _kept_path(number: int, digest: str) -> Path:
    return journal_dir() / f"{number:04d}" / digest


def start(
    action: str,
    query: str,
    steps: Sequence[Step],
    contents: Iterable[bytes] = (),
    undoes: int | None = None,
    way_back: int | None = None,
) -> Journal:
    """A new journal with all steps of a run in it, and the bytes that `write` needs beside it, on the disk.

    `undoes` is the run that it takes back, `way_back` as a Journal has it.

    Raises ActionError where there is no place for it.
    """
    try:
        path = _reserve()
        for content in contents:
            _keep(int(path.stem), content)
        return _begin(path, action, query, steps, undoes, way_back)
    except OSError as error:
        raise ActionError(
            f"The journal cannot be written in {printable(str(journal_dir()))}: {why(error)}. Nothing was changed: "
            "without a journal nothing could be undone. IMGRANK_HOME names another place for it."
        ) from error


def _reserve() -> Path:
    """A new, empty journal file; its number is one more than the last, unless somebody else's is far ahead."""
    folder = journal_dir()
    make_folders(str(folder))
    number = max((each for each in numbers() if each < _LEAP), default=0) + 1
    while True:
        path = folder / f"{number:04d}.jsonl"
        try:
            path.open("xb").close()
        except FileExistsError:
            number += 1
        else:
            sync_folder(str(folder))
            return path


def _begin(
    path: Path, action: str, query: str, steps: Sequence[Step], undoes: int | None, way_back: int | None
) -> Journal:
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    run = Run(int(path.stem), action, query, now, undoes, len(steps), list(steps))
    head = {"imgrank": "journal", "format": _format_of(steps), "run": run.number, "action": action, "query": query}
    lines: Iterable[dict[str, Any]] = (
        head | {"time": now, "undoes": undoes, "steps": len(steps)},
        *({"step": number} | _fields(step) for number, step in enumerate(steps)),
    )
    journal = Journal(run, path.open("ab"), way_back)
    try:
        journal.write(lines)
    except OSError:
        with journal:
            raise
    reached("planned")
    return journal


def _format_of(steps: Sequence[Step]) -> int:
    return 2 if any(step.verb is Verb.patch for step in steps) else 1


def reopen(number: int, way_back: int | None = None) -> Journal:
    """The journal of a run, to be written on; a line that a crash cut off is removed first."""
    path = _path(number)
    run = read(number)
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(path, whole)
    return Journal(run, path.open("ab"), way_back)


def numbers() -> list[int]:
    """The runs that have a journal, oldest first."""
    folder = journal_dir()
    names = os.listdir(folder) if folder.is_dir() else []
    return sorted(int(match[1]) for name in names if (match := _NAME.fullmatch(name)))


def read(number: int) -> Run:
    """A run from its journal. Raises ActionError where there is none, or it cannot be read or is damaged."""
    path = _path(number)
    try:
        lines = _content(path).split(b"\n")[:-1]
    except FileNotFoundError as error:
        raise ActionError(f"There is no run {number}; imgrank history lists all.") from error
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
            _require_regular(_path(number))
            with _path(number).open("rb") as file:
                undoes = _head(number, file.readline(_LONGEST_HEAD)).undoes
            if undoes is not None:
                found.setdefault(undoes, []).append(number)
    return found


def open_ones(last: int) -> list[Run]:
    """Those of the `last` runs that nobody has closed, oldest first; what cannot be read is not among them."""
    runs = (read_or_damaged(number) for number in numbers()[-last:] if not _ends_closed(_path(number)))
    return [run for run in runs if not run.closed]


def names_folder(number: int, folders: Iterable[str]) -> bool:
    """Whether the journal of a run may name one of these folders: looked for in its bytes, which is soon done."""
    try:
        content = _content(_path(number))
    except OSError:
        return False
    wanted = {json.dumps(folder)[1:-1].encode() for folder in folders}
    if len(wanted) <= _FEW:
        return any(folder in content for folder in wanted)
    sep = json.dumps(os.sep)[1:-1].encode()
    return any(match[1].rpartition(sep)[0] in wanted for match in _PATHS.finditer(content))


def _path(number: int) -> Path:
    return journal_dir() / f"{number:04d}.jsonl"


def _require_regular(path: Path) -> None:
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "it is no regular file", str(path))


def _content(path: Path) -> bytes:
    _require_regular(path)
    if path.stat().st_size > _LARGEST:
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


def _parsed(line: bytes) -> Line:
    value = json.loads(line)
    if not isinstance(value, dict):
        raise ValueError("a line is no object")
    return value


def _head(number: int, line: bytes) -> Run:
    head = _parsed(line)
    if number_of(head, "format") > FORMAT:
        raise ActionError(f"Run {number} was written by a newer imgrank; update imgrank to undo it.")
    undoes = None if head.get("undoes") is None else number_of(head, "undoes")
    if undoes is not None and undoes >= number:
        raise ValueError("it undoes a run that comes after it")
    steps = number_of(head, "steps")
    return Run(number, text_of(head, "action"), text_of(head, "query"), text_of(head, "time"), undoes, steps)


def _take(run: Run, line: Line) -> None:
    if "step" in line:
        number = index_of(line, "step", len(run.steps) + 1)
        run.steps[number : number + 1] = [step_of(line)]
    elif "begin" in line:
        number = index_of(line, "begin", len(run.steps))
        run.begun[number] = identity_of(line)
        run.voided.discard(number)
    elif "end" in line:
        number = index_of(line, "end", len(run.steps))
        if number not in run.begun:
            raise ValueError(f"step {number} was never begun")
        run.ended[number] = path_of(line, "place")
    elif "void" in line:
        run.voided.add(index_of(line, "void", len(run.steps)))
    else:
        run.closed = text_of(line, "close")


def _fields(step: Step) -> dict[str, Any]:
    values = ((name, getattr(step, name)) for name in _STEP_FIELDS)
    return {name: value for name, value in values if value not in (None, "")} | {"target": step.target}
