"""Any tree, any ranking, any action, anything that people do meanwhile: no content is ever lost, and undo is exact.

Every file has bytes of its own, so that it is known wherever it is. Three laws:
what was there before an imgrank run is there after it, in the tree, in the trash or kept for undo;
where nobody meddled, undo gives back the very tree; and what somebody touched stays as they left it, and is named.
"""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imgrank.actions.embed import delta
from imgrank.actions.records import Action, OnConflict
from imgrank.actions.run import act, prepare
from imgrank.actions.undo import undo
from imgrank.errors import ActionError, UsageError
from imgrank.formats import looks_like_picture
from tests.actions.trees import contents, ranked, request, snapshot
from tests.faults.actions.driver import FOLDERED, XMP, jpeg

STEMS = ("a", "A", "b", "\u00e9", "e\u0301", "1-a", "2-b", "1", "1-1-a", "a-2")
RESTS = (".jpg", ".JPG", ".png", ".cr2", ".xmp", ".jpg.xmp", ".cr2.xmp", ".json", ".aae", ".txt")
NAMES = [stem + rest for stem in STEMS for rest in RESTS]
TEMPLATES = (None, None, "{rank}-{stem}{ext}", "{rank}", "x", "{stem}", "{query} {score:.1f}", "{rank}-a", "A{ext}")
ACTIONS = [action for action in Action if action is not Action.trash or sys.platform == "linux"]
FOLDERS = ("photos", os.path.join("photos", "inner"), "out")
OLD = 1_500_000_000_000_000_000
_serial, _made = itertools.count(), set()


def own_bytes(name):
    """Bytes that no other file has; of a sidecar they are XMP."""
    mark = b"%d-%09d" % (os.getpid(), next(_serial))  # the trash may be shared with other tests
    content = mark * 3
    if name.endswith(".xmp"):
        content = XMP.replace(b"</x:xmpmeta>", b"<!--" + mark + b"--></x:xmpmeta>")
    elif name.lower().endswith(".jpg"):
        content = jpeg(mark)
    _made.add(content)
    return content


@dataclass
class World:
    """A tree, and what people did to it: the bytes they left at a path, and every path they touched."""

    top: Path
    mine: dict[str, bytes] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)

    def files(self):
        return sorted(str(path) for path in self.top.rglob("*") if path.is_file() and not path.is_symlink())

    def put(self, path, time=None):
        """New bytes at a path, in a new file: many programs save so, and a hard link's other name keeps its bytes."""
        os.makedirs(os.path.dirname(path), exist_ok=True)
        Path(path).unlink(missing_ok=True)
        Path(path).write_bytes(own_bytes(path))
        if time is not None:
            os.utime(path, ns=(time, time))

    def everything(self):
        """All bytes of the tree, those that the journals keep or can make, and those of ours that are in the trash."""
        tree = {path.read_bytes() for path in self.top.rglob("*") if path.is_file()}
        kept = {path.read_bytes() for path in Path(os.environ["IMGRANK_HOME"]).glob("state/journal/*/*")}
        thrown = [path for place in trashes(self.top) for path in place.glob("files/*")]
        return tree | kept | _made.intersection(map(bytes_of, thrown)) | remade(tree, kept)

    def meddle(self, data):
        """Somebody edits, deletes, renames or makes a file."""
        there = self.files()
        deed = data.draw(st.sampled_from(["edit", "delete", "rename", "make"])) if there else "make"
        path = self._free_name(data) if deed == "make" else data.draw(st.sampled_from(there))
        self.touched.add(path)
        self.mine.pop(path, None)
        if deed in ("edit", "make"):
            self.put(path)
        elif deed == "rename":
            old, path = path, self._free_name(data)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.rename(old, path)
        else:
            os.unlink(path)
            return
        self.mine[path] = Path(path).read_bytes()

    def _free_name(self, data):
        paths = (str(self.top / data.draw(st.sampled_from(FOLDERS)) / data.draw(st.sampled_from(NAMES))) for _ in NAMES)
        return next(path for path in paths if not os.path.lexists(path))


def bytes_of(path):
    """What lies there, or None: another process may take its own out of a trash that is shared, at any moment."""
    with suppress(OSError):
        return path.read_bytes()
    return None


def remade(tree, kept):
    """What the journals make of pictures that were written into; the deltas of several runs follow one another."""
    deltas = []
    for content in kept:
        with suppress(ValueError):
            deltas.append(delta.decode(content))
    found, waiting = set(), list(tree)
    while waiting:
        content = waiting.pop()
        for each in deltas:
            with suppress(ValueError):
                made = each.apply(content)
                if made not in found and made not in tree:
                    found.add(made)
                    waiting.append(made)
    return found


def trashes(top):
    """Where a Linux desktop throws files of this tree."""
    places = [os.path.join(os.environ["XDG_DATA_HOME"], "Trash")]
    while not os.path.ismount(top):
        top = os.path.dirname(top)
    return [Path(place) for place in (*places, os.path.join(top, f".Trash-{os.getuid()}"))]


def build(data, world):
    """A few files in up to three folders, one of which others may be sent to."""
    for folder in FOLDERS[: data.draw(st.integers(1, 3))]:
        for name in data.draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=8)):
            world.put(str(world.top / folder / name), OLD + next(_serial) * 1000)


def plan(data, world):
    """A plan for some of the pictures, in any order; None where what was asked for is refused."""
    pictures = [path for path in world.files() if looks_like_picture(path)]
    order = data.draw(st.permutations(pictures))[: data.draw(st.sampled_from([None, None, 2]))]
    action = data.draw(st.sampled_from(ACTIONS))
    everyone = ranked(Path("/"), order)
    chosen = everyone if data.draw(st.booleans()) else [image for image in everyone if data.draw(st.booleans())]
    out = str(world.top / data.draw(st.sampled_from([*FOLDERS, "new/deep"]))) if action in FOLDERED else None
    template = data.draw(st.sampled_from(TEMPLATES)) if action in {Action.rename, *FOLDERED} else None
    more = (
        {"embed": data.draw(st.booleans()), "keyword": data.draw(st.sampled_from(["", "a"]))} if action.writes else {}
    )
    asked = request(action, out, template=template, on_conflict=data.draw(st.sampled_from(OnConflict)), **more)
    try:
        return prepare(chosen, asked, everyone)
    except (ActionError, UsageError):
        return None


def carefully(world, do):
    """Let imgrank do something: no bytes are lost by it, no name is hidden, and what is somebody's stays."""
    before, tree = world.everything(), snapshot(world.top)
    try:
        outcome = do()
    except ActionError:
        assert snapshot(world.top) == tree
        return None
    assert before <= world.everything()
    found = world.files()
    assert not [path for path in found if ".imgrank-" in path]
    assert {path: Path(path).read_bytes() for path in world.mine if path in found} == world.mine
    return outcome


def assert_named(world, start, after, back):
    """What the run made or moved, and somebody touched since, is named; and so is all that could not go back."""
    named = {os.path.relpath(left.path, world.top) for left in back.left_alone}
    touched = {os.path.relpath(path, world.top) for path in world.touched}
    made = {path for path, what in after.items() if what != "folder" and start.get(path) != what}
    assert made & touched <= named
    now = snapshot(world.top)
    where = {what[0]: path for path, what in now.items() if what != "folder"}
    moved = {what[0]: path for path, what in after.items() if what != "folder"}
    for path, what in start.items():
        if what == "folder" or now.get(path) == what or {path, moved.get(what[0])} & touched:
            continue
        assert {path, where.get(what[0])} & named, path


def walk(data, world):
    build(data, world)
    made = plan(data, world)
    early = made is not None and data.draw(st.booleans())
    if early:
        world.meddle(data)
    start = snapshot(world.top)
    done = made and carefully(world, lambda: act(made))
    if not done:
        return
    assert early or not done.left_alone
    after = snapshot(world.top)
    world.touched.clear()
    for _ in range(data.draw(st.integers(0, 3))):
        world.meddle(data)
    back = carefully(world, undo)
    if back and world.touched:
        assert_named(world, start, after, back)
    elif back:
        assert not back.left_alone and snapshot(world.top) == start
    again(world, back, after)


def again(world, back, after):
    """Undo of undo, and undo of that."""
    for round_ in range(2):
        back = back and carefully(world, lambda run=back.run: undo(run))
        if back and not world.touched:
            assert not back.left_alone
            assert round_ or contents(snapshot(world.top)) == contents(after)


@pytest.mark.parametrize("examples", [60, pytest.param(1000, marks=pytest.mark.soak)])
def test_no_content_is_lost_and_undo_is_exact(examples, monkeypatch):
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def holds(data):
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        with tempfile.TemporaryDirectory(dir=memory) as folder:
            monkeypatch.setenv("IMGRANK_HOME", os.path.join(folder, "home"))
            walk(data, World(Path(os.path.realpath(folder)) / "tree"))

    holds()
