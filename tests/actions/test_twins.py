"""Doing again what is done already makes no second copy or link, whatever the order is then."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgrank.actions.plan import _Names
from imgrank.actions.records import OnConflict
from imgrank.actions.run import act, prepare
from imgrank.actions.undo import history, undo
from tests.actions.trees import fill, planned, ranked, request, snapshot

AGAIN = ["copy", "hardlink", "symlink"]
NAMES = ["a.jpg", "b.jpg", "c.png"]


@pytest.mark.parametrize("action", AGAIN)
def test_a_second_run_has_nothing_to_do(tmp_path, action):
    folder = fill(tmp_path / "p", *NAMES, "a.xmp")
    assert act(planned(folder, NAMES, action, tmp_path / "out")).done == 4
    after = snapshot(tmp_path)
    assert not planned(folder, NAMES[::-1], action, tmp_path / "out").changes
    assert not planned(folder, NAMES, action, tmp_path / "out", on_conflict=OnConflict.fail).changes
    assert not planned(folder, NAMES, action, tmp_path / "out", on_conflict=OnConflict.skip).left_out
    assert snapshot(tmp_path) == after


def test_what_is_new_is_copied_beside_what_is_there(tmp_path):
    folder = fill(tmp_path / "p", *NAMES)
    act(planned(folder, NAMES, "copy", tmp_path / "out"))
    fill(folder, "a.jpg.xmp", "d.jpg")
    made = planned(folder, [*NAMES, "d.jpg"], "copy", tmp_path / "out")
    assert sorted(os.path.basename(change.target) for change in made.changes) == ["a.jpg.xmp", "d.jpg"]


def test_other_bytes_of_one_length_get_a_name_of_their_own(tmp_path):
    folder = fill(tmp_path / "p", "a.jpg")
    fill(tmp_path / "out", "b.jpg")
    os.rename(tmp_path / "out" / "b.jpg", tmp_path / "out" / "a.jpg")
    (change,) = planned(folder, ["a.jpg"], "copy", tmp_path / "out").changes
    assert os.path.basename(change.target) == "a-2.jpg"


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(5)), st.sampled_from(AGAIN))
def test_pictures_of_one_name_find_their_copies_in_any_order(tmp_path_factory, order, action):
    place = tmp_path_factory.mktemp("p")
    folders = [fill(place / str(n), "x.jpg") for n in range(5)]
    for number, folder in enumerate(folders):
        (folder / "x.jpg").write_bytes(b"%d" % (number % 4))  # two of them have the same bytes
    names = [f"{n}/x.jpg" for n in range(5)]
    images, asked = ranked(place, names), request(action, place / "out")
    act(prepare(images, asked, images))
    assert len(os.listdir(place / "out")) == 5
    again = ranked(place, [names[n] for n in order])
    assert not prepare(again, asked, again).changes


def test_copies_are_counted_and_not_the_folders_made_for_them(tmp_path):
    folder = fill(tmp_path / "p", *NAMES)
    assert act(planned(folder, NAMES, "copy", tmp_path / "new" / "deep")).done == 3
    assert history()[-1].done == history()[-1].left == 3
    assert undo().done == 3 and not (tmp_path / "new").exists()


def test_a_file_that_swaps_its_name_is_counted_once(tmp_path):
    folder = fill(tmp_path, "1-a.jpg", "2-a.jpg")
    assert act(planned(folder, ["2-a.jpg", "1-a.jpg"], "rename")).done == 2


@pytest.mark.parametrize("count", [50, 100])
def test_skipping_looks_at_each_name_once(tmp_path, monkeypatch, count):
    """Each wants the name of the next, and the last one's is taken: all must stay."""
    looks, real = [], _Names.is_free
    monkeypatch.setattr(_Names, "is_free", lambda self, *what: looks.append(1) or real(self, *what))
    names = [f"{n:03d}-x.jpg" for n in range(count)]
    folder = fill(tmp_path, *names, f"{count:03d}-x.jpg")
    made = planned(folder, names, "rename", template="{rank:03d}-x", on_conflict=OnConflict.skip)
    assert not made.changes and len(made.left_out) == count and len(looks) == count
    assert all("taken" in problem.sentence for problem in made.left_out)
