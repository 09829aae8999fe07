"""What one file is, and moving or copying it so that nothing is ever written over."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, BinaryIO

import xxhash

from imgrank.actions.faults import reached

CHUNK = 1 << 20
AT_FDCWD = -100
RENAME_NOREPLACE = 1  # Linux, linux/fs.h
RENAME_EXCL = 4  # macOS, sys/stdio.h
FICLONE = 0x40049409  # Linux, linux/fs.h
COPYFILE_METADATA = 7  # macOS, copyfile.h: access lists, stat and extended attributes
NOT_OFFERED = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}


@dataclass(frozen=True, slots=True)
class Identity:
    """What a file is: size in bytes, time in nanoseconds, xxh3-128 of its bytes in hex."""

    size: int
    mtime_ns: int
    hash: str


def identify(path: str) -> Identity:
    """Read a file (of a link: the text it holds, not what it leads to) and say what it is.

    Raises OSError where it cannot be read, or is neither a file nor a link.
    """
    facts = os.lstat(path)
    if stat.S_ISLNK(facts.st_mode):
        return Identity(facts.st_size, facts.st_mtime_ns, hash_bytes(os.fsencode(os.readlink(path))))
    if not stat.S_ISREG(facts.st_mode):
        raise OSError(errno.EINVAL, "it is not a file", path)
    digest = xxhash.xxh3_128()
    with open(path, "rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return Identity(facts.st_size, facts.st_mtime_ns, digest.hexdigest())


def hash_bytes(content: bytes) -> str:
    """xxh3-128 of bytes, in hex."""
    return xxhash.xxh3_128_hexdigest(content)


def holds(path: str, expected: Identity) -> bool:
    """Whether a file with exactly these bytes is at `path`; its time may be another."""
    try:
        if os.lstat(path).st_size != expected.size:
            return False
        return identify(path).hash == expected.hash
    except OSError:
        return False


def same_file(left: str, right: str) -> bool:
    """Whether two names lead to one and the same file on the disk, links not followed."""
    try:
        return os.path.samestat(os.lstat(left), os.lstat(right))
    except OSError:
        return False


def device_of(path: str) -> int:
    """The device that `path`, or the nearest folder above it that exists, is on."""
    return os.stat(nearest(path)).st_dev


def nearest(path: str) -> str:
    """`path`, or the nearest folder above it that exists."""
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return path


def fsync_folder(folder: str) -> None:
    """Make the names in a folder durable, where the system offers that."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems refuse; there is nothing more to do then
            os.fsync(handle)
    finally:
        os.close(handle)


# Renaming: the system itself refuses a taken name, so that no check-then-act gap is left


def rename(source: str, target: str) -> None:
    """Give `source` the name `target` on the same device; FileExistsError if that name is taken."""
    if os.name == "nt":
        os.rename(source, target)  # refuses by itself
        return
    exclusive = _exclusive_rename()
    code = exclusive(source, target) if exclusive else errno.ENOSYS
    if code in NOT_OFFERED:
        _link_then_unlink(source, target)
    elif code:
        raise OSError(code, os.strerror(code), source, None, target)


def _link_then_unlink(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError as error:
        reason = f"this file system cannot rename without the risk of writing over a file ({error.strerror})"
        raise OSError(error.errno, reason, source, None, target) from error
    reached("linked")
    os.unlink(source)


@cache
def _exclusive_rename() -> Callable[[str, str], int] | None:
    """The system's rename that refuses a taken name, as (source, target) -> errno; None where there is none."""
    libc = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "darwin" and hasattr(libc, "renamex_np"):
        return _returning_errno(lambda source, target: libc.renamex_np(source, target, RENAME_EXCL))
    if hasattr(libc, "renameat2"):
        return _returning_errno(
            lambda source, target: libc.renameat2(AT_FDCWD, source, AT_FDCWD, target, RENAME_NOREPLACE)
        )
    return None


def _returning_errno(call: Callable[[bytes, bytes], Any]) -> Callable[[str, str], int]:
    def exclusive(source: str, target: str) -> int:
        failed = call(os.fsencode(source), os.fsencode(target)) != 0
        return ctypes.get_errno() if failed else 0

    return exclusive


# Copying: into a part file beside the target, and only a whole copy gets the target's name


def copy(source: str, target: str, part: str, expected: Identity) -> None:
    """Copy bytes, times and metadata; shares the bytes where the file system can.

    Goes through the new file `part`, beside `target`, which is gone afterwards. Raises FileExistsError
    if `target` is taken, OSError if the copy does not hold the bytes that were expected.
    """
    try:
        _fill(source, part)
        reached("copied")
        if not holds(part, expected):
            raise OSError(errno.EIO, "the copy does not hold the same bytes as the original", source)
        rename(part, target)
        fsync_folder(os.path.dirname(target))
    finally:
        discard(part)


def write(content: bytes, target: str, part: str, like: str | None) -> None:
    """Write a new file of these bytes, with the times and metadata of the file `like` if one is named."""
    try:
        with _new_file(part) as stream:
            stream.write(content)
            _sync(stream)
        if like:
            _copy_metadata(like, part)
        reached("written")
        rename(part, target)
        fsync_folder(os.path.dirname(target))
    finally:
        discard(part)


def discard(part: str) -> None:
    """Remove a part file of our own, if it is still there."""
    with suppress(FileNotFoundError):
        os.unlink(part)


def _fill(source: str, part: str) -> None:
    with open(source, "rb") as reader, _new_file(part) as writer:
        if not _share_bytes(reader, writer):
            shutil.copyfileobj(reader, writer, CHUNK)
        _sync(writer)
        if sys.platform == "darwin":
            ctypes.CDLL(None).fcopyfile(reader.fileno(), writer.fileno(), None, COPYFILE_METADATA)
    _copy_metadata(source, part)


def _new_file(path: str) -> BinaryIO:
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600), "wb")


def _sync(stream: BinaryIO) -> None:
    stream.flush()
    os.fsync(stream.fileno())


def _share_bytes(reader: BinaryIO, writer: BinaryIO) -> bool:
    if sys.platform != "linux":
        return False
    import fcntl

    try:
        fcntl.ioctl(writer.fileno(), FICLONE, reader.fileno())
    except OSError:
        return False
    return True


def _copy_metadata(source: str, target: str) -> None:
    facts = os.stat(source)
    if hasattr(os, "chown"):
        with suppress(PermissionError):  # only the superuser gives files away
            os.chown(target, facts.st_uid, facts.st_gid)
    shutil.copystat(source, target)
