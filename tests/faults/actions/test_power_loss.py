"""Power is lost at any moment, and of what was not synced any effect or all are lost: undo gives back the tree."""

from __future__ import annotations

import errno
import os
import sys

import pytest

from imgrank.actions import no_clobber, operations
from imgrank.actions.run import act
from imgrank.actions.undo import history, undo
from tests.actions.trees import fill, planned, snapshot
from tests.faults.actions.driver import XMP, jpeg
from tests.faults.actions.power import Disk

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds what is synced in /proc")
NAMES = ["1-x.jpg", "2-x.jpg"]


def other_disk(patch):
    """The folder `out` is on another disk: nothing can be renamed to it."""
    real = no_clobber.rename_no_replace

    def refused(source, target):
        if ("/out/" in source) != ("/out/" in target):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        real(source, target)

    patch.setattr(operations, "rename_no_replace", refused)
    patch.setattr(operations, "_on_one_device", lambda one, other: ("/out/" in one) == ("/out/" in other))


def make(place):
    folder = fill(place / "photos", *NAMES)
    for name in NAMES:
        (folder / name).write_bytes(jpeg(name.encode()))
    (folder / "3-x.jpg").symlink_to(folder / "1-x.jpg")
    (folder / "1-x.jpg.xmp").write_bytes(XMP)
    (place / "out").mkdir()
    return snapshot(place)


CASES = {
    "rename": ("rename", None, None),
    "rename by links": ("rename", None, lambda patch: patch.setattr(no_clobber, "_rename_by_kernel", lambda *_: False)),
    "move": ("move", "out/deep", None),
    "move to another disk": ("move", "out/deep", other_disk),
    "copy": ("copy", "out/deep", None),
    "trash": ("trash", None, None),
    "tag": ("tag", None, None),
    "tag pictures": ("tag", None, None),
    "untag": ("untag", None, None),
}


@pytest.mark.parametrize("case", CASES)
def test_undo_after_power_was_lost(place, monkeypatch, case):
    action, out, setting = CASES[case]
    monkeypatch.setenv("XDG_DATA_HOME", str(place.parent / "xdg"))
    before = make(place)
    names = [*NAMES[::-1], "3-x.jpg"] if action in ("rename", "move", "trash") else NAMES[::-1]
    disk = Disk((place.parent,))
    with monkeypatch.context() as patch:
        disk.record(patch, no_clobber)
        if setting:
            setting(patch)
        embed = {"embed": True} if case == "tag pictures" else {}
        act(planned(place / "photos", names, action, place / out if out else None, **embed))
    tried = 0
    if setting:
        setting(monkeypatch)
    for moment, lost in disk.losses():
        disk.rebuild(moment, lost)
        tried += 1
        if any(past.left or past.unfinished for past in history()):
            assert not undo().left_alone, disk.events[:moment]
        said = [disk.events[at] for at in sorted(lost)]
        assert without_link_times(snapshot(place)) == without_link_times(before), (disk.events[moment - 1 :][:1], said)
    print(f"\n{case}: power lost in {tried} ways: every tree as before")
    assert tried > (10 if case == "untag" else 20)


def without_link_times(found):
    """A link has no bytes to sync, and the model gives it no time."""
    return {name: what if os.path.basename(name) != "3-x.jpg" else what[0] for name, what in found.items()}
