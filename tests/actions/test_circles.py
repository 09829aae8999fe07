"""Swaps and circles: whatever happens to one file of them, no other one is left under a hidden name."""

from __future__ import annotations

import os

import pytest

from imgrank.actions.run import act
from imgrank.actions.undo import finish, history, undo
from tests.actions.moments import at
from tests.actions.trees import contents, fill, planned, snapshot

OLD = [f"{n}-x.jpg" for n in range(1, 5)]
NEW = dict(zip(OLD, [*OLD[1:], OLD[0]], strict=True))  # each file to the name of the next one
ALONE = {"5-y.jpg": "6-y.jpg", "6-z.jpg": "5-z.jpg"}  # each goes its own way


class Killed(BaseException):
    """The process is gone here."""


def circle(place):
    """Four pictures in a circle, and two that are no part of it."""
    folder = fill(place / "photos", *OLD, *ALONE)
    names = [OLD[-1], *OLD[:-1], "6-z.jpg", "5-y.jpg"]
    return folder, planned(folder, names, "rename")


def die():
    raise Killed


def bytes_by_name(folder):
    return {name: what[0] for name, what in snapshot(folder).items()}


def assert_seen(folder, touched=()):
    """Every picture is there, under a name that people see: its old one or its new one."""
    found = assert_visible(folder, touched)
    for name in set(OLD) - set(touched):
        assert name.encode() * 100 in (found.get(name), found.get(NEW[name])), name


def assert_visible(folder, touched=()):
    """Every picture is there, under a name that people see."""
    found = bytes_by_name(folder)
    assert not [name for name in found if name.startswith(".")]
    assert {name.encode() * 100 for name in set(OLD) - set(touched)} <= set(found.values())
    return found


@pytest.mark.parametrize("edited", OLD)
def test_undo_leaves_a_circle_whole_where_one_of_it_was_edited(place, edited):
    folder, plan = circle(place)
    act(plan)
    after = bytes_by_name(folder)
    (folder / NEW[edited]).write_bytes(b"edited")
    back = undo()
    assert_seen(folder, [edited])
    still = {name: after[name] for name in OLD} | {NEW[edited]: b"edited"}
    assert bytes_by_name(folder) == still | {name: name.encode() * 100 for name in ALONE}
    reasons = {os.path.basename(left.path): left.reason for left in back.left_alone}
    assert "changed" in reasons.pop(NEW[edited]) and all("taken" in reason for reason in reasons.values())
    assert set(reasons) == set(OLD) - {NEW[edited]}
    (folder / NEW[edited]).rename(folder / "mine.jpg")
    assert [left.path for left in undo().left_alone] == [str(folder / NEW[edited])]
    assert_seen(folder, [edited])
    assert all(bytes_by_name(folder)[name] == name.encode() * 100 for name in set(OLD) - {edited})


@pytest.mark.parametrize("deleted", OLD)
def test_undo_brings_back_the_rest_of_a_circle(place, deleted):
    folder, plan = circle(place)
    before = bytes_by_name(folder)
    act(plan)
    (folder / NEW[deleted]).unlink()
    assert [left.path for left in undo().left_alone] == [str(folder / NEW[deleted])]
    assert bytes_by_name(folder) == {name: what for name, what in before.items() if name != deleted}


@pytest.mark.parametrize("edited", OLD)
def test_a_circle_is_not_begun_where_one_of_it_was_edited_after_the_plan(place, edited):
    folder, plan = circle(place)
    (folder / edited).write_bytes(b"edited")
    before = contents(snapshot(folder))
    outcome = act(plan)
    assert {os.path.basename(left.path) for left in outcome.left_alone} == set(OLD)
    assert contents(snapshot(folder)) == {ALONE.get(name, name): what for name, what in before.items()}


@pytest.mark.parametrize("edited", OLD[::2])
@pytest.mark.parametrize("count", range(1, 6))
def test_an_edit_in_the_middle_of_a_circle_hides_nothing(place, edited, count):
    folder, plan = circle(place)

    def edit():
        """Of the file, wherever it is by then."""
        for path in folder.iterdir():
            if path.read_bytes() == edited.encode() * 100:
                path.write_bytes(b"edited")

    at(count, "ended", edit)
    act(plan)
    assert b"edited" in assert_visible(folder, [edited]).values()
    undo()
    assert b"edited" in assert_visible(folder, [edited]).values()


@pytest.mark.parametrize("way", [undo, finish])
@pytest.mark.parametrize("edited", OLD[::2])
@pytest.mark.parametrize("count", range(1, 6))
def test_a_crash_in_a_circle_and_an_edit_hide_nothing(place, way, edited, count):
    folder, plan = circle(place)
    at(count, "operated", die)
    with pytest.raises(Killed):
        act(plan)
    for path in folder.iterdir():
        if path.read_bytes() == edited.encode() * 100 and not path.name.startswith("."):
            path.write_bytes(b"edited")
    way(1)
    found = assert_visible(folder, [edited])
    assert {b"edited", edited.encode() * 100} & set(found.values())


def test_undo_of_the_undo_of_a_crash_hides_nothing(place):
    folder, plan = circle(place)
    before = snapshot(folder)
    at(2, "ended", die)
    with pytest.raises(Killed):
        act(plan)
    undo()
    assert snapshot(folder) == before
    hidden = undo(history()[-1].run).left_alone
    assert "hidden name" in hidden[0].reason
    assert_seen(folder)


def test_a_name_taken_in_the_middle_of_a_circle_gives_a_name_of_its_own(place):
    folder, plan = circle(place)
    at(4, "operated", lambda: (folder / OLD[3]).open("x").write("mine"))
    left = act(plan).left_alone
    found = assert_visible(folder)
    assert found[OLD[3]] == b"mine"
    assert [os.path.basename(each.path) for each in left] == ["4-x-2.jpg"] and "taken" in left[0].reason
    undo()
    assert_visible(folder)
    (folder / OLD[3]).unlink()
    undo(1)
    assert bytes_by_name(folder) == {name: name.encode() * 100 for name in [*OLD, *ALONE]}
