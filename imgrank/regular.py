"""Opens regular files alone: a pipe would be waited for without end, and a device may give bytes without end."""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO

_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """A file, or what a link leads to, to be read. Raises OSError, also where it is no regular file."""
    file = open(os.open(path, _FLAGS), "rb")  # noqa: SIM115 (who asked for it closes it)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "it is not a regular file", os.fspath(path))
    return file


def read_regular(path: str | os.PathLike[str], most: int | None = None) -> bytes:
    """Its bytes. Raises OSError, also where it is no regular file, or has more than `most` bytes."""
    with open_regular(path) as file:
        content = file.read() if most is None else file.read(most + 1)
    if content is None:  # what is no file on a disk may have nothing to give yet, and would have to be waited for
        raise OSError(errno.EAGAIN, "reading it gives nothing", os.fspath(path))
    if most is not None and len(content) > most:
        raise OSError(errno.EFBIG, "it is too large", os.fspath(path))
    return content
