"""Files that are written whole or not at all: a reader sees the old one or the new one, never half of one."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

SUFFIX = ".part"  # of a file that is not whole yet


@contextmanager
def atomic_file(path: str | os.PathLike[str], *, durable: bool = False) -> Iterator[BinaryIO]:
    """A binary file that stands at `path` once the block ends; an error or Ctrl-C in it leaves what was there.

    It is written beside `path`, whose folder must exist, under a hidden name. It keeps the permissions of the file that
    it replaces, and replaces what a link at `path` leads to. `durable` waits until both the bytes and the name are on
    the disk. Raises OSError, also where a device or a pipe stands there.
    """
    real = os.path.realpath(path)
    _refuse_device(real)
    part = os.path.join(os.path.dirname(real), f".imgrank-{secrets.token_hex(8)}{SUFFIX}")
    with removed_on_failure(part):
        with open(part, "xb") as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            os.chmod(part, os.stat(real).st_mode & 0o777)
        os.replace(part, real)
    if durable:
        sync_folder(os.path.dirname(real))


def _refuse_device(path: str) -> None:
    """Who may write everywhere would put a file in place of /dev/null."""
    with suppress(FileNotFoundError):
        mode = os.stat(path).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise OSError(errno.EINVAL, "it is not a regular file", path)


@contextmanager
def removed_on_failure(part: str) -> Iterator[None]:
    """Remove the unfinished file `part` if the block ends early."""
    try:
        yield
    except BaseException:  # Ctrl-C as well; it goes on
        with suppress(OSError):
            os.unlink(part)
        raise


def write_atomic(path: str | os.PathLike[str], content: bytes, *, durable: bool = False) -> None:
    """Put a whole file at `path`, as `atomic_file` does. Raises OSError."""
    with atomic_file(path, durable=durable) as file:
        file.write(content)


def sync_folder(folder: str) -> None:
    """Wait until names made in `folder` survive a power cut, where the system lets a folder be opened."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
