"""Tags go into sidecars: no picture is touched, and what somebody writes into a sidecar meanwhile is theirs."""

from __future__ import annotations

import io
import os

import pytest
from PIL import Image

from imgrank.actions.run import act
from imgrank.actions.undo import undo
from tests.actions.moments import at
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
