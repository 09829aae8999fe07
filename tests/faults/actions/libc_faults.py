"""Run by test_libc_faults.py under LD_PRELOAD: each call of the C library fails in turn, or is the last one made.

Every turn has a child of its own. What it leaves must be brought back by undo, and it must end with words.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
from collections import Counter
from pathlib import Path

from imgrank.actions import check, no_clobber, trash, xmp_edit  # noqa: F401 (loaded before anything fails)
from imgrank.actions.records import Action
from imgrank.actions.run import act
from imgrank.actions.undo import history, undo
from imgrank.errors import ActionError
from tests.actions.trees import contents, planned, snapshot
from tests.faults.actions.driver import FOLDERED, XMP, jpeg
from tests.faults.actions.forks import FAULT, ended, start

NAMES = ["1-x.jpg", "2-x.jpg", "3-x.jpg"]
WAYS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC, "EACCES": errno.EACCES, "full": errno.ENOSPC, "death": 0}
OLD = 1_600_000_000_000_000_000


def make(place: Path) -> None:
    """Three pictures, two with sidecars; a rename takes them in a circle."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.rmtree(os.environ["IMGRANK_HOME"], ignore_errors=True)
    folder = place / "photos"
    folder.mkdir(parents=True)
    for number, name in enumerate(NAMES):
        (folder / name).write_bytes(jpeg(name.encode() * 20))
        os.utime(folder / name, ns=(OLD, OLD + number))
    for name in NAMES[:2]:
        (folder / f"{name}.xmp").write_bytes(XMP)
        os.utime(folder / f"{name}.xmp", ns=(OLD, OLD))


def run(place: Path, action: Action) -> None:
    """The action, planned and done."""
    out = place / "out" if action in FOLDERED else None
    more = {"embed": True, "keyword": "a cat"} if action.writes else {}
    act(planned(place / "photos", [*NAMES[1:], NAMES[0]], action.value, out, **more))


def turns(place: Path, action: Action, way: str, *, undoing: bool, stride: int) -> tuple[Counter[str], list[str]]:
    """Every call fails once; how the children ended, and what was wrong afterwards."""
    shim = ctypes.CDLL(os.environ["LD_PRELOAD"])
    ends, wrong, at = Counter[str](), list[str](), 0
    while True:
        make(place)
        before = snapshot(place)
        if undoing:
            run(place, action)
        reached, told = os.pipe()

        def work(at: int = at, told: int = told) -> None:
            shim.arm(str(place.parent).encode(), ctypes.c_long(at), WAYS[way], int(way == "full"))
            try:
                undo() if undoing else run(place, action)
            finally:
                os.write(told, str(shim.disarm()).encode())

        code = ended(start(work))
        os.close(told)
        calls = os.read(reached, 20)
        os.close(reached)
        ends[f"exit {code}"] += 1
        where = f"{action.value}{' undone' if undoing else ''}, {way} at call {at}"
        if code == FAULT:
            wrong.append(f"{where}: a traceback")
        back = put_back()
        if back or contents(snapshot(place)) != contents(before) or hidden(place):
            wrong.append(f"{where}: {back or difference(before, snapshot(place))}")
        if calls and int(calls) <= at:
            return ends, wrong
        at += stride


def put_back() -> str:
    """Undo all that is in effect or stopped; what hinders it, in words."""
    runs = [each.run for each in history()]
    try:
        left = undo(min(runs)).left_alone if runs else ()
    except ActionError as error:
        return "" if "already undone" in str(error) else str(error)
    return f"left alone: {left[0].path}: {left[0].reason}" if left else ""


def hidden(place: Path) -> list[Path]:
    """Unfinished or temporary files that nobody will remove."""
    return [path for path in place.rglob("*") if path.name.startswith(".imgrank-")]


def difference(before: dict[str, object], after: dict[str, object]) -> str:
    """The names that are not as before."""
    return str(sorted(name for name in {*before, *after} if before.get(name) != after.get(name)))


def main() -> int:
    """`libc_faults.py FOLDER ACTION WAY STRIDE`: a line for doing and one for undoing; 1 where anything is wrong."""
    place, action, way, stride = Path(sys.argv[1]) / "tree", Action(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    faults = 0
    for undoing in (False, True):
        ends, wrong = turns(place, action, way, undoing=undoing, stride=stride)
        what = f"{action.value}{' undone' if undoing else ''}"
        print(f"{what}, {way}: {sum(ends.values())} calls, {dict(sorted(ends.items()))}")
        print("".join(f"  WRONG {line}\n" for line in wrong), end="", flush=True)
        faults += len(wrong)
    return min(faults, 1)


if __name__ == "__main__":
    sys.exit(main())
