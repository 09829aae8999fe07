"""What belongs to a picture goes with it; what only has its name is told of before anything is done."""

from __future__ import annotations

import os

import pytest

from imgrank.actions.names import companions
from imgrank.actions.run import act
from imgrank.actions.undo import undo
from imgrank.errors import ActionError
from tests.actions.trees import fill, planned, snapshot

TAKEOUT = "supplemental-metadata"


def renamed(folder, *pictures):
    return {os.path.basename(c.source): os.path.basename(c.target) for c in planned(folder, pictures, "rename").changes}


@pytest.mark.parametrize(
    "rest",
    [
        *(f".jpg.{TAKEOUT[:length]}.json" for length in range(1, len(TAKEOUT) + 1)),
        *(".jpg.json", ".json", ".jpg.xmp", ".xmp", ".AAE", ".jpg.pp3", ".jpg.dop", ".dop", ".on1", ".jpg.acr"),
        *(".mov", ".MP4", ".mp", ".THM", ".wav", ".cr2", ".cr2.xmp", ".CR2.pp3"),
    ],
)
def test_known_companions_go_along(tmp_path, rest):
    folder = fill(tmp_path, "IMG_1.jpg", "IMG_1" + rest, "other.jpg")
    before = snapshot(folder)
    assert renamed(folder, "other.jpg", "IMG_1.jpg")["IMG_1" + rest] == "2-IMG_1" + rest
    act(planned(folder, ["IMG_1.jpg"], "rename"))
    assert not undo().left_alone and snapshot(folder) == before


@pytest.mark.parametrize(
    "name", ["IMG_1.png.xmp", "IMG_1.jpg.sxpl.json", "IMG_10.jpg", "IMG_1.jpg.mov", "IMG_1.txt", "IMG_1_01.png.xmp"]
)
def test_what_is_not_known_stays(tmp_path, name):
    assert name not in renamed(fill(tmp_path, "IMG_1.jpg", name), "IMG_1.jpg")


def test_duplicates_in_darktable_go_with_their_picture_unless_a_picture_has_that_name(tmp_path):
    folder = fill(tmp_path, "a.jpg", "a.jpg.xmp", "a_01.jpg.xmp", "a_02.jpg.xmp", "a_02.jpg")
    made = renamed(folder, "a.jpg")
    assert made == {"a.jpg": "1-a.jpg", "a.jpg.xmp": "1-a.jpg.xmp", "a_01.jpg.xmp": "1-a_01.jpg.xmp"}
    assert set(renamed(folder, "a_02.jpg")) == {"a_02.jpg", "a_02.jpg.xmp"}
    before = snapshot(folder)
    act(planned(folder, ["a_02.jpg", "a.jpg"], "rename"))
    assert "2-a_01.jpg.xmp" in os.listdir(folder)
    assert not undo().left_alone and snapshot(folder) == before


def test_what_only_has_the_name_of_a_picture_is_told_of(tmp_path):
    folder = fill(tmp_path, "a.jpg", "a.txt", "a.ai", "a.png", "b.jpg", "b.xmp", "ab.txt")
    (line,) = planned(folder, ["a.jpg", "b.jpg"], "rename").notes
    assert line.startswith("2 files") and "a.txt" in line and "a.ai" in line
    assert not planned(folder, ["b.jpg"], "rename").notes
    assert not planned(folder, ["a.jpg"], "copy", tmp_path / "out").notes


def test_names_are_matched_by_case_where_a_namesake_stands_beside(tmp_path):
    names = ["a.jpg", "a.JPG", "a.jpg.suppl.json", "a.JPG.suppl.json"]
    assert companions("a.JPG", names) == ["a.JPG.suppl.json"]
    assert companions("a.jpg", names) == ["a.jpg.suppl.json"]


@pytest.mark.parametrize("template", [".{stem}", ".{query}", "{stem:.0}", ".{rank}{ext}"])
def test_no_new_name_is_hidden(tmp_path, template):
    folder = fill(tmp_path, "a.jpg")
    with pytest.raises(ActionError, match="hidden"):
        planned(folder, ["a.jpg"], "rename", template=template)
    assert os.listdir(folder) == ["a.jpg"]
