"""What may be written where: a page replaces a page of imgrank's own, and no other file ever."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from imgrank.atomic import atomic_file
from imgrank.errors import UsageError
from imgrank.paths import printable, why
from imgrank.version import __version__

_MARK = '<meta name="generator" content="imgrank '
GENERATOR = f'{_MARK}{__version__}">'
_HEAD_BYTES = 4096


def check_page(path: str) -> None:
    """Raise UsageError where a page cannot be written at `path`, or would replace what imgrank did not write."""
    folder = os.path.dirname(os.path.realpath(path))
    if not os.path.isdir(folder):
        raise UsageError(f"The page {printable(path)} cannot be written: the folder {printable(folder)} is not there.")
    if os.path.lexists(path) and not _is_ours(path):
        raise UsageError(
            f"{printable(path)} exists and was not made by imgrank, so it is left as it is.",
            "Choose another name for {page}, or remove that file first.",
        )


@contextmanager
def page_file(path: str) -> Iterator[TextIO]:
    """A stream to the page, which stands at `path` only when it is whole; a failure leaves what was there."""
    check_page(path)
    try:
        with atomic_file(path) as file:
            stream = io.TextIOWrapper(file, encoding="utf-8", newline="\n")
            yield stream
            stream.flush()
            stream.detach()
            check_page(path)
    except OSError as error:
        raise UsageError(f"The page {printable(path)} cannot be written: {why(error)}.") from error


def _is_ours(path: str) -> bool:
    if not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as file:
            return _MARK.encode() in file.read(_HEAD_BYTES)
    except OSError:
        return False
