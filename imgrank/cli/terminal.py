"""What a command says on stderr beside its output, and tables of text: drawn on a terminal, aligned in a pipe."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence

import typer

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


def print_table(title: str, rows: Sequence[Sequence[str]]) -> None:
    """A title, a head (the first row) and rows, on stdout."""
    if sys.stdout.isatty():
        _draw(title, rows)
        return
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    typer.echo(title)
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def as_sentence(words: str) -> str:
    """Words with a capital and a full stop."""
    return f"{words[:1].upper()}{words[1:]}."


def _draw(title: str, rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left", box=None, pad_edge=False)
    for name in rows[0]:
        table.add_column(Text(name))
    for row in rows[1:]:
        table.add_row(*map(Text, row))
    Console().print(table)
