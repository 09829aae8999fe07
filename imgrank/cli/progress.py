"""What is being done, how fast, and how long it will take: one line on stderr, on a terminal alone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from imgrank.records import Progress

Report = Callable[[Progress], None]


@contextmanager
def progress_line(quiet: bool) -> Iterator[Report]:
    """A callback that draws the line while the block runs; it draws nothing where nobody would see it."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Line

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[count]}", style="progress.download"),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Line(*columns, console=Console(stderr=True), transient=True) as line:
        task = line.add_task("loading", total=None, count="", rate="")

        def report(now: Progress) -> None:
            speed = line.tasks[0].speed
            rate = f"{speed:,.0f}/s" if speed else ""
            count = f"{now.done:,}/{now.total:,}"
            line.update(task, description=now.step, completed=now.done, total=now.total, count=count, rate=rate)

        yield report
