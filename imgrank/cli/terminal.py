"""What a command says on stderr beside its output."""

from __future__ import annotations

from collections.abc import Callable

import typer


def note(line: str) -> None:
    """One line for the user on stderr."""
    typer.echo(f"imgrank: {line}", err=True)


def silent(_: str) -> None:
    """Where a line goes that was not asked for."""


def noting(quiet: bool) -> Callable[[str], None]:
    """Where lines for the user go: nowhere under --quiet."""
    return silent if quiet else note
