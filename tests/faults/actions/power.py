"""A model of a disk that loses power: what was not synced may be lost, any of it or all.

The effects of a run are recorded in their order. A name that came, went or changed is safe once one of the folders that
it concerns was synced after it, and bytes and time of a file are what they were when it was last synced. `losses` tells
for each moment which effects may be missing, and `rebuild` makes the disk that a machine finds when it starts again.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

NAMES = ("rename", "replace", "link", "symlink", "unlink", "mkdir", "rmdir")


@dataclass
class Disk:
    """What happened below some folders; locks are no part of it."""

    tops: tuple[Path, ...]
    events: list[tuple] = field(default_factory=list)

    def __post_init__(self):
        self.first = self._listing()
        self.known = dict(self.first)
        self.bytes = {what: _state(path) for path, what in self.first.items() if isinstance(what, int)}

    def record(self, patch, files):
        """Watch what this process does to the disk."""
        for name in NAMES:
            patch.setattr(os, name, self._watched(name, getattr(os, name)))
        patch.setattr(files, "_rename_by_kernel", self._watched("rename", files._rename_by_kernel))
        real = os.fsync

        def fsync(handle):
            real(handle)
            self._catch_up()
            path = os.readlink(f"/proc/self/fd/{handle}")
            if os.path.isdir(path):
                self.events.append(("sync folder", path))
            else:
                self.events.append(("sync file", os.fstat(handle).st_ino, _state(path)))

        patch.setattr(os, "fsync", fsync)

    def _watched(self, name, real):
        def call(*paths, **options):
            self._catch_up()
            done = real(*paths, **options)
            if done is not False and self._is_ours(paths[-1] if name != "mkdir" else paths[0]):
                self.events.append((name, *(str(path) for path in paths[: 2 if name in NAMES[:4] else 1])))
                self.known = self._listing()
            return done

        return call

    def _is_ours(self, path):
        return any(Path(path).is_relative_to(top) for top in self.tops) and "locks" not in str(path)

    def _catch_up(self):
        """Files that were made since, by whatever call."""
        now = self._listing()
        for path in sorted(now.keys() - self.known.keys()):
            self.events.append(("create", path, now[path]))
        self.known = now

    def _listing(self):
        found = {}
        for top in self.tops:
            for place, folders, names in os.walk(top):
                if os.path.basename(place) == "locks":
                    continue
                found[place] = "folder"
                for name in [*names, *(each for each in folders if os.path.islink(os.path.join(place, each)))]:
                    path = os.path.join(place, name)
                    found[path] = ("link", os.readlink(path)) if os.path.islink(path) else os.lstat(path).st_ino
        return found

    def losses(self):
        """Each moment, and sets of effects that may be missing then: all that are not safe, and each alone."""
        for moment in range(len(self.events) + 1):
            unsafe = [at for at in range(moment) if self._unsafe(at, moment)]
            yield from (
                (moment, lost) for lost in dict.fromkeys([frozenset(unsafe), *(frozenset([at]) for at in unsafe)])
            )

    def _unsafe(self, at, moment):
        kind, *paths = self.events[at]
        if kind.startswith("sync"):
            return False
        folders = {os.path.dirname(path) for path in paths if isinstance(path, str)}
        return not any(event[0] == "sync folder" and event[1] in folders for event in self.events[at:moment])

    def rebuild(self, moment, lost):
        """Make the disk as it is found after power was lost."""
        names, content = dict(self.first), dict(self.bytes)
        for at, (kind, *what) in enumerate(self.events[:moment]):
            if kind == "sync file":
                content[what[0]] = what[1]
            elif kind != "sync folder" and at not in lost:
                _apply(names, kind, *what)
        for top in self.tops:
            shutil.rmtree(top, ignore_errors=True)
        made = {}
        for path in sorted(names):
            self._make(path, names[path], content, made)

    def _make(self, path, what, content, made):
        if what == "folder":
            os.makedirs(path, exist_ok=True)
        elif not os.path.isdir(os.path.dirname(path)):
            return  # its folder was lost
        elif isinstance(what, tuple):
            os.symlink(what[1], path)
        elif what in made:
            os.link(made[what], path)
        else:
            made[what] = path
            data, time = content.get(what, (b"", 0))
            Path(path).write_bytes(data)
            os.utime(path, ns=(time, time))


def _apply(names, kind, first, second=None):
    if kind == "create":
        names[first] = second
    elif kind in ("rename", "replace"):
        if first in names and (kind == "replace" or second not in names):
            names[second] = names.pop(first)
    elif kind == "link":
        names.update({second: names[first]} if first in names else {})
    elif kind == "symlink":
        names[second] = ("link", first)
    elif kind == "mkdir":
        names[first] = "folder"
    else:
        names.pop(first, None)


def _state(path):
    return Path(path).read_bytes(), os.stat(path).st_mtime_ns
