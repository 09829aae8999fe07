"""What changing files costs as their number doubles: processor seconds, and the disk's own syncs counted apart.

python benchmarks/file_growth.py [--small]
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from figures import Figure, script, temporary_home

from imgrank.actions.records import Action, Request
from imgrank.actions.run import act, prepare
from imgrank.actions.undo import undo
from imgrank.discover import discover
from imgrank.records import RankedImage


@dataclass(frozen=True)
class Cost:
    """Of some work: processor seconds, and seconds that it waited for syncs."""

    seconds: float
    syncing: float


def cost_of(work: Callable[[], object]) -> Cost:
    waited, real = 0.0, os.fsync

    def fsync(handle: int) -> None:
        nonlocal waited
        started = time.perf_counter()
        real(handle)
        waited += time.perf_counter() - started

    os.fsync = fsync
    started = time.process_time()
    try:
        work()
    finally:
        os.fsync = real
    return Cost(time.process_time() - started, waited)


def change(paths: list[Path], action: Action, template: str | None = None) -> None:
    count = len(paths)
    images = [RankedImage(n, 1 / n, 100 * (count - n) / count, str(path)) for n, path in enumerate(paths, 1)]
    act(prepare(images, Request(action, "a cat", None, template), images))


def fill(folder: Path, count: int) -> list[Path]:
    folder.mkdir()
    paths = [folder / f"{number:06d}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(b"%d" % number)
    return paths


def trash(folder: Path, count: int) -> Cost:
    paths = fill(folder / "photos", count)
    return cost_of(lambda: change(paths, Action.trash))


def one_name(folder: Path, count: int) -> Cost:
    paths = fill(folder / "photos", count)
    return cost_of(lambda: change(paths, Action.rename, "x"))


def rename(folder: Path, count: int) -> Cost:
    paths = fill(folder / "photos", count)
    return cost_of(lambda: change(paths, Action.rename))


def blocked_chain(folder: Path, count: int) -> Cost:
    """Each file took the name of the next; somebody holds the first name, so none can go back."""
    paths = fill(folder / "photos", count)
    change([paths[-1], *paths[:-1]], Action.rename, "{rank:06d}")
    change([folder / "photos" / f"{n:06d}.jpg" for n in range(1, count + 1)], Action.rename, "{rank:07d}")
    (folder / "photos" / f"{count:06d}.jpg").write_bytes(b"mine")
    return cost_of(undo)


def deep(folder: Path, count: int) -> Cost:
    here, top = Path.cwd(), folder / "deep"
    top.mkdir()
    os.chdir(top)
    for _ in range(count):
        os.mkdir("d")
        os.chdir("d")
        Path("a.jpg").touch()
    os.chdir(here)
    cost = cost_of(lambda: discover([str(top)], recursive=True))
    remove_deep(top)
    return cost


def remove_deep(top: Path) -> None:
    """What shutil.rmtree cannot: it calls itself for each folder."""
    here, depth = Path.cwd(), 0
    os.chdir(top)
    while os.path.isdir("d"):
        os.chdir("d")
        depth += 1
    for _ in range(depth):
        os.unlink("a.jpg")
        os.chdir("..")
        os.rmdir("d")
    os.chdir(here)


CASES: dict[str, tuple[Callable[[Path, int], Cost], int]] = {
    "files into the trash": (trash, 1_000),
    "files for one name": (one_name, 1_000),
    "files of a chain, none of which can go back": (blocked_chain, 500),
    "folders within each other": (deep, 750),
    "files renamed": (rename, 10_000),
}

# No aim for deep folders: their paths grow as well, and the system walks each from its top.
_AIMS = {what: 2.6 for what, (work, _) in CASES.items() if work is not deep}


def measure(small: bool) -> list[Figure]:
    figures = []
    for what, (work, count) in CASES.items():
        count = count // 20 if small else count
        costs = []
        for size in (count, 2 * count):
            with temporary_home() as home:
                os.environ["XDG_DATA_HOME"] = str(home / "xdg")
                costs.append(work(home, size))
                os.environ.pop("XDG_DATA_HOME")
        once, twice = costs
        figures += [
            Figure(f"{2 * count:,} {what}", twice.seconds, "s", note=f"and {twice.syncing:.1f} s of syncs"),
            Figure(f"{what}: twice as many", twice.seconds / max(once.seconds, 1e-9), aim=_AIMS.get(what), less=True),
        ]
    return figures


if __name__ == "__main__":
    script(__doc__, measure)
