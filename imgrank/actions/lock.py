"""One imgrank at a time changes the files of a folder. The lock of a dead process is free again by itself."""

from __future__ import annotations

import errno
import json
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from imgrank.actions.no_clobber import RealFolders, make_folders
from imgrank.errors import ActionError
from imgrank.paths import from_here, journal_dir, printable, why

_PATIENCE = 10.0


@contextmanager
def trash_lock() -> Iterator[None]:
    """Keep the trash to this process for one file; others wait. Raises OSError where they wait too long."""
    place = journal_dir().parent / "locks"
    make_folders(str(place))
    try:
        with FileLock(place / "trash.guard", timeout=_PATIENCE):
            yield
    except Timeout as error:
        raise OSError(errno.EBUSY, "another imgrank has locked the trash and does not release it") from error


@contextmanager
def holding(folders: Iterable[str]) -> Iterator[None]:
    """Keep other runs away from these folders. Raises ActionError where one is at work in any of them.

    A run's claim is a pair of files in the state folder: `<claim>.json` names its process and folders, and it
    holds a lock on `<claim>.lock`. A claim whose lock is free was left by a process that is gone, and is removed.
    """
    wanted = set(map(RealFolders(), folders))
    place = journal_dir().parent / "locks"
    try:
        make_folders(str(place))
        with FileLock(place / "claims.guard", timeout=_PATIENCE):
            _refuse_overlap(place, wanted)
            claim, lock = _claim(place, wanted)
    except Timeout as error:
        raise ActionError(
            "Another imgrank is starting and has not released its lock; try again in a moment."
        ) from error
    except OSError as error:
        raise ActionError(
            f"No lock can be made in {printable(str(place))}: {why(error)}. Nothing was changed. Set IMGRANK_HOME to "
            "another folder."
        ) from error
    try:
        yield
    finally:
        _remove(claim)
        with suppress(OSError):  # it is free when this process ends
            lock.release()
        _remove(claim.with_suffix(".lock"))


def _claim(place: Path, wanted: set[str]) -> tuple[Path, FileLock]:
    claim = place / f"{uuid.uuid4().hex}.json"
    lock = FileLock(claim.with_suffix(".lock"), timeout=0)
    lock.acquire()
    claim.write_text(json.dumps({"pid": os.getpid(), "folders": sorted(wanted)}))
    return claim, lock


def _refuse_overlap(place: Path, wanted: set[str]) -> None:
    for path in place.glob("*.lock"):
        claim = path.with_suffix(".json")
        try:
            with FileLock(path, timeout=0):
                claim.unlink(missing_ok=True)
            _remove(path)
        except Timeout:
            _refuse(claim, wanted)


def _refuse(claim: Path, wanted: set[str]) -> None:
    with suppress(OSError, ValueError, KeyError, TypeError):
        other = json.loads(claim.read_text())
        shared = wanted.intersection(other["folders"])
        if shared:
            folder = from_here(min(shared))
            raise ActionError(
                f"Another imgrank (process {other['pid']}) is changing files in {folder}. "
                "Nothing was changed here; wait until it has ended."
            )


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
