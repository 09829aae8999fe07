"""What belongs to a picture goes with it; what only has its name is told of before anything is done."""

from __future__ import annotations

import os

import pytest

from imgrank.actions.file_names import companions
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


@pytest.mark.parametrize("action", ["rename", "move", "copy", "trash"])
def test_a_folder_or_a_pipe_of_a_companions_name_stays(tmp_path, action):
    folder = fill(tmp_path / "photos", "IMG_1.jpg", "IMG_2.jpg")
    (folder / "IMG_1.jpg.xmp").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "IMG_2.mov")
    outcome = act(planned(folder, ["IMG_1.jpg", "IMG_2.jpg"], action, tmp_path / "out"))
    assert outcome.done >= 2 and not outcome.left_alone
    assert not {"IMG_1.jpg", "IMG_2.jpg"} & set(os.listdir(folder)) or action == "copy"
    assert (folder / "IMG_1.jpg.xmp").is_dir() and (os.name == "nt" or (folder / "IMG_2.mov").is_fifo())


def test_duplicates_in_darktable_go_with_their_picture_unless_a_picture_has_that_name(tmp_path):
    folder = fill(tmp_path, "a.jpg", "a.jpg.xmp", "a_01.jpg.xmp", "a_02.jpg.xmp", "a_02.jpg")
    made = renamed(folder, "a.jpg")
    assert made == {"a.jpg": "1-a.jpg", "a.jpg.xmp": "1-a.jpg.xmp", "a_01.jpg.xmp": "1-a_01.jpg.xmp"}
    assert set(renamed(folder, "a_02.jpg")) == {"a_02.jpg", "a_02.jpg.xmp"}
    before = snapshot(folder)
    act(planned(folder, ["a_02.jpg", "a.jpg"], "rename"))
    assert "2-a_01.jpg.xmp" in os.listdir(folder)
    assert not undo().left_alone and snapshot(folder) == before


LONG = "a name of a picture that is far too long for Takeout.jpg"
CASES = [  # picture, companion, the companion of the picture when that is called `2-...`
    ("IMG_1(1).jpg", "IMG_1.jpg(1).json", "2-IMG_1.jpg(1).json"),
    ("IMG_1(1).JPG", "IMG_1.JPG.supplemental-metadata(1).json", "2-IMG_1.JPG.supplemental-metadata(1).json"),
    ("IMG_1(12).jpg", "IMG_1.jpg.suppl(12).json", "2-IMG_1.jpg.suppl(12).json"),
    ("photo(1).jpg", "photo(1).jpg.json", "2-photo(1).jpg.json"),
    *((LONG, LONG[:n] + ".json", "2-" + LONG + ".json") for n in range(46, 52)),
    (LONG.replace(".jpg", "(3).jpg"), LONG[:46] + "(3).json", "2-" + LONG.replace(".jpg", ".jpg(3).json")),
    ("x" * 38 + ".jpg", "x" * 38 + ".jpg.sup.json", "2-" + "x" * 38 + ".jpg.sup.json"),
    ("x" * 41 + ".jpg", "x" * 41 + ".jpg..json", "2-" + "x" * 41 + ".jpg..json"),
    ("IMG_1234.HEIC", "IMG_O1234.AAE", "2-IMG_O1234.AAE"),
    ("IMG_1234.JPG", "IMG_1234.AAE", "2-IMG_1234.AAE"),
    ("IMG_E1234.JPG", "IMG_1234.AAE", "2-IMG_1234.AAE"),
    ("IMG_E1234.JPG", "IMG_O1234.aae", "2-IMG_O1234.aae"),
]


@pytest.mark.parametrize(("picture", "companion", "after"), CASES)
def test_companions_by_other_names_go_along_and_come_back(tmp_path, picture, companion, after):
    folder = fill(tmp_path, picture, companion, "other.jpg")
    before = snapshot(folder)
    assert renamed(folder, "other.jpg", picture)[companion] == after
    act(planned(folder, ["other.jpg", picture], "rename"))
    assert set(os.listdir(folder)) == {"1-other.jpg", "2-" + picture, after}
    found = companions("2-" + picture, os.listdir(folder))
    assert found == [after] or "IMG" in after, "it is known again under its new name"
    assert not undo().left_alone and snapshot(folder) == before


def test_edits_go_with_the_original_where_both_are_there(tmp_path):
    folder = fill(tmp_path, "IMG_1234.JPG", "IMG_E1234.JPG", "IMG_1234.AAE", "IMG_O1234.AAE", "IMG_12345.AAE")
    made = renamed(folder, "IMG_E1234.JPG", "IMG_1234.JPG")
    assert made == {
        "IMG_E1234.JPG": "1-IMG_E1234.JPG",
        "IMG_1234.JPG": "2-IMG_1234.JPG",
        "IMG_1234.AAE": "2-IMG_1234.AAE",
        "IMG_O1234.AAE": "2-IMG_O1234.AAE",
    }


def test_a_template_that_drops_the_old_name_keeps_companions_apart(tmp_path):
    folder = fill(tmp_path, "IMG_1234.JPG", "IMG_1234.AAE", "IMG_O1234.AAE", "a(1).jpg", "a.jpg(1).json")
    made = planned(folder, ["IMG_1234.JPG", "a(1).jpg"], "rename", template="{rank}").changes
    names = {os.path.basename(change.source): os.path.basename(change.target) for change in made}
    assert names == {
        "IMG_1234.JPG": "1.JPG",
        "IMG_1234.AAE": "1.AAE",
        "IMG_O1234.AAE": "1_O.AAE",
        "a(1).jpg": "2.jpg",
        "a.jpg(1).json": "2.jpg.json",
    }


@pytest.mark.parametrize(
    ("pictures", "companion"),
    [
        (["IMG_1.jpg"], "IMG_1.jpg(1).json"),
        (["IMG_1(1).jpg"], "IMG_1.jpg(2).json"),
        ([LONG, LONG.replace(".jpg", " 2.jpg")], LONG[:46] + ".json"),
        ([LONG], LONG[:45] + ".json"),
        (["IMG_1234.JPG"], "IMG_O1235.AAE"),
        (["IMG_1234.JPG"], "IMG_E1234.AAE"),
        (["DSC_O1234.JPG"], "DSC_1234.AAE"),
    ],
)
def test_what_may_be_of_another_picture_stays(tmp_path, pictures, companion):
    assert companion not in renamed(fill(tmp_path, *pictures, companion), *pictures)


def test_a_name_without_extension_is_refused(tmp_path):
    folder = fill(tmp_path, ".a.jpg")
    with pytest.raises(ActionError, match="without an extension"):
        planned(folder, [".a.jpg"], "rename", template="{stem:.0}")


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
