"""What a command says on stderr beside its output: notes, tables of text, and progress.

On a terminal they are drawn, and progress is one line, redrawn: what is being done, how fast, and how long it will
take. In a pipe tables are aligned, and one line is written if it takes long, so that nobody takes a first load for a
hang.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Timer

import typer

from imgrank.records import Progress

_NEVER_FOLDED = 21  # characters: numbers, times, states; what is longer is a name or a sentence
_STARTED = time.perf_counter()  # this module is among the first that the command line imports


def note(line: str) -> None:
    """One line for the user on stderr."""
    typer.echo(f"imgrank: {line}", err=True)


def silent(_: str) -> None:
    """Where a line goes that was not asked for."""


def noting(quiet: bool) -> Callable[[str], None]:
    """Where lines for the user go: nowhere under --quiet."""
    return silent if quiet else note


def seconds_so_far() -> float:
    """Wall time of the whole command, imports included."""
    return time.perf_counter() - _STARTED


def print_table(title: str, rows: Sequence[Sequence[str]], below: Sequence[str] = ()) -> None:
    """A title, a head (the first row) and rows, on stdout.

    On a terminal that is too narrow for all columns, those named in `below` stand under their row, a line each.
    """
    if sys.stdout.isatty():
        _draw(title, rows, below)
        return
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    typer.echo(title)
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def as_sentence(words: str) -> str:
    """Words with a capital and a full stop."""
    return f"{words[:1].upper()}{words[1:]}."


def _draw(title: str, rows: Sequence[Sequence[str]], below: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    if below and sum(widths) + 2 * (len(widths) - 1) > console.width:
        console.print(Text(title, style="italic"))
        for line in _with_lines_below(rows, [rows[0].index(name) for name in below]):
            console.print(line, markup=False, soft_wrap=True)
        return
    table = Table(title=Text(title), title_justify="left", box=None, pad_edge=False)
    for name, width in zip(rows[0], widths, strict=True):
        table.add_column(Text(name), no_wrap=width <= _NEVER_FOLDED, overflow="fold")
    for row in rows[1:]:
        table.add_row(*map(Text, row))
    console.print(table)


def _with_lines_below(rows: Sequence[Sequence[str]], below: Sequence[int]) -> Iterator[str]:
    """Rows of the other columns, with the cells of `below` under each, indented; the head names none of these."""
    beside = [column for column in range(len(rows[0])) if column not in below]
    widths = {column: max(len(row[column]) for row in rows) for column in beside}
    for number, row in enumerate(rows):
        yield "  ".join(row[column].ljust(widths[column]) for column in beside).rstrip()
        if number:
            yield from (f"    {row[column]}" for column in below if row[column])


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
