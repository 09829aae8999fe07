"""What a command says on stderr beside its output."""

from __future__ import annotations

import time
from collections.abc import Callable

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
