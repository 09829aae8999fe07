"""The system's trash: files go in by send2trash, and on Linux are found again by the notes that lie beside them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import unquote_to_bytes

from imgrank.actions.files import exists, identify
from imgrank.actions.records import Identity

CAN_UNDO = sys.platform not in ("win32", "darwin")
_INFO = ".trashinfo"


def put(path: str, found: Identity) -> str:
    """Send a file to the trash. Returns where it lies there; empty where the system does not say. Raises OSError."""
    from send2trash import send2trash

    try:
        send2trash(path)
    except OSError:
        raise
    except Exception as error:  # each system's trash has errors of its own; the file is still there
        raise OSError(str(error)) from error
    return find(path, found) or ""


def find(path: str, found: Identity) -> str | None:
    """The file in the trash that was at `path`, with these very bytes; None if it is not there. Linux alone knows."""
    if not CAN_UNDO:
        return None if exists(path) else ""
    for place in (each for folder in _folders(path) for each in _noted(folder, path)):
        with suppress(OSError):
            if identify(place).hash == found.hash:
                return place
    return None


def forget(place: str) -> None:
    """Remove the note that belongs to a file that has left the trash."""
    files, name = os.path.split(place)
    with suppress(OSError):
        os.unlink(os.path.join(os.path.dirname(files), "info", name + _INFO))


def within_reach(path: str) -> bool:
    """Whether a file has a trash on its own disk that can be written, so that trashing copies nothing."""
    device = os.lstat(path).st_dev
    places = map(_existing, _folders(path)) if CAN_UNDO else ()
    return not CAN_UNDO or any(os.stat(each).st_dev == device and os.access(each, os.W_OK) for each in places)


def _folders(path: str) -> Iterator[str]:
    """The trash folders that freedesktop.org's rules allow for a file: the home's, and two on the file's own disk."""
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    yield os.path.join(data, "Trash")
    top, user = _mount_point(path), os.getuid() if sys.platform != "win32" else 0
    yield os.path.join(top, ".Trash", str(user))
    yield os.path.join(top, f".Trash-{user}")


def _noted(folder: str, path: str) -> Iterator[str]:
    """Files in a trash folder whose note says that they were at `path`; the last one thrown away first."""
    info = os.path.join(folder, "info")
    notes = [os.path.join(info, name) for name in os.listdir(info)] if os.path.isdir(info) else []
    for note in sorted(notes, key=_age):
        place = os.path.join(folder, "files", os.path.basename(note)[: -len(_INFO)])
        if note.endswith(_INFO) and exists(place) and _origin(note, folder) == _by_its_folder(path):
            yield place


def _age(note: str) -> float:
    """More for what was thrown away earlier; a note that somebody removes meanwhile comes last."""
    try:
        return -os.path.getmtime(note)
    except OSError:
        return 0.0


def _origin(note: str, folder: str) -> str:
    with suppress(OSError), open(note, "rb") as file:
        for line in file:
            if line.startswith(b"Path="):
                said = os.fsdecode(unquote_to_bytes(line[5:].rstrip(b"\n")))
                top = os.path.dirname(folder) if folder.rpartition("/")[2].startswith(".Trash-") else _above(folder)
                return _by_its_folder(os.path.join(top, said))
    return ""


def _by_its_folder(path: str) -> str:
    """The path with its folder's links resolved; its own name may be that of a link."""
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))


def _above(folder: str) -> str:
    """What a relative note is relative to: the home's data folder, or the top of the disk for `.Trash/<user>`."""
    parent = os.path.dirname(folder)
    return os.path.dirname(parent) if os.path.basename(parent) == ".Trash" else parent


def _mount_point(path: str) -> str:
    path = os.path.realpath(os.path.dirname(path))
    while not os.path.ismount(path):
        path = os.path.dirname(path)
    return path


def _existing(folder: str) -> str:
    while not exists(folder):
        folder = os.path.dirname(folder)
    return folder
