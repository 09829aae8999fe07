"""What a folder looks like, to compare it before and after."""

from __future__ import annotations

import os
import pathlib

from imgrank.actions.records import Action, Request
from imgrank.actions.run import prepare
from imgrank.records import RankedImage


def snapshot(folder):
    """Every name below a folder with its bytes and time, the text of links, and folders."""
    found = {}
    for place, folders, names in os.walk(folder):
        for name in folders:
            found[os.path.relpath(os.path.join(place, name), folder)] = "folder"
        for name in names:
            path = os.path.join(place, name)
            with_bytes = os.readlink(path) if os.path.islink(path) else pathlib.Path(path).read_bytes()
            found[os.path.relpath(path, folder)] = (with_bytes, os.lstat(path).st_mtime_ns)
    return found


def contents(found):
    """A snapshot without times: links and sidecars that are made again are of another time."""
    return {name: what if what == "folder" else what[0] for name, what in found.items()}


def fill(folder, *names):
    """Files whose bytes are their names, each with a time of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        (folder / name).write_bytes(name.encode() * 100)
        os.utime(folder / name, ns=(1, 1_600_000_000_000_000_000 + number * 1_000))
    return folder


def ranked(folder, names):
    count = len(names)
    return [
        RankedImage(n, 1 / n, 100 * (count - n) / max(1, count - 1), str(folder / name))
        for n, name in enumerate(names, 1)
    ]


def request(action, folder=None, **more):
    return Request(Action(action), "a cat", str(folder) if folder else None, **more)


def planned(folder, names, action, out=None, among=None, **more):
    """The plan for pictures in this order; `among`: the whole ranking, if they are a part of it."""
    whole = ranked(folder, names if among is None else among)
    chosen = [image for image in whole if os.path.basename(image.path) in names]
    return prepare(chosen, request(action, out, **more), whole)
