"""Killed at every boundary between two effects on the disk: after undo, the tree is what it was."""

from __future__ import annotations

import os
import shutil
import sys

import pytest

from imgrank.actions import no_clobber
from imgrank.actions.records import Action
from imgrank.actions.run import act
from imgrank.actions.undo import finish, history, undo
from imgrank.errors import ActionError
from tests.actions.trees import contents, planned, snapshot
from tests.faults.actions.driver import make, run
from tests.faults.actions.forks import killed_at

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork, which Windows has not")
FEW = 3


def undo_if_started():
    if history() and (history()[-1].unfinished or history()[-1].undoes is None):
        assert not undo().left_alone


def boundaries(place, action, count, stride=1, **more):
    make(place, count)
    before, at = snapshot(place), 0
    while killed_at(at, lambda: run(place, action, count, **more)):
        yield before
        at += stride
        shutil.rmtree(os.environ["IMGRANK_HOME"])
    assert at >= 2 * count
    assert not undo().left_alone
    yield before


@pytest.mark.parametrize("action", [a for a in Action if a is not Action.trash or sys.platform != "darwin"])
def test_undo_after_a_kill_at_every_boundary(place, action):
    for before in boundaries(place, action, FEW):
        undo_if_started()
        assert snapshot(place) == before


@pytest.mark.parametrize("action", [Action.tag, Action.untag])
def test_undo_after_a_kill_while_pictures_are_written_into(place, action):
    make(place, FEW)
    if action is Action.untag:
        run(place, Action.tag, FEW, embed=True)
    before, at = snapshot(place), 0
    while killed_at(at, lambda: run(place, action, FEW, embed=True)):
        if history() and (history()[-1].unfinished or history()[-1].action == action.value):
            assert not undo(history()[-1].run).left_alone
        assert snapshot(place) == before
        at += 1
    assert at >= 4 * FEW and snapshot(place) != before
    assert not undo().left_alone and snapshot(place) == before


@pytest.mark.parametrize("stride", [pytest.param(1, marks=pytest.mark.soak), 17])
def test_undo_after_a_kill_at_the_boundaries_of_fifty_files(place, stride):
    kills = -1  # the last time nobody is killed
    for before in boundaries(place, Action.rename, 50, stride):
        undo_if_started()
        assert snapshot(place) == before
        kills += 1
    print(f"\n50 files in ten circles, killed at {kills} boundaries: every tree as before")


def test_without_a_kernel_that_refuses_to_clobber(place, monkeypatch):
    monkeypatch.setattr(no_clobber, "_rename_by_kernel", lambda *_: False)
    for before in boundaries(place, Action.rename, FEW):
        undo_if_started()
        assert snapshot(place) == before


@pytest.mark.parametrize("action", [Action.rename, Action.copy, Action.tag])
def test_finish_after_a_kill_at_every_boundary(place, action):
    make(place, FEW)
    before, at = snapshot(place), 0
    embed = action is Action.tag
    run(place, action, FEW, embed=embed)
    wanted = contents(snapshot(place))
    undo()
    while killed_at(at, lambda: run(place, action, FEW, embed=embed)):
        last = history()[-1]
        if last.unfinished:
            with pytest.raises(ActionError, match=f"Run {last.run} .*stopped in the middle"):
                run(place, action, FEW, embed=embed)
            assert not finish(last.run).left_alone
            assert contents(snapshot(place)) == wanted
            undo()
        assert snapshot(place) == before
        at += 1
        shutil.rmtree(os.environ["IMGRANK_HOME"])


@pytest.mark.parametrize("action", [Action.rename, Action.copy, Action.tag])
def test_undo_that_is_killed_is_taken_up_again(place, action):
    make(place, FEW)
    before, at = snapshot(place), 0
    while True:
        run(place, action, FEW, embed=action is Action.tag)
        killed = killed_at(at, undo)
        undo_if_started()
        assert snapshot(place) == before
        if not killed:
            break
        at += 1
        shutil.rmtree(os.environ["IMGRANK_HOME"])


def test_a_move_to_another_disk(tmp_path, place):
    if not os.access("/dev/shm", os.W_OK) or os.stat("/dev/shm").st_dev == os.stat(tmp_path).st_dev:
        pytest.skip("needs two file systems that can be written")
    make(place, 2)
    before, at = snapshot(place), 0
    names = [f"{n:02d}-x.jpg" for n in range(1, 3)]

    def move():
        act(planned(place / "photos", names, "move", tmp_path / "out"))

    while killed_at(at, move):
        undo_if_started()
        assert snapshot(place) == before and not os.path.exists(tmp_path / "out")
        at += 1
    assert at > 10
