"""Whatever was done is undone byte for byte; undo of undo does it again; what somebody changed is left alone."""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgrank.actions.records import Action
from imgrank.actions.run import act
from imgrank.actions.undo import history, undo
from imgrank.errors import ActionError
from tests.actions.trees import contents, fill, planned, snapshot
from tests.faults.actions.driver import XMP

NAMES = ["b.jpg", "a.jpg", "c.png"]
FOLDERED = {Action.copy, Action.move, Action.symlink, Action.hardlink}


def done(place, action, **more):
    """Carry out an action on a made folder; the folder as it was before, and the outcome."""
    folder = fill(place / "photos", *NAMES, "a.jpg.xmp", "c.json", "other.txt")
    (folder / "a.jpg.xmp").write_bytes(XMP)
    before = snapshot(place)
    out = place / "out" / "deep" if action in FOLDERED else None
    outcome = act(planned(folder, NAMES, action, out, **more))
    return before, outcome


@pytest.mark.parametrize("action", Action)
def test_undo_gives_back_every_byte(tmp_path, action):
    if action is Action.trash and sys.platform in ("win32", "darwin"):
        pytest.skip("this system's trash does not say where a file went")
    before, outcome = done(tmp_path, action)
    after = snapshot(tmp_path)
    assert after != before and not outcome.left_alone
    back = undo()
    assert snapshot(tmp_path) == before and not back.left_alone
    again = undo(back.run)
    assert not again.left_alone and contents(snapshot(tmp_path)) == contents(after)
    assert not undo().left_alone and snapshot(tmp_path) == before
    with pytest.raises(ActionError, match="nothing to undo"):
        undo()


def test_rename_twice_replaces_the_old_rank(tmp_path):
    done(tmp_path, Action.rename)
    folder = tmp_path / "photos"
    assert sorted(os.listdir(folder))[:3] == ["1-b.jpg", "2-a.jpg", "2-a.jpg.xmp"]
    act(planned(folder, ["2-a.jpg", "1-b.jpg"], "rename"))
    assert sorted(os.listdir(folder))[:3] == ["1-a.jpg", "1-a.jpg.xmp", "2-b.jpg"]


@pytest.mark.parametrize("action", [Action.rename, Action.copy, Action.move, Action.hardlink])
def test_what_somebody_changed_is_left_alone_and_named(tmp_path, action):
    _, outcome = done(tmp_path, action)
    folder = tmp_path / "photos" if action is Action.rename else tmp_path / "out" / "deep"
    changed = folder / ("1-b.jpg" if action is Action.rename else "b.jpg")
    changed.unlink()
    changed.write_bytes(b"mine now")
    back = undo()
    assert [left.path for left in back.left_alone] == [str(changed)]
    assert changed.read_bytes() == b"mine now"
    assert outcome.done - back.done in (1, 2)


def test_undo_takes_no_name_that_is_taken(tmp_path):
    done(tmp_path, Action.rename)
    (tmp_path / "photos" / "b.jpg").write_bytes(b"new")
    back = undo()
    assert "taken" in back.left_alone[0].reason
    assert (tmp_path / "photos" / "b.jpg").read_bytes() == b"new" and (tmp_path / "photos" / "1-b.jpg").exists()
    (tmp_path / "photos" / "b.jpg").unlink()
    assert undo().done == 1 and (tmp_path / "photos" / "b.jpg").exists()


def test_a_copy_that_has_become_the_last_one_stays(tmp_path):
    done(tmp_path, Action.copy)
    (tmp_path / "photos" / "a.jpg").unlink()
    assert "the last copy" in undo().left_alone[0].reason
    assert (tmp_path / "out" / "deep" / "a.jpg").exists()


def test_undo_twice_says_so(tmp_path):
    _, outcome = done(tmp_path, Action.rename)
    undo(outcome.run)
    with pytest.raises(ActionError, match="already undone"):
        undo(outcome.run)
    with pytest.raises(ActionError, match="no run 99"):
        undo(99)


def test_history_tells_what_is_left(tmp_path):
    done(tmp_path, Action.rename)
    back = undo()
    first, second = history()
    assert (first.action, first.left, first.unfinished) == ("rename", 0, False)
    assert (second.action, second.undoes, second.left) == ("undo", first.run, back.done)


def test_what_was_done_again_and_taken_back_with_the_first_run_is_undone(tmp_path):
    before, outcome = done(tmp_path, Action.copy)
    again = undo(undo().run)
    undo(outcome.run)
    assert snapshot(tmp_path) == before
    states = {each.run: each.state for each in history()}
    assert states[outcome.run] == states[again.run] == "undone"
    with pytest.raises(ActionError, match="already undone"):
        undo(again.run)


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(5)))
def test_any_permutation_and_back_is_identity(tmp_path_factory, order):
    folder = fill(tmp_path_factory.mktemp("p") / "photos", *(f"{n + 1}-x.jpg" for n in range(5)))
    before = snapshot(folder)
    act(planned(folder, [f"{n + 1}-x.jpg" for n in order], "rename"))
    after = snapshot(folder)
    assert [after[f"{rank}-x.jpg"] for rank in range(1, 6)] == [before[f"{n + 1}-x.jpg"] for n in order]
    if after != before:
        assert not undo().left_alone
    assert snapshot(folder) == before
