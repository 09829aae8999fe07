"""Operations on files that refuse to clobber by themselves, whatever a check before them found."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import shutil
import stat
import sys
import time
from functools import lru_cache

import xxhash

from imgrank.actions.boundary import reached
from imgrank.actions.records import Identity
from imgrank.atomic import removed_on_failure, sync_folder

_AT_FDCWD, _RENAME_NOREPLACE, _RENAME_EXCL = -100, 1, 4
_FICLONE = 0x40049409
_NOT_SUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM}
_BLOCK = 1 << 20


class Changed(OSError):
    """A file is not any more what it was when it was looked at; nothing was done to it."""


def exists(path: str) -> bool:
    """Whether a name is taken, by a link to nowhere too."""
    return os.path.lexists(path)


class RealFolders:
    """Folders with their links resolved, each looked at once: a deep tree is no slower than a flat one."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def __call__(self, folder: str) -> str:
        """A folder, which need not exist, with the links on its way resolved."""
        folder, unknown = os.path.abspath(folder), list[str]()
        while folder not in self._known:
            unknown.append(folder)
            if os.path.dirname(folder) == folder:
                self._known[folder] = folder
            folder = os.path.dirname(folder)
        for each in reversed(unknown):
            if os.path.dirname(each) != each:
                path = os.path.join(self._known[os.path.dirname(each)], os.path.basename(each))
                plain = sys.platform != "win32" and not os.path.islink(path)
                self._known[each] = path if plain else os.path.realpath(path)
        return self._known[unknown[0] if unknown else folder]

    def holding(self, path: str) -> str:
        """A path with its folder's links resolved, and its own last name kept: what an operation acts on."""
        folder, name = os.path.split(os.path.abspath(path))
        return os.path.join(self(folder), name)


def identify(path: str) -> Identity:
    """Size, time and hash of a file, or of a link's own text. Raises OSError."""
    found = os.lstat(path)
    if stat.S_ISLNK(found.st_mode):
        return Identity(found.st_size, found.st_mtime_ns, hash_bytes(os.fsencode(os.readlink(path))))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file", path)
    digest = xxhash.xxh3_128()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return Identity(found.st_size, found.st_mtime_ns, digest.hexdigest())


def require(path: str, found: Identity) -> None:
    """The last look at a file before it is removed. Raises Changed if somebody wrote into it, OSError if it is gone."""
    status = os.lstat(path)
    if (status.st_size, status.st_mtime_ns) != (found.size, found.mtime_ns):
        raise Changed(errno.EBUSY, "somebody changed it meanwhile", path)


def hash_bytes(content: bytes) -> str:
    """xxh3-128, as `identify` gives it for a file of these bytes."""
    return xxhash.xxh3_128(content).hexdigest()


def rename_no_replace(source: str, target: str) -> None:
    """Rename within one device; raises FileExistsError where the target's name is taken, OSError otherwise."""
    if sys.platform == "win32":
        os.rename(source, target)
    elif not _rename_by_kernel(source, target):
        link(source, target)
        reached("linked")
        sync_folder(os.path.dirname(target))
        os.unlink(source)


def link(source: str, target: str) -> None:
    """A second name for a file; for a link itself where the system tells the two apart. FileExistsError if taken."""
    os.link(source, target, follow_symlinks=os.link not in os.supports_follow_symlinks)


@lru_cache(maxsize=1)
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _rename_by_kernel(source: str, target: str) -> bool:
    """renameat2 or renamex_np; False where neither the C library nor the file system offers it."""
    libc = _libc()
    from_, to = os.fsencode(source), os.fsencode(target)
    try:
        if sys.platform == "darwin":
            failed = libc.renamex_np(from_, to, ctypes.c_uint(_RENAME_EXCL))
        else:
            failed = libc.renameat2(_AT_FDCWD, from_, _AT_FDCWD, to, ctypes.c_uint(_RENAME_NOREPLACE))
    except AttributeError:
        return False
    if not failed:
        return True
    code = ctypes.get_errno()
    if code in _NOT_SUPPORTED:
        return False
    raise OSError(code, os.strerror(code), source, None, target)


def copy_no_replace(source: str, target: str, part: str) -> None:
    """Copy bytes, times and metadata by way of `part`, a new file beside the target. Raises OSError."""
    with removed_on_failure(part):
        _copy_file(source, part)
        reached("copied")
        rename_no_replace(part, target)
    sync_folder(os.path.dirname(target))


def _copy_file(source: str, part: str) -> None:
    """Bytes, times and metadata in a new file, on the disk when this returns."""
    with open(source, "rb") as reader, open(part, "xb") as writer:
        reached("part made")
        if not _reflink(reader.fileno(), writer.fileno()):
            shutil.copyfileobj(reader, writer, _BLOCK)
        writer.flush()
        shutil.copystat(source, part)
        os.fsync(writer.fileno())  # now: a copy of a read-only file cannot be opened to be synced later


def _reflink(reader: int, writer: int) -> bool:
    """Share the blocks where the file system can (Btrfs, XFS): no room, no time."""
    if sys.platform != "linux":
        return False
    import fcntl

    try:
        fcntl.ioctl(writer, _FICLONE, reader)
    except OSError:
        return False
    return True


def move_across(source: str, target: str, part: str, found: Identity) -> None:
    """Move to another device: copy, read the copy back and compare its hash, and only then remove the source."""
    copy_no_replace(source, target, part)
    reached("copy placed")
    try:
        same = identify(target).hash == found.hash
        require(source, found)
        if not same:
            raise OSError(errno.EIO, "the copy does not read back as it was written", target)
    except OSError:
        os.unlink(target)
        raise
    os.unlink(source)


def move_link_across(source: str, target: str) -> None:
    """Move a link itself to another device; the new one is on the disk before the old one goes. Raises OSError."""
    os.symlink(os.readlink(source), target)
    shutil.copystat(source, target, follow_symlinks=False)
    reached("link placed")
    sync_folder(os.path.dirname(target))
    os.unlink(source)


def write_new(path: str, content: bytes, *, like: str | None = None, time_ns: int | None = None) -> None:
    """A new file with these bytes, on the disk when this returns. Raises OSError, FileExistsError where it exists.

    `like` is a file whose owner, permissions and attributes it gets, `time_ns` the time of its last change.
    """
    with open(path, "xb") as file:
        file.write(content)
        file.flush()
        if like is not None:
            _copy_state(like, path)
        if like is not None or time_ns is not None:
            now = time.time_ns() if time_ns is None else time_ns
            os.utime(path, ns=(now, now))
        os.fsync(file.fileno())


def _copy_state(source: str, target: str) -> None:
    """Owner as far as that is allowed, permissions and extended attributes."""
    if hasattr(os, "chown"):
        status = os.stat(source)
        with contextlib.suppress(OSError):
            os.chown(target, status.st_uid, status.st_gid)
    shutil.copystat(source, target)


def make_folders(folder: str, mode: int = 0o777) -> None:
    """A folder and those above it that are missing, each on the disk when this returns. Raises OSError."""
    folder, missing = os.path.abspath(folder), []
    while not exists(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for each in reversed(missing):
        with contextlib.suppress(FileExistsError):  # another process made it meanwhile
            os.mkdir(each, mode)
        sync_folder(os.path.dirname(each))
