"""Prints where a page is served, and opens it in the browser without telling other users its token."""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer


@contextmanager
def announced(no_open: bool, note: Callable[[str], None], line: str) -> Iterator[Callable[[str], None]]:
    """What `serve` calls with the page's address: it goes to stdout as the first line, then `line` to stderr."""
    from imgrank.web.handing import handed_over

    with handed_over() as hand_over:

        def ready(address: str) -> None:
            typer.echo(address)
            sys.stdout.flush()
            note(line)
            if not no_open and not webbrowser.open(hand_over(address)):
                note("no browser could be opened; open the address above yourself.")

        yield ready
