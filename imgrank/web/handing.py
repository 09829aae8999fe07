"""Hands an address with a token to the browser: by a file that its user alone can read, as others see command lines."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from html import escape
from pathlib import Path

from imgrank.paths import runtime_dir


@contextmanager
def handed_over() -> Iterator[Callable[[str], str]]:
    """A function from the address to one that leads there and tells nothing; good while the block runs."""
    made: list[str] = []

    def hand_over(address: str) -> str:
        try:
            folder = runtime_dir()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            number, path = tempfile.mkstemp(".html", "open-", folder)  # 0600 from the start
            made.append(path)
            with open(number, "w", encoding="utf-8") as file:
                file.write(_page(address))
        except OSError:
            return address
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
