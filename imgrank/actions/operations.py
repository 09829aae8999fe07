"""One function an operation: wholly done, or it raises OSError; none clobbers. Each returns where the file is then."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress

from imgrank.actions import trash
from imgrank.actions.boundary import reached
from imgrank.actions.embed.delta import decode
from imgrank.actions.no_clobber import (
    Changed,
    copy_no_replace,
    exists,
    hash_bytes,
    identify,
    link,
    move_across,
    move_link_across,
    rename_no_replace,
    require,
    write_new,
)
from imgrank.actions.records import Identity, Step, Verb
from imgrank.atomic import removed_on_failure, sync_folder

_IN_USE = (errno.ENOTEMPTY, errno.EEXIST)
ReadKept = Callable[[str], bytes]


def operate(step: Step, found: Identity, kept: ReadKept) -> str:
    """Do one step on the file that was `found`; `kept` gives the bytes of a hash. Raises OSError where it cannot."""
    if step.verb in (Verb.write, Verb.patch):
        return _write(step, kept)
    place = _OPERATIONS[step.verb](step, found)
    reached("operated")
    for folder in {os.path.dirname(path) for path in (step.source, step.target) if path}:
        sync_folder(folder)
    return place


def move(step: Step, found: Identity) -> str:
    """Give a file that was `found` another name, on another disk too. FileExistsError if it is taken."""
    try:
        rename_no_replace(step.source, step.target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        if os.path.islink(step.source):
            move_link_across(step.source, step.target)
        else:
            move_across(step.source, step.target, step.part, found)
    return step.target


def _copy(step: Step, _found: Identity) -> str:
    copy_no_replace(step.source, step.target, step.part)
    return step.target


def _hardlink(step: Step, _found: Identity) -> str:
    link(step.source, step.target)
    return step.target


def _symlink(step: Step, _found: Identity) -> str:
    os.symlink(step.source, step.target)
    return step.target


def _remove(step: Step, found: Identity) -> str:
    require(step.target, found)
    os.unlink(step.target)
    return step.source


def _trash(step: Step, found: Identity) -> str:
    return trash.put(step.source, found)


def _restore(step: Step, found: Identity) -> str:
    move(step, found)
    sync_folder(os.path.dirname(step.target))
    reached("restored")
    trash.forget(step.source)
    return step.target


def _mkdir(step: Step, _found: Identity) -> str:
    with suppress(FileExistsError):
        os.mkdir(step.source)
    return step.source


def _rmdir(step: Step, _found: Identity) -> str:
    """A folder that was made for a run goes with it, unless somebody put something in it."""
    try:
        os.rmdir(step.source)
    except OSError as error:
        if error.errno not in _IN_USE and exists(step.source):
            raise
    return step.source


def _write(step: Step, kept: ReadKept) -> str:
    """Replace the bytes that were there, whose hash was checked, all at once; `new` empty: no file is left."""
    if not step.new:
        _require_bytes(step.target, step.old)
        os.unlink(step.target)
        sync_folder(os.path.dirname(step.target))
        return step.target
    content = _patched(step, kept) if step.verb is Verb.patch else kept(step.new)
    with removed_on_failure(step.part):
        write_new(step.part, content, like=step.target if step.old else None, time_ns=step.time_ns)
        reached("part made")
        if step.old:
            _require_bytes(step.target, step.old)
            os.replace(step.part, step.target)
        else:
            rename_no_replace(step.part, step.target)
    reached("operated")
    sync_folder(os.path.dirname(step.target))
    return step.target


def _patched(step: Step, kept: ReadKept) -> bytes:
    """A picture with the parts of it that differ. Raises Changed where it is not the one that they were made for."""
    with open(step.target, "rb") as file:
        old = file.read()
    try:
        new = decode(kept(step.delta)).apply(old)
    except ValueError as error:
        raise Changed(errno.EBUSY, "somebody changed it meanwhile", step.target) from error
    if hash_bytes(old) != step.old or hash_bytes(new) != step.new:
        raise Changed(errno.EBUSY, "somebody changed it meanwhile", step.target)
    return new


def _require_bytes(path: str, digest: str) -> None:
    if identify(path).hash != digest:
        raise Changed(errno.EBUSY, "somebody changed it meanwhile", path)


_OPERATIONS: dict[Verb, Callable[[Step, Identity], str]] = {
    Verb.move: move,
    Verb.copy: _copy,
    Verb.hardlink: _hardlink,
    Verb.symlink: _symlink,
    Verb.trash: _trash,
    Verb.mkdir: _mkdir,
    Verb.remove_copy: _remove,
    Verb.remove_hardlink: _remove,
    Verb.remove_symlink: _remove,
    Verb.restore: _restore,
    Verb.rmdir: _rmdir,
}


def settle(step: Step, found: Identity) -> str | None:
    """After a crash: where the file lies if the step was done; None if not, and then nothing of it is left.

    Raises OSError where the disk cannot be read.
    """
    if step.part and exists(step.part):
        if exists(step.target) and os.path.samestat(os.lstat(step.part), os.lstat(step.target)):
            os.unlink(step.part)
            return _placed(step, found)
        os.unlink(step.part)
    return _placed(step, found)


def _placed(step: Step, found: Identity) -> str | None:
    if step.verb in (Verb.move, Verb.restore):
        return _moved(step, found)
    if step.verb is Verb.trash:
        return _thrown(step, found)
    if step.verb in (Verb.write, Verb.patch):
        return step.target if _hash(step.target) == step.new else None
    if step.verb is Verb.mkdir:
        return step.source if os.path.isdir(step.source) else None
    if step.verb is Verb.rmdir:
        return None if exists(step.source) else step.source
    if step.verb is Verb.symlink:
        return step.target if os.path.islink(step.target) and os.readlink(step.target) == step.source else None
    if step.verb in (Verb.copy, Verb.hardlink):
        return step.target if _hash(step.target) == found.hash else None
    return None if exists(step.target) else step.source


def _moved(step: Step, found: Identity) -> str | None:
    """Both names hold the file where the crash fell between the second name and the removal of the first.

    Then the second name goes, for the first is surely on the disk.
    """
    if _hash(step.target) != found.hash:
        return None
    if exists(step.source):
        ours = _are_one(step.source, step.target) or not _on_one_device(step.source, step.target)
        if _hash(step.source) == found.hash and ours:
            os.unlink(step.target)
            sync_folder(os.path.dirname(step.target))
        return None
    if step.verb is Verb.restore:
        trash.forget(step.source)
    return step.target


def _thrown(step: Step, found: Identity) -> str | None:
    """Where a file lies in the trash; a second name that it has there beside its own goes."""
    if not exists(step.source):
        return trash.find(step.source, found)
    place = trash.find(step.source, found) if trash.CAN_UNDO else None
    if place and _are_one(step.source, place):
        os.unlink(place)
        trash.forget(place)
    return None


def _are_one(one: str, other: str) -> bool:
    return os.path.samestat(os.lstat(one), os.lstat(other))


def _hash(path: str) -> str:
    return identify(path).hash if exists(path) else ""


def _on_one_device(one: str, other: str) -> bool:
    return os.lstat(one).st_dev == os.lstat(other).st_dev
