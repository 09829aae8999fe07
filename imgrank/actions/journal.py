"""The journal: one file of JSON lines for each run. What is about to be done is on the disk before it is done.

    {"imgrank": "journal", "format": 1, "run": 7, "action": "rename", "query": "a cat", "time": ..., "steps": 2, ...}
    {"step": 0, "verb": "move", "source": ..., "target": ..., ...}      all steps, synced before the first begins
    {"step": 1, ...}                                                    again, where it gets another target
    {"begin": 0, "size": ..., "mtime_ns": ..., "hash": ...}             synced before the step is done
    {"end": 0}                                                          or {"void": 0}: it was not done, or taken back
    {"close": "done"}

JSON is ASCII: a byte of a name that is no UTF-8 stands as a lone surrogate and comes back as that byte.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from imgrank.actions.boundary import reached
from imgrank.actions.no_clobber import hash_bytes, make_folders, write_new
from imgrank.actions.past_runs import Run, journal_path, numbers, read
from imgrank.actions.records import Identity, Step, Verb
from imgrank.atomic import sync_folder
from imgrank.errors import ActionError
from imgrank.paths import journal_dir, printable, why

_LEAP = 10**8  # no run of imgrank's has this number; after 999999999 there would be none that is read
_STEP_FIELDS = tuple(field.name for field in fields(Step))


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
        """The step was not done, or was taken back, and nothing of it is left on the disk."""
        self.run.voided.add(number)
        self.run.ended.pop(number, None)
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
            "without a journal nothing could be undone. Set IMGRANK_HOME to another folder."
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
    """The oldest format that holds the steps, so that an older imgrank can undo what it knows."""
    return 2 if any(step.verb is Verb.patch for step in steps) else 1


def reopen(number: int, way_back: int | None = None) -> Journal:
    """The journal of a run, to be written on; a line that a crash cut off is removed first."""
    path = journal_path(number)
    run = read(number)
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(path, whole)
    return Journal(run, path.open("ab"), way_back)


def _fields(step: Step) -> dict[str, Any]:
    values = ((name, getattr(step, name)) for name in _STEP_FIELDS)
    return {name: value for name, value in values if value not in (None, "")} | {"target": step.target}
