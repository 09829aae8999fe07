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

import json
import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from imgrank.actions.boundary import reached
from imgrank.actions.files import hash_bytes, sync_folder, write_new
from imgrank.actions.records import Identity, Step, Verb
from imgrank.errors import ActionError
from imgrank.paths import journal_dir, printable, why

FORMAT = 1
DAMAGED = "damaged"
_NAME = re.compile(r"(\d{4,})\.jsonl")


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
    def uncertain(self) -> list[int]:
        """Steps that were begun, and of which nobody wrote whether they were done."""
        return [number for number in self.begun if number not in self.ended and number not in self.voided]

    @property
    def remaining(self) -> list[int]:
        """Steps that are not done: never begun, or begun in vain."""
        return [number for number in range(len(self.steps)) if number not in self.ended]


class Journal:
    """An open journal: each method writes one line, and what must be safe before going on is synced."""

    def __init__(self, run: Run, file: BinaryIO) -> None:
        self.run = run
        self._file = file

    def revise(self, number: int, step: Step) -> None:
        """The step has another target than was written; what begins it is synced and holds this line too."""
        self.run.steps[number] = step
        self._line({"step": number} | _fields(step))

    def begin(self, number: int, found: Identity) -> None:
        """On the disk when this returns; the step may be done now."""
        self.run.begun[number] = found
        self.run.voided.discard(number)
        self._line({"begin": number, **asdict(found)}, sync=True)
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


def _keep(number: int, content: bytes) -> None:
    """Keep bytes that run `number` and its undo need, on the disk when this returns."""
    path = kept_path(number, hash_bytes(content))
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        write_new(str(part), content)
        part.replace(path)
        sync_folder(str(path.parent))


def kept_path(number: int, digest: str) -> Path:
    """Where bytes of run `number` are kept."""
    return journal_dir() / f"{number:04d}" / digest


def start(
    action: str, query: str, steps: Sequence[Step], contents: Iterable[bytes] = (), undoes: int | None = None
) -> Journal:
    """A new journal with all steps of a run in it, and the bytes that `write` needs beside it, on the disk.

    Raises ActionError where there is no place for it.
    """
    try:
        path = _reserve()
        for content in contents:
            _keep(int(path.stem), content)
        return _begin(path, action, query, steps, undoes)
    except OSError as error:
        raise ActionError(
            f"The journal cannot be written in {printable(str(journal_dir()))}: {why(error)}. Nothing was changed: "
            "without a journal nothing could be undone. IMGRANK_HOME names another place for it."
        ) from error


def _reserve() -> Path:
    """A new, empty journal file; its number is one more than the last."""
    folder = journal_dir()
    folder.mkdir(parents=True, exist_ok=True)
    number = max(numbers(), default=0) + 1
    while True:
        path = folder / f"{number:04d}.jsonl"
        try:
            path.open("xb").close()
        except FileExistsError:
            number += 1
        else:
            sync_folder(str(folder))
            return path


def _begin(path: Path, action: str, query: str, steps: Sequence[Step], undoes: int | None) -> Journal:
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    run = Run(int(path.stem), action, query, now, undoes, len(steps), list(steps))
    head = {"imgrank": "journal", "format": FORMAT, "run": run.number, "action": action, "query": query}
    lines: Iterable[dict[str, Any]] = (
        head | {"time": now, "undoes": undoes, "steps": len(steps)},
        *({"step": number} | _fields(step) for number, step in enumerate(steps)),
    )
    journal = Journal(run, path.open("ab"))
    try:
        journal.write(lines)
    except OSError:
        with journal:
            raise
    reached("planned")
    return journal


def reopen(number: int) -> Journal:
    """The journal of a run, to be written on; a line that a crash cut off is removed first."""
    path = journal_dir() / f"{number:04d}.jsonl"
    run = read(number)
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(path, whole)
    return Journal(run, path.open("ab"))


def numbers() -> list[int]:
    """The runs that have a journal, oldest first."""
    folder = journal_dir()
    names = os.listdir(folder) if folder.is_dir() else []
    return sorted(int(match[1]) for name in names if (match := _NAME.fullmatch(name)))


def read(number: int) -> Run:
    """A run from its journal. Raises ActionError where there is none, or it is damaged."""
    path = journal_dir() / f"{number:04d}.jsonl"
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
    except OSError as error:
        raise ActionError(f"There is no run {number}; imgrank history lists all.") from error
    if not lines:
        return Run(number, "", "", "", None, 0, closed="empty")
    position = 0
    try:
        head = json.loads(lines[0])
        if head["format"] > FORMAT:
            raise ActionError(f"Run {number} was written by a newer imgrank; update imgrank to undo it.")
        run = Run(number, head["action"], head["query"], head["time"], head["undoes"], head["steps"])
        for position, line in enumerate(lines[1:], start=2):  # noqa: B007 (named in the error)
            _take(run, json.loads(line))
    except (ValueError, KeyError, TypeError) as error:
        raise ActionError(
            f"The journal {printable(str(path))} is damaged at line {position}; nothing was changed. The lines before "
            "it say what was done."
        ) from error
    return run


def read_all(last: int = 0) -> list[Run]:
    """All runs, or the `last` ones, oldest first. One whose journal is damaged has no steps, and is closed as that."""
    return [_read_or_damaged(number) for number in numbers()[-last:]]


def _read_or_damaged(number: int) -> Run:
    try:
        return read(number)
    except ActionError:
        return Run(number, "", "", "", None, 0, closed=DAMAGED)


def _take(run: Run, line: dict[str, Any]) -> None:
    if "step" in line:
        step = _step({name: value for name, value in line.items() if name != "step"})
        _require_below(line["step"], len(run.steps) + 1)
        run.steps[line["step"] : line["step"] + 1] = [step]
    elif "begin" in line:
        _require_below(line["begin"], len(run.steps))
        run.begun[line["begin"]] = Identity(line["size"], line["mtime_ns"], line["hash"])
        run.voided.discard(line["begin"])
    elif "end" in line:
        _require_below(line["end"], len(run.steps))
        _require_path(line["place"])
        run.ended[line["end"]] = line["place"]
    elif "void" in line:
        run.voided.add(line["void"])
    else:
        run.closed = line["close"]


def _step(fields: dict[str, Any]) -> Step:
    step = Step(**fields | {"verb": Verb(fields["verb"])})
    for path in (step.source, step.target, step.part):
        _require_path(path)
    return step


def _require_below(number: int, count: int) -> None:
    if number not in range(count):
        raise ValueError(f"there is no step {number}")


def _require_path(path: str) -> None:
    if b"\0" in os.fsencode(path):
        raise ValueError("a path holds a NUL")


def _fields(step: Step) -> dict[str, Any]:
    return {name: value for name, value in asdict(step).items() if value not in (None, "")} | {"target": step.target}
