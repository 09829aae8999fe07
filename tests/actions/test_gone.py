"""Files that went between a plan and its end are left alone and named; the others are done, as if they had not been."""

from __future__ import annotations

import os
import shutil

import pytest

from imgrank.actions.run import act
from imgrank.actions.undo import history, undo
from imgrank.errors import ActionError
from tests.actions.trees import contents, fill, planned, snapshot

NAMES = ("a.jpg", "b.jpg", "c.jpg")
ACTIONS = ("rename", "move", "copy", "hardlink", "symlink", "trash", "tag")


@pytest.fixture(autouse=True)
def trash(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.mark.parametrize("action", ACTIONS)
def test_one_that_went_is_left_alone_and_the_others_are_done(tmp_path, action):
    folder = tmp_path / "photos"
    plan = planned(fill(folder, *NAMES), NAMES, action, _out(folder, action))
    (folder / "b.jpg").unlink()
    before = snapshot(folder)
    outcome = act(plan)
    assert [(os.path.basename(left.path), left.reason) for left in outcome.left_alone] == [
        ("b.jpg", "it no longer exists")
    ]
    assert outcome.done == 2 and not (folder / "b.jpg.xmp").exists()
    assert not undo().left_alone
    assert contents(snapshot(folder)) == contents(before)


@pytest.mark.parametrize("action", ACTIONS)
def test_where_all_went_nothing_is_made(tmp_path, action):
    folder = tmp_path / "photos"
    plan = planned(fill(folder, *NAMES), NAMES, action, _out(folder, action))
    shutil.rmtree(folder)
    with pytest.raises(ActionError, match=r"not there any more: .*a\.jpg, .*Nothing was changed\.$"):
        act(plan)
    assert not (tmp_path / "out").exists()


def test_of_two_that_swap_names_one_that_stays_gets_the_name_of_one_that_went(tmp_path):
    fill(tmp_path, "1-a.jpg", "2-a.jpg")
    plan = planned(tmp_path, ["2-a.jpg", "1-a.jpg"], "rename", template="{rank}-a{ext}")
    (tmp_path / "1-a.jpg").unlink()
    outcome = act(plan)
    assert [os.path.basename(left.path) for left in outcome.left_alone] == ["1-a.jpg"] and outcome.done == 1
    assert (tmp_path / "1-a.jpg").read_bytes() == b"2-a.jpg" * 100 and os.listdir(tmp_path) == ["1-a.jpg"]
    undo()
    assert os.listdir(tmp_path) == ["2-a.jpg"]


def test_an_undo_that_finds_no_copy_is_no_line_of_the_history(tmp_path):
    folder, out = tmp_path / "photos", tmp_path / "out"
    act(planned(fill(folder, *NAMES), NAMES, "copy", out))
    for name in os.listdir(out):
        (out / name).unlink()
    assert undo().done == 0 and not out.exists()
    assert [(past.action, past.done) for past in history()] == [("copy", 3)]


def _out(folder, action):
    return folder.parent / "out" if action in ("move", "copy", "hardlink", "symlink") else None
