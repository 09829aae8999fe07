"""Prints where a page is served, and opens it in the browser without telling other users its token."""

from __future__ import annotations

import os
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from imgrank.cli.mistakes import with_remedy
from imgrank.paths import runtime_dir

if TYPE_CHECKING:
    from imgrank.web.viewer.changes import Job


@contextmanager
def announced(no_open: bool, note: Callable[[str], None], line: str) -> Iterator[Callable[[str], None]]:
    """What `serve` calls with the page's address: it goes to stdout as the first line, then `line` to stderr."""
    with handed_over() as hand_over:

        def ready(address: str) -> None:
            typer.echo(address)
            sys.stdout.flush()
            note(line)
            if not no_open and not _is_opened(hand_over(address)):
                note("no browser could be opened; open the address above yourself.")

        yield ready


def _is_opened(address: str | None) -> bool:
    return address is not None and webbrowser.open(address)


def tell_end(job: Job | None, note: Callable[[str], None]) -> None:
    """Say what came of the work on files that went on when a page ended, if any did."""
    if job is not None:
        note(job.said if job.error is None else with_remedy(job.error))


def show_origins(verbose: bool) -> None:
    """Under --verbose, print where an error came from of which a page tells no more than its kind."""
    if verbose:
        import logging

        logger = logging.getLogger("imgrank")
        logger.addHandler(logging.StreamHandler())
        logger.setLevel(logging.DEBUG)


@contextmanager
def handed_over() -> Iterator[Callable[[str], str | None]]:
    """A function from the address to one that leads there and tells nothing, None where there can be none; good while
    the block runs. A browser's command line is read by other users of the machine."""
    made: list[str] = []

    def hand_over(address: str) -> str | None:
        try:
            folder = runtime_dir()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            number, path = tempfile.mkstemp(".html", "open-", folder)  # 0600 from the start
            made.append(path)
            with open(number, "w", encoding="utf-8") as file:
                file.write(_page(address))
        except OSError:
            return None
        return Path(path).as_uri()

    try:
        yield hand_over
    finally:
        for path in made:
            with suppress(OSError):
                os.unlink(path)


def _page(address: str) -> str:
    return (
        f'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={escape(address)}">'
        f'<title>imgrank</title><a href="{escape(address)}">Go on to imgrank</a>\n'
    )
