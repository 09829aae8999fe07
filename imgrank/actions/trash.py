"""The trash: what it takes of a ranking, and how files get there and are found again.

It takes no pictures by an order that may mean nothing, and no companions of pictures that stay.

On Linux it goes by freedesktop.org's rules, so that a file is found again; elsewhere by send2trash. A file lies in the
trash under a name that its note claims: the note is made first, in a way that fails where the name is taken, and the
file is then renamed in a way that replaces nothing. So runs side by side, ours or another program's, never meet.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote_from_bytes, unquote_to_bytes

from imgrank.actions.boundary import reached
from imgrank.actions.file_names import companions, key, split
from imgrank.actions.gather import Group, Siblings
from imgrank.actions.lock import trash_lock
from imgrank.actions.no_clobber import RealFolders, exists, identify, make_folders, rename_no_replace, write_new
from imgrank.actions.records import Action, Identity, Request
from imgrank.atomic import sync_folder
from imgrank.errors import DoubtfulOrder
from imgrank.formats import looks_like_picture
from imgrank.paths import quoted
from imgrank.records import RankedImage, Ranking

CAN_UNDO = sys.platform not in ("win32", "darwin")
_INFO = ".trashinfo"
_LONGEST_NAME = 255  # bytes
_NUMBERED = 5  # names tried as `a 2.jpg`; after that a random one, so that a thousand of one name take no longer each


@dataclass(frozen=True, slots=True)
class _Trash:
    """A trash folder, and what paths in its notes are relative to (empty: they are absolute)."""

    folder: str
    top: str = ""

    @property
    def files(self) -> str:
        return os.path.join(self.folder, "files")

    @property
    def info(self) -> str:
        return os.path.join(self.folder, "info")

    def note(self, name: str) -> str:
        return os.path.join(self.info, name + _INFO)


def put(path: str, found: Identity) -> str:
    """Send a file to the trash. Returns where it lies there; empty where the system does not say. Raises OSError."""
    if not CAN_UNDO:
        return _by_the_system(path, found)
    refused = OSError(errno.EXDEV, "its disk has no trash that can be written", path)
    with trash_lock():
        for trash in _on_its_disk(path):
            try:
                return _put_into(trash, path)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                refused = error  # one device, two mounts: the other trash of this disk may do
    raise refused


def find(path: str, found: Identity) -> str | None:
    """The file in the trash that was at `path`, with these very bytes; None if it is not there. Linux alone knows.

    Raises OSError where the one that was at `path` cannot be read.
    """
    if not CAN_UNDO:
        return None if exists(path) else ""
    unread = None
    for place in (each for trash in _all_of(path) for each in _noted(trash, path)):
        try:
            if identify(place).hash == found.hash:
                return place
        except FileNotFoundError:
            continue
        except OSError as error:
            unread = error
    if unread is not None:
        raise unread
    return None


def forget(place: str) -> None:
    """Remove the note that belongs to a file that has left the trash."""
    files, name = os.path.split(place)
    with suppress(OSError):
        os.unlink(os.path.join(os.path.dirname(files), "info", name + _INFO))


def within_reach(folder: str) -> bool:
    """Whether files of a folder have a trash on their own disk that can be written, so that trashing copies nothing."""
    return not CAN_UNDO or any(True for _ in _on_its_disk(os.path.join(folder, "x")))


def _by_the_system(path: str, found: Identity) -> str:
    from send2trash import send2trash

    try:
        send2trash(path)
    except OSError:
        raise
    except Exception as error:  # each system's trash has errors of its own; the file is still there
        raise OSError(str(error)) from error
    return find(path, found) or ""


def _put_into(trash: _Trash, path: str) -> str:
    for folder in (trash.files, trash.info):
        make_folders(folder, 0o700)
    text = _note_text(trash, path)
    for name in _names(os.path.basename(path)):
        note, place = trash.note(name), os.path.join(trash.files, name)
        try:
            write_new(note, text)
        except FileExistsError:
            continue
        sync_folder(trash.info)
        reached("noted")
        try:
            rename_no_replace(path, place)
        except OSError as error:
            os.unlink(note)
            if not isinstance(error, FileExistsError):
                raise
            continue  # a file without a note lies there
        reached("thrown")
        sync_folder(trash.files)
        return place
    raise AssertionError("names do not end")


def _names(name: str) -> Iterator[str]:
    """The name itself, then others like it, for ever; each short enough that its note's name is possible."""
    stem, extension = os.path.splitext(name)
    yield _shortened(stem, extension)
    for number in range(2, _NUMBERED):
        yield _shortened(stem, f" {number}{extension}")
    while True:
        yield _shortened(stem, f" {secrets.token_hex(4)}{extension}")


def _shortened(stem: str, ending: str) -> str:
    longest = _LONGEST_NAME - len(_INFO) - len(os.fsencode(ending))
    return os.fsdecode(os.fsencode(stem)[: max(longest, 1)]) + ending


def _note_text(trash: _Trash, path: str) -> bytes:
    said = os.path.relpath(path, trash.top) if trash.top else path
    when = datetime.now().strftime("%Y-%m-%dT%H:%M:%S")  # noqa: DTZ005 (local time, as the rules have it)
    return f"[Trash Info]\nPath={quote_from_bytes(os.fsencode(said))}\nDeletionDate={when}\n".encode()


def _all_of(path: str) -> Iterator[_Trash]:
    """The trash folders that the rules allow for a file: the home's, and two on the file's own disk."""
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    yield _Trash(os.path.join(data, "Trash"))
    top, user = _mount_point(path), os.getuid() if sys.platform != "win32" else 0
    if _is_shared_trash(os.path.join(top, ".Trash")):
        yield _Trash(os.path.join(top, ".Trash", str(user)), top)
    yield _Trash(os.path.join(top, f".Trash-{user}"), top)


def _is_shared_trash(folder: str) -> bool:
    """An administrator's `.Trash` counts only as a real folder in which nobody can rename what is another's."""
    with suppress(OSError):
        mode = os.lstat(folder).st_mode
        return stat.S_ISDIR(mode) and bool(mode & stat.S_ISVTX)
    return False


def _on_its_disk(path: str) -> Iterator[_Trash]:
    device = os.stat(os.path.dirname(path)).st_dev
    for trash in _all_of(path):
        place = _existing(trash.files)
        if os.stat(place).st_dev == device and os.access(place, os.W_OK | os.X_OK):
            yield trash


def _noted(trash: _Trash, path: str) -> Iterator[str]:
    """Files in a trash folder whose note says that they were at `path`; the last one thrown away first."""
    notes = [os.path.join(trash.info, name) for name in os.listdir(trash.info)] if os.path.isdir(trash.info) else []
    wanted = _by_its_folder(path)
    for note in sorted(notes, key=_age):
        place = os.path.join(trash.files, os.path.basename(note)[: -len(_INFO)])
        if note.endswith(_INFO) and exists(place) and _origin(note, trash) == wanted:
            yield place


def _age(note: str) -> float:
    """More for what was thrown away earlier; a note that somebody removes meanwhile comes last."""
    try:
        return -os.path.getmtime(note)
    except OSError:
        return 0.0


def _origin(note: str, trash: _Trash) -> str:
    with suppress(OSError), open(note, "rb") as file:
        for line in file:
            if line.startswith(b"Path="):
                said = os.fsdecode(unquote_to_bytes(line[5:].rstrip(b"\n")))
                return _by_its_folder(os.path.join(trash.top or os.path.dirname(trash.folder), said))
    return ""


def _by_its_folder(path: str) -> str:
    """The path with its folder's links resolved; its own name may be that of a link."""
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))


_mounts: dict[tuple[str, int], str] = {}  # by folder and device, so that a deep tree is not walked up for each file


def _mount_point(path: str) -> str:
    """Where the disk of a path begins, whose folder is real."""
    folder = _existing(os.path.dirname(path))
    device, passed = os.stat(folder).st_dev, list[str]()
    while (folder, device) not in _mounts:
        passed.append(folder)
        parent = os.path.dirname(folder)
        if os.path.ismount(folder) or parent == folder:
            break
        folder = parent
    found = _mounts.get((folder, device), folder)
    _mounts.update(((each, device), found) for each in passed)
    return found


def _existing(folder: str) -> str:
    while not exists(folder):
        folder = os.path.dirname(folder)
    return folder


def thrown_away(images: Iterable[RankedImage], bottom: int | None, min_score: float | None) -> tuple[RankedImage, ...]:
    """What the trash takes: pictures that score less than `min_score`, the last `bottom` of them if both are given."""
    poor = tuple(image for image in images if min_score is None or image.score < min_score)
    return poor[-bottom:] if bottom else poor


def refuse_doubt(ranking: Ranking, request: Request) -> None:
    """Raise DoubtfulOrder where pictures would be thrown away by an order that may mean nothing."""
    if request.action is Action.trash and not ranking.confident:
        why = ranking.doubt.said(f'"{quoted(ranking.query)}"')
        raise DoubtfulOrder(
            f"{why[0].upper()}{why[1:]}, so the order may mean little and the wrong images could be thrown away. "
            "Nothing was changed."
        )


def spare(
    groups: Sequence[Group], chosen: Iterable[RankedImage], everyone: Iterable[RankedImage]
) -> tuple[list[Group], tuple[str, ...]]:
    """The groups without companions that belong to a picture that stays as well, and the paths of these companions.

    A picture stays if it was ranked, in `everyone`, and not `chosen`; and one that nobody ranked stays too, unless
    it goes as the RAW or JPEG twin of one that was chosen.
    """
    real = RealFolders()
    meant = {key(real.holding(image.path)) for image in chosen}
    staying = {key(real.holding(image.path)) for image in everyone} - meant
    going = {member.path for group in groups for member in group.members}
    with_them = {path for path in going if key(path) not in meant}
    spared = {path for path in with_them if key(path) in staying}
    siblings = Siblings({group.folder for group in groups})
    while more := {path for path in with_them - spared if _shared(path, siblings, going - spared)}:
        spared |= more
    kept = (tuple(each for each in group.members if each.path not in spared) for group in groups)
    return [replace(group, members=members) for group, members in zip(groups, kept, strict=True)], tuple(sorted(spared))


def _shared(path: str, siblings: Siblings, going: Collection[str]) -> bool:
    """Whether a companion belongs to a picture that does not go; `a.jpg.xmp` belongs to `a.jpg` and to no other."""
    folder, name = os.path.split(path)
    names = siblings.of(folder, name)
    owner = split(name)[0]
    owners = [owner] if owner in names else [other for other in names if companions(other, [name])]
    return any(looks_like_picture(other) and os.path.join(folder, other) not in going for other in owners)
