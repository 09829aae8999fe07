"""Lists of paths, on standard input or in a file, as the paths in them."""

from __future__ import annotations

import codecs
import errno
import os
from typing import BinaryIO

from imgrank.errors import UsageError
from imgrank.paths import why


def read_list(stream: BinaryIO) -> bytes:
    """The bytes of standard input. Raises UsageError where it is closed, or refuses."""
    try:
        return stream.read() or b""
    except OSError as error:
        reason = "it is closed" if error.errno == errno.EBADF else why(error)
        raise UsageError(f"The list on standard input cannot be read: {reason}.") from error


def list_entries(data: bytes, nul: bool, where: str) -> list[str]:
    """The paths in a list: one a line, or ended by NUL where `nul`; in UTF-16 too where it begins with that mark.

    Raises UsageError where it is separated otherwise or is no text; `where` says in it which list.
    """
    data = data.removeprefix(codecs.BOM_UTF8)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            data, nul = os.fsencode(data.decode("utf-16")), False
        except UnicodeError as error:
            raise UsageError(
                f"The list {where} begins like UTF-16 but is not valid UTF-16; save it as UTF-8."
            ) from error
    if _is_bare_utf16(data):
        raise UsageError(f"The list {where} looks like UTF-16 without a byte order mark; save it as UTF-8.")
    if b"\0" in data and not nul:
        raise UsageError(f"The list {where} is separated by NUL bytes; add -0 to read it.")
    if nul and b"\0" not in data and b"\n" in data and not os.path.lexists(data):
        raise UsageError(f"The list {where} is separated by line ends, not by NUL bytes; leave out -0 to read it.")
    lines = data.split(b"\0") if nul else [line.removesuffix(b"\r") for line in data.split(b"\n")]
    return [os.fsdecode(line) for line in lines if line]


def _is_bare_utf16(data: bytes) -> bool:
    """Whether a list is UTF-16 without its mark: by -0 each letter would be a path, and `.` and `/` are folders."""
    head = data[:4096]
    nuls = len(head) // 3 + 1
    for order, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        here, there = head[order::2].count(0), head[1 - order :: 2].count(0)
        if here >= nuls and here > 9 * there:
            return bool(set("./\\") & set(head.decode(name, "replace")))
    return False
