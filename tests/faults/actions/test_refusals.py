"""Full disks, lost permissions, vanished files, a second imgrank, a wish to stop: nothing is lost, and it is said."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sys
import tempfile
from collections import namedtuple

import pytest

from imgrank.actions import check, no_clobber, operations
from imgrank.actions.apply import Stop
from imgrank.actions.lock import holding
from imgrank.actions.records import OnConflict
from imgrank.actions.run import act
from imgrank.actions.undo import finish, history, undo
from imgrank.errors import ActionError, Interrupted
from tests.actions.moments import at
from tests.actions.trees import contents, fill, planned, snapshot
from tests.faults.actions.forks import as_nobody, ended, start

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork, which Windows has not")

NAMES = ["c.jpg", "a.jpg", "b.jpg"]


def three(place, action="rename", **more):
    folder = fill(place / "photos", *NAMES)
    out = place / "out" if action in ("copy", "move", "hardlink") else None
    return planned(folder, NAMES, action, out, **more)


def test_no_room_is_found_before_anything_is_copied(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(check.shutil, "disk_usage", lambda _: usage(1, 1, 0))
    with pytest.raises(ActionError, match="not have enough room"):
        three(tmp_path, "copy")
    assert not (tmp_path / "out").exists()


def test_a_disk_that_fills_up_midway(tmp_path, monkeypatch):
    plan = three(tmp_path, "copy")
    before, real = snapshot(tmp_path), no_clobber.shutil.copyfileobj

    def full(reader, writer, length):
        if "b.jpg" in reader.name:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(reader, writer, length)

    monkeypatch.setattr(no_clobber, "_reflink", lambda *_: False)
    monkeypatch.setattr(no_clobber.shutil, "copyfileobj", full)
    with pytest.raises(ActionError, match="no space left on device") as stopped:
        act(plan)
    assert stopped.value.remedy == "{undo} 1 puts files back; {finish} 1 completes the run."
    assert sorted(os.listdir(tmp_path / "out")) == ["a.jpg", "c.jpg"]
    monkeypatch.setattr(no_clobber.shutil, "copyfileobj", real)
    assert not finish(1).left_alone and sorted(os.listdir(tmp_path / "out")) == sorted(NAMES)
    undo()
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("action", ["rename", "copy", "move", "trash"])
def test_a_folder_that_the_system_calls_read_only_is_found_before(tmp_path, monkeypatch, action):
    monkeypatch.setattr(check.os, "access", lambda path, mode: not mode & os.W_OK)
    with pytest.raises(ActionError, match="cannot be written"):
        three(tmp_path, action)


def test_a_permission_lost_midway(tmp_path, monkeypatch):
    plan = three(tmp_path)
    before, real, calls = snapshot(tmp_path), operations.rename_no_replace, []

    def refused(source, target):
        calls.append(source)
        if len(calls) == 2:
            raise PermissionError(errno.EACCES, "Permission denied", source)
        real(source, target)

    monkeypatch.setattr(operations, "rename_no_replace", refused)
    with pytest.raises(ActionError, match=r"permission denied.*after 1 of 3"):
        act(plan)
    assert not undo().left_alone and snapshot(tmp_path) == before


def refuse_all(monkeypatch):
    """The system refuses to copy or rename any file."""

    def refused(_source, target, *_):
        raise PermissionError(errno.EACCES, "Permission denied", target)

    for name in ("rename_no_replace", "copy_no_replace", "link"):
        monkeypatch.setattr(operations, name, refused)


@pytest.mark.parametrize("action", ["rename", "copy", "move", "hardlink"])
def test_a_run_whose_first_step_is_refused_did_nothing_and_stands_in_no_history(tmp_path, monkeypatch, action):
    plan = three(tmp_path, action)
    before = snapshot(tmp_path)
    with monkeypatch.context() as patch:
        refuse_all(patch)
        with pytest.raises(ActionError, match=r"\(permission denied\)\. Nothing was changed\.$"):
            act(plan)
    assert snapshot(tmp_path) == before and not history()
    with pytest.raises(ActionError, match="nothing to undo"):
        undo()
    assert act(plan).done == 3  # it is in nobody's way
    assert [(past.run, past.unfinished) for past in history()] == [(2, False)]
    undo()
    assert snapshot(tmp_path) == before


def test_an_undo_whose_first_step_is_refused_leaves_its_run_as_it_was(tmp_path, monkeypatch):
    act(three(tmp_path))
    after = snapshot(tmp_path)
    with monkeypatch.context() as patch:
        refuse_all(patch)
        with pytest.raises(ActionError, match="Nothing was changed"):
            undo()
    assert snapshot(tmp_path) == after
    assert [(past.run, past.left, past.unfinished) for past in history()] == [(1, 3, False)]
    assert undo().done == 3


def test_a_run_that_leaves_every_file_alone_makes_no_folder_and_stands_in_no_history(tmp_path):
    plan = three(tmp_path, "copy")

    def meddle():
        for name in NAMES:
            (tmp_path / "photos" / name).write_bytes(b"edited")

    at(1, "planned", meddle)
    outcome = act(plan)
    assert (outcome.done, len(outcome.left_alone)) == (0, 3)
    assert not (tmp_path / "out").exists() and not history()


def test_a_folder_into_which_somebody_put_something_stays_and_can_be_taken_back_later(tmp_path, monkeypatch):
    plan = three(tmp_path, "copy")

    def refused(_source, target, *_):
        (tmp_path / "out" / "mine.txt").write_text("mine")
        raise PermissionError(errno.EACCES, "Permission denied", target)

    monkeypatch.setattr(operations, "copy_no_replace", refused)
    with pytest.raises(ActionError, match="after 1 of 4 changes"):
        act(plan)
    assert history()[0].unfinished
    (tmp_path / "out" / "mine.txt").unlink()
    undo()
    assert not (tmp_path / "out").exists()


def test_a_wish_to_stop_before_the_first_step_leaves_nothing_behind(tmp_path):
    plan, stop = three(tmp_path, "copy"), Stop()
    at(1, "planned", stop.ask)
    with pytest.raises(Interrupted, match=r"^Stopped as asked\. Nothing was changed\.$"):
        act(plan, stop=stop)
    assert not history() and not (tmp_path / "out").exists()


@needs_fork
def test_a_run_that_was_killed_before_its_first_step_was_done_is_taken_back_without_a_word(tmp_path):
    plan = three(tmp_path)
    before = snapshot(tmp_path)

    def killed():
        at(1, "begun", lambda: os._exit(9))
        act(plan)

    assert ended(start(killed)) == 9
    assert history()[0].unfinished and snapshot(tmp_path) == before
    assert (undo().done, undo_is_over()) == (0, True)
    assert act(plan).done == 3


def undo_is_over():
    """Whether there is nothing more to undo."""
    with pytest.raises(ActionError, match="nothing to undo"):
        undo()
    return not history()


def test_a_file_that_vanishes_or_changes_after_the_plan_is_left_alone(tmp_path):
    plan = three(tmp_path)
    at(1, "ended", (tmp_path / "photos" / "a.jpg").unlink)
    outcome = act(plan)
    assert [os.path.basename(left.path) for left in outcome.left_alone] == ["a.jpg"]
    assert sorted(os.listdir(tmp_path / "photos")) == ["1-c.jpg", "3-b.jpg"]


def test_a_changed_file_and_a_taken_name_are_left_alone(tmp_path):
    plan = three(tmp_path)

    def meddle():
        (tmp_path / "photos" / "a.jpg").write_bytes(b"edited")
        (tmp_path / "photos" / "3-b.jpg").write_bytes(b"mine")

    at(1, "ended", meddle)
    reasons = [left.reason for left in act(plan).left_alone]
    assert "changed" in reasons[0] and "taken" in reasons[1]
    assert (tmp_path / "photos" / "3-b.jpg").read_bytes() == b"mine"


AWAY = [
    *((action, "photos") for action in ("rename", "move", "copy", "tag", "trash")),
    ("move", "out"),
    ("copy", "out"),
]


@pytest.mark.parametrize(("action", "place"), AWAY)
def test_a_folder_that_became_a_link_after_the_plan_leads_to_no_change(tmp_path, action, place):
    plan, elsewhere = three(tmp_path, action), tmp_path / "elsewhere"
    if place == "photos":
        os.rename(tmp_path / place, elsewhere)
    else:
        elsewhere.mkdir()
    os.symlink(elsewhere, tmp_path / place)
    before = snapshot(tmp_path)
    with pytest.raises(ActionError, match=r"leads to another folder now.*Nothing was changed"):
        act(plan)
    assert snapshot(tmp_path) == before


def test_a_second_imgrank_gets_one_line(tmp_path):
    plan = three(tmp_path)
    before = snapshot(tmp_path)
    with holding([str(tmp_path / "photos")]), pytest.raises(ActionError, match="Another imgrank"):
        act(plan)
    assert snapshot(tmp_path) == before and not history()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals to a process itself")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_wish_to_stop_is_followed_between_two_steps(tmp_path, number):
    plan = three(tmp_path)
    before = snapshot(tmp_path)
    at(2, "begun", lambda: os.kill(os.getpid(), number))
    with pytest.raises(Interrupted, match="2 of 3 changes") as stopped:
        act(plan)
    assert stopped.value.exit_code == 130 and "{undo} 1 " in stopped.value.remedy
    finish(1)
    assert sorted(os.listdir(tmp_path / "photos")) == ["1-c.jpg", "2-a.jpg", "3-b.jpg"]
    undo(1)
    assert snapshot(tmp_path) == before


def test_fail_names_the_taken_name_and_changes_nothing(tmp_path):
    folder = fill(tmp_path / "photos", "a.jpg", "t.jpg")
    before = contents(snapshot(folder))
    with pytest.raises(ActionError, match="taken"):
        planned(folder, ["a.jpg"], "rename", template="t", on_conflict=OnConflict.fail)
    assert contents(snapshot(folder)) == before


@pytest.mark.parametrize("template", ["{rank}?", "con", "{stem}" * 200])
def test_names_that_some_system_cannot_hold_are_refused(tmp_path, template):
    folder = fill(tmp_path / "photos", "abc.jpg")
    with pytest.raises(ActionError, match="Nothing was changed"):
        planned(folder, ["abc.jpg"], "rename", template=template)


@needs_fork
def test_a_second_process_is_refused_and_the_first_one_ends(tmp_path):
    plan = three(tmp_path)
    arrived, leave = os.pipe(), os.pipe()

    def first():
        def wait():
            os.write(arrived[1], b"x")
            os.read(leave[0], 1)

        at(1, "operated", wait)
        act(plan)

    child = start(first)
    os.read(arrived[0], 1)
    with pytest.raises(ActionError, match=f"process {child}.*Nothing was changed"):
        act(plan)
    with pytest.raises(ActionError, match=f"process {child}"):
        planned(tmp_path / "photos", NAMES[1:], "tag")
    with pytest.raises(ActionError, match=f"process {child}"):
        undo()
    os.write(leave[1], b"x")
    assert ended(child) == 0
    assert sorted(os.listdir(tmp_path / "photos")) == ["1-c.jpg", "2-a.jpg", "3-b.jpg"]


@needs_fork
@pytest.mark.parametrize("action", ["rename", "tag", "copy"])
def test_a_disk_of_the_journal_that_is_full_at_any_byte(place, action):
    """The system itself lets no file grow beyond a limit, which moves through the whole journal."""
    import resource

    before, codes = None, []

    def limited(limit):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        act(planned(place / "photos", NAMES, action, place / "out" if action == "copy" else None))

    fill(place / "photos", *NAMES)
    before = snapshot(place)
    for limit in range(0, 6000, 137):
        codes.append(ended(start(lambda limit=limit: limited(limit))))
        if history():
            assert not undo().left_alone
        assert snapshot(place) == before
        shutil.rmtree(os.environ["IMGRANK_HOME"])
        if codes[-1] == 0:
            break
    assert set(codes) == {0, 1}


@needs_fork
@pytest.mark.parametrize("action", ["rename", "move", "trash"])
def test_a_read_only_folder_is_found_before(place, action):
    folder = fill(place / "photos", *NAMES)
    before = snapshot(place)
    for path in [place.parent, place, *place.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)

    def refused():
        as_nobody()
        os.environ["IMGRANK_HOME"] = tempfile.mkdtemp(dir="/tmp")
        with pytest.raises(ActionError, match="cannot be written"):
            planned(folder, NAMES, action, place / "out" if action == "move" else None)

    try:
        assert ended(start(refused)) == 0
    finally:
        for path in [place.parent, place, *place.rglob("*")]:
            path.chmod(0o755)
    assert contents(snapshot(place)) == contents(before)
