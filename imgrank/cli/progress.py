"""What is being done, how fast, and how long it will take: one line on stderr, redrawn on a terminal.

Elsewhere one line is written if it takes long, so that nobody takes a first load for a hang.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer

from imgrank.cli.terminal import note
from imgrank.records import Progress

Report = Callable[[Progress], None]
LONG = 4.0  # seconds without an answer after which a log gets its one line
LOADING = "loading the image model"


@contextmanager
def progress_line(quiet: bool) -> Iterator[Report]:
    """A callback that draws the line while the block runs; to be entered before anything slow is imported."""
    if quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        with _drawn() as report:
            yield report
    else:
        with _told_once() as report:
            yield report


@contextmanager
def _told_once() -> Iterator[Report]:
    last: list[Progress] = []

    def tell() -> None:
        now = last[-1] if last else None
        note(f"{now.step}, {now.done:,} of {now.total:,} done so far" if now else LOADING)

    def report(now: Progress) -> None:
        last[:] = [now]

    timer = Timer(LONG, tell)
    timer.daemon = True
    timer.start()
    try:
        yield report
    finally:
        timer.cancel()


@contextmanager
def _drawn() -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Line

    columns = (
        SpinnerColumn(),  # this and the time move also where a batch of large pictures takes seconds
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[count]}", style="progress.download"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
        TimeRemainingColumn(),
    )
    with Line(*columns, console=Console(stderr=True), transient=True) as line:
        task = line.add_task(LOADING, total=None, count="", rate="", left="")

        def report(now: Progress) -> None:
            speed = line.tasks[0].speed
            rate = f"{speed:,.0f}/s" if speed else ""
            count = f"{now.done:,}/{now.total:,}"
            line.update(
                task, description=now.step, completed=now.done, total=now.total, count=count, rate=rate, left="left"
            )

        yield report
