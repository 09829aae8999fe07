"""New names from dates, cameras and groups: what is not known says so, and no name leaves its folder."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgrank.actions import run
from imgrank.actions.run import act, prepare
from imgrank.actions.templates import Details, Template
from imgrank.actions.undo import undo
from imgrank.errors import UsageError
from imgrank.paths import listed
from tests.actions.pictures import exif, saved
from tests.actions.trees import fill, ranked, request, snapshot

WHEN = datetime(2024, 5, 6, 7, 8, 9)
OF = Details(3, 0.5, "cat", "a/cat", 2, WHEN, "Canon: EOS/R", 7, 2, 3, 1)


def pictures(folder, *names):
    fill(folder, *names)
    data = exif()
    data.get_ifd(0x8769)[0x9003] = "2024:05:06 07:08:09"
    for name in names:
        if name.startswith("dated"):
            (folder / name).write_bytes(saved("JPEG", exif=data))
    return ranked(folder, names)


def renamed(images, template):
    plan = prepare(images, request("rename", template=template), images)
    return {os.path.basename(c.source): os.path.basename(c.target) for c in plan.changes}, plan.notes


@pytest.mark.parametrize(
    ("text", "stem"),
    [
        ("{date}", "2024-05-06"),
        ("{date:%Y-%m-%d}-{rank}{ext}", "2024-05-06-03"),
        ("{date:%d.%m.%y %Hh%M}", "06.05.24 07h08"),
        ("{date:%H:%M}", "07-08"),
        ("{date:%D}", "05-06-24"),
        ("{camera}", "Canon- EOS-R"),
        ("{group}-{group_rank}", "007-2"),
        ("{group:d}.{group_rank:02d}", "7.02"),
        ("{query} {score:.1f}", "a-cat 0.5"),
    ],
)
def test_each_field_has_a_form(text, stem):
    assert Template(text).stem(OF) == stem


@given(st.text("%aAbBcdDHIjmMpSUwWxXyYZ/\\:-. ", max_size=8))
def test_no_date_makes_a_path(spec):
    try:
        stem = Template("{date:" + spec + "}").stem(OF)
    except UsageError:
        return
    assert not {"/", "\\", ":"} & set(stem)


def test_names_by_date_and_camera_are_made_and_taken_back(tmp_path):
    images = pictures(tmp_path, "dated.jpg", "plain.jpg")
    before = snapshot(tmp_path)
    made, notes = renamed(images, "{date:%Y-%m-%d} {camera} {rank}{ext}")
    assert made == {"dated.jpg": "2024-05-06 Camera 1.jpg", "plain.jpg": "undated no-camera 2.jpg"}
    assert len(notes) == 2 and all("plain.jpg" in note and "1 image" in note for note in notes)
    act(prepare(images, request("rename", template="{date} {stem}"), images))
    assert not undo().left_alone and snapshot(tmp_path) == before


def test_notes_name_files_from_where_the_user_stands(tmp_path, monkeypatch):
    pictures(tmp_path / "trip", "plain.jpg")
    fill(tmp_path / "trip", "plain.mov", "plain.txt")
    images = ranked(tmp_path / "trip", ["plain.jpg"])
    monkeypatch.chdir(tmp_path)
    place = os.path.join("trip", "plain.jpg")
    for chosen in (images, [replace(images[0], path=place)]):
        notes = " ".join(prepare(chosen, request("rename", template="{date}"), chosen).notes)
        assert place in notes and str(tmp_path) not in notes


def test_pictures_of_one_day_get_names_of_their_own(tmp_path):
    made, _ = renamed(pictures(tmp_path, "dated-1.jpg", "dated-2.jpg"), "{date}")
    assert sorted(made.values()) == ["2024-05-06-2.jpg", "2024-05-06.jpg"]


def test_facts_are_read_only_where_a_template_asks(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "facts_of", lambda *_: pytest.fail("nobody asked"))
    renamed(pictures(tmp_path, "dated.jpg"), "{rank}-{stem}{ext}")


def test_groups_stand_as_wide_as_they_need(tmp_path):
    images = pictures(tmp_path, *(f"{n}.jpg" for n in range(12)))
    images = [replace(image, group=image.rank, group_rank=1, group_size=1) for image in images]
    made, _ = renamed(images, "{group}-{group_rank}")
    assert made["0.jpg"] == "01-1.jpg" and made["11.jpg"] == "12-1.jpg"


@pytest.mark.parametrize(
    "form", ["{rank:>99999999}", "{score:.99999f}", "{date:%99999999Y}", "{rank:{nope}}", "{score:{rank}}"]
)
def test_formats_that_give_no_name_are_refused_at_once(form):
    with pytest.raises(UsageError, match="cannot be part of a file name"):
        Template(f"{form}{{ext}}")


@pytest.mark.parametrize("form", ["YYYY-MM-DD", "%Q", "%Y-%", "%%"])
def test_what_is_no_format_of_a_date_is_refused_at_once(form):
    with pytest.raises(UsageError, match=r"not a date format.*%Y-%m-%d"):
        Template(f"{{date:{form}}}{{ext}}")


def test_what_is_listed_is_named_or_counted():
    assert listed(["a", "b"]) == "a, b"
    assert listed([*"abcdefg"]) == "a, b, c, d, e and 2 more"


@pytest.mark.parametrize("template", ["{group}", "{group_rank}-{stem}"])
def test_groups_that_nobody_made_are_refused(tmp_path, template):
    with pytest.raises(UsageError, match="groups") as refused:
        renamed(pictures(tmp_path, "a.jpg"), template)
    assert "{group}" in refused.value.remedy
