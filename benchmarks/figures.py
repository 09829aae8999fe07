"""What a benchmark found, beside what was aimed at: the one form that every script prints and `run_all.py` collects."""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Figure:
    """One result; `aim` is the least it should be, or the most where `less` is better. None: only told.

    A `value` of None could not be measured; the note says why.
    """

    what: str
    value: float | None
    unit: str = "x"
    aim: float | None = None
    less: bool = False
    note: str = ""

    @property
    def reached(self) -> bool | None:
        if self.aim is None or self.value is None:
            return None
        return self.value <= self.aim if self.less else self.value >= self.aim

    def row(self) -> str:
        """A row of a Markdown table: what, result, aim, reached."""
        aim = "" if self.aim is None else f"{'at most' if self.less else 'at least'} {_number(self.aim)} {self.unit}"
        verdict = {None: "", True: "reached", False: "**missed**"}[self.reached]
        what = f"{self.what} ({self.note})" if self.note else self.what
        result = "not measured" if self.value is None else f"{self._told(self.value)} {self.unit}"
        return f"| {what} | {result} | {aim} | {verdict} |"

    def _told(self, value: float) -> str:
        """The result, rounded, but not to the aim that it missed."""
        rounded = _number(value)
        hides = self.reached is False and self.aim is not None and rounded == _number(self.aim)
        return f"{value:.6g}" if hides else rounded


HEAD = "| what | result | aim | |\n|---|--:|--:|---|"


def script(doc: str | None, measure: Callable[[bool], list[Figure]]) -> None:
    """Run a benchmark from the command line."""
    given = argument_parser(doc).parse_args()
    report(measure(given.small), given)


def argument_parser(doc: str | None) -> argparse.ArgumentParser:
    """The options that all benchmarks share."""
    parser = argparse.ArgumentParser(description=(doc or "").splitlines()[0])
    parser.add_argument("--small", action="store_true", help="a smoke test: tiny sizes, figures mean nothing")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    return parser


def report(figures: list[Figure], given: argparse.Namespace) -> None:
    """A table for people, and a file for `run_all.py`."""
    print("\n".join([HEAD, *(figure.row() for figure in figures)]))
    if given.json:
        given.json.write_text(json.dumps([asdict(figure) for figure in figures]))


def _number(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.3f}"


@contextmanager
def temporary_home() -> Iterator[Path]:
    """A folder of its own for everything imgrank keeps, and for pictures; gone afterwards."""
    before = os.environ.get("IMGRANK_HOME")
    with tempfile.TemporaryDirectory(prefix="imgrank-bench-") as folder:
        os.environ["IMGRANK_HOME"] = str(Path(folder) / "home")
        try:
            yield Path(folder)
        finally:
            os.environ.pop("IMGRANK_HOME")
            if before is not None:
                os.environ["IMGRANK_HOME"] = before


@dataclass(frozen=True)
class Ran:
    """A child process that is done: wall seconds, its peak memory in MB, its standard output."""

    seconds: float
    megabytes: float
    output: str


def run(command: Sequence[str]) -> Ran:
    """Run a command to its end, apart from this process."""
    started = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert child.stdout and child.stderr
    said: list[str] = []
    reader = threading.Thread(target=lambda errors: said.append(errors.read()), args=(child.stderr,))
    reader.start()
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - started
    reader.join()
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(command[:4])} ended with {child.returncode}: {''.join(said)[-2000:]}")
    return Ran(seconds, usage.ru_maxrss * _RSS_UNIT / 1e6, output)


def imgrank(*words: str) -> Ran:
    """Run the command line in a fresh process."""
    return run([sys.executable, "-m", "imgrank", *words])


def call_apart(file: str, *words: str) -> Any:  # noqa: ANN401 (json)
    """Run a script's own hidden part, `FILE --part WORDS...`, in a fresh process; the json of its last line."""
    return json.loads(run([sys.executable, file, "--part", *words]).output.splitlines()[-1])


def part_asked() -> list[str] | None:
    """The words after `--part`, where this process is such a part."""
    return sys.argv[2:] if sys.argv[1:2] == ["--part"] else None


_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


def peak_megabytes() -> float:
    """The most memory this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RSS_UNIT / 1e6


def seconds_of(work: Callable[[], object], times: int = 1, clock: Callable[[], float] = time.perf_counter) -> float:
    """The fastest of a few runs: what else runs on a machine only ever slows a run down.

    `time.process_time` as the clock leaves out what others took, where the work is one thread's.
    """
    taken = []
    for _ in range(times):
        started = clock()
        work()
        taken.append(clock() - started)
    return min(taken)


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
