"""Tags go into sidecars: no picture is touched, and what somebody writes into a sidecar meanwhile is theirs."""

from __future__ import annotations

import io
import os

import pytest
from PIL import Image

from imgrank.actions.run import act
from imgrank.actions.undo import undo
from imgrank.facts import facts_of
from tests.actions.moments import at
from tests.actions.pictures import XMP as RATED
from tests.actions.pictures import saved
from tests.actions.trees import contents, fill, planned, snapshot
from tests.faults.actions.driver import XMP

FORMATS = {"a.jpg": "JPEG", "b.png": "PNG", "c.webp": "WEBP", "d.tif": "TIFF", "e.gif": "GIF"}


def pictures(folder):
    for name, kind in FORMATS.items():
        content = io.BytesIO()
        Image.new("RGB", (8, 6), "teal").save(content, kind)
        (folder / name).write_bytes(content.getvalue())
    return folder


def test_no_byte_of_a_picture_changes(tmp_path):
    folder = pictures(tmp_path)
    before = snapshot(folder)
    outcome = act(planned(folder, list(FORMATS), "tag"))
    assert outcome.done == len(FORMATS)
    after = snapshot(folder)
    assert {name: after.get(name) for name in before} == before
    assert set(after) - set(before) == {name + ".xmp" for name in FORMATS}


def tagged_and_edited(folder, point):
    fill(folder, "a.jpg", "b.jpg", "b.xmp")
    (folder / "b.xmp").write_bytes(XMP)
    at(1, point, lambda: (folder / "b.xmp").write_bytes(b"edited"))
    return act(planned(folder, ["b.jpg", "a.jpg"], "tag"))


@pytest.mark.parametrize("point", ["begun", "part made"])
def test_an_edit_in_the_moment_of_tagging_is_kept_and_named(tmp_path, point):
    outcome = tagged_and_edited(tmp_path, point)
    (left,) = outcome.left_alone
    assert os.path.basename(left.path) == "b.xmp" and "changed" in left.reason
    assert (tmp_path / "b.xmp").read_bytes() == b"edited" and outcome.done == 1
    assert not undo().left_alone
    assert contents(snapshot(tmp_path)) == {
        "a.jpg": b"a.jpg" * 100,
        "b.jpg": b"b.jpg" * 100,
        "b.xmp": b"edited",
    }


@pytest.mark.parametrize("before", [None, XMP])
def test_an_edit_in_the_moment_of_undo_is_kept_and_named(tmp_path, before):
    fill(tmp_path, "a.jpg")
    if before:
        (tmp_path / "a.xmp").write_bytes(before)
    act(planned(tmp_path, ["a.jpg"], "tag"))
    (sidecar,) = tmp_path.glob("*.xmp")
    at(1, "begun", lambda: sidecar.write_bytes(b"edited"))
    (left,) = undo().left_alone
    assert left.path == str(sidecar) and sidecar.read_bytes() == b"edited"


def test_a_sidecar_that_is_a_link_is_left_as_it_is(tmp_path):
    folder = fill(tmp_path / "p", "a.jpg")
    fill(tmp_path / "elsewhere", "a.xmp")
    (folder / "a.xmp").symlink_to(tmp_path / "elsewhere" / "a.xmp")
    before = snapshot(tmp_path)
    plan = planned(folder, ["a.jpg"], "tag")
    assert not plan.changes and "link" in plan.left_out[0].sentence
    assert snapshot(tmp_path) == before


def test_a_picture_whose_sidecar_would_have_too_long_a_name_is_left_and_named(tmp_path):
    long = "x" * 250 + ".jpg"
    plan = planned(fill(tmp_path, long, "a.jpg"), [long, "a.jpg"], "tag")
    assert [os.path.basename(change.target) for change in plan.changes] == ["a.jpg.xmp"]
    assert [each.sentence.endswith("is left as it is: its name would be too long.") for each in plan.left_out] == [True]


def rated(folder):
    """Two pictures that their owner rated, inside and in a sidecar, and one that nobody did."""
    fill(folder, "beside.jpg", "inside.jpg", "unrated.jpg")
    (folder / "inside.jpg").write_bytes(saved("JPEG", xmp=RATED))
    for name in ("beside", "unrated"):
        (folder / f"{name}.jpg").write_bytes(saved("JPEG"))
    (folder / "beside.jpg.xmp").write_bytes(RATED)
    return folder


def stars_of(folder):
    return {path.stem: facts.rating for path in folder.glob("*.jpg") for facts in facts_of([path])}


BOTH_RATED = ["beside.jpg", "inside.jpg", "unrated.jpg"]


@pytest.mark.parametrize("embed", [False, True])
def test_stars_of_the_user_that_a_tag_replaces_are_told_and_untag_brings_them_back(tmp_path, embed):
    before = stars_of(rated(tmp_path))
    plan = planned(tmp_path, BOTH_RATED, "tag", embed=embed)
    (note,) = plan.notes
    assert note.startswith("2 images have stars of yours, which are replaced: ") and "unrated" not in note
    told = {os.path.basename(each.source): (each.stars, each.stars_before) for each in plan.changes}
    assert told == {"beside.jpg": (5, 2), "inside.jpg": (3, 2), "unrated.jpg": (1, None)}
    act(plan)
    assert stars_of(tmp_path) == {"beside": 5, "inside": 3, "unrated": 1}
    assert not planned(tmp_path, BOTH_RATED[::-1], "tag", embed=embed).notes, "those that imgrank gave"
    act(planned(tmp_path, BOTH_RATED, "untag", embed=embed))
    assert stars_of(tmp_path) == before == {"beside": 2, "inside": 2, "unrated": None}


def test_stars_that_stay_as_they_are_and_none_are_not_called_replaced(tmp_path):
    rated(tmp_path)
    (tmp_path / "beside.jpg.xmp").write_bytes(RATED.replace(b"'2'", b"'5'"))
    (tmp_path / "inside.jpg").write_bytes(saved("JPEG", xmp=RATED.replace(b"'2'", b"'0'")))
    plan = planned(tmp_path, BOTH_RATED, "tag")
    assert [each.stars_before for each in plan.changes] == [None] * 3 and not plan.notes


def test_a_rejected_picture_that_gets_stars_is_told(tmp_path):
    rated(tmp_path)
    (tmp_path / "beside.jpg.xmp").write_bytes(RATED.replace(b"'2'", b"'-1'"))
    (change,) = planned(tmp_path, ["beside.jpg"], "tag").changes
    assert (change.stars, change.stars_before) == (1, -1)


@pytest.mark.parametrize(("keyword", "is_told"), [("my kitty, best", True), ("cats; dogs", True), ("my kitty", False)])
def test_a_keyword_that_programs_show_as_several_is_told(tmp_path, keyword, is_told):
    plan = planned(pictures(tmp_path), ["a.jpg"], "tag", keyword=keyword)
    assert [f'"{keyword}" is written as one' in note for note in plan.notes] == [True] * is_told
