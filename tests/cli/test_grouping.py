"""`sort` with filters and groups, as it is typed."""

from __future__ import annotations

import csv
import io
import json
import os
from datetime import datetime, timedelta

import pytest

from tests import forked
from tests.facts.making import exif
from tests.grouping.making import PHOTOS, WAYS, photographs

NAMES = ("biplane", "cat", "dog")  # each sharp, so that its blurred copy is less so


def imgrank(*words, home, status=0):
    done = forked.imgrank(*words, env={**os.environ, "IMGRANK_HOME": str(home)})
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    assert done.returncode == status, done.stderr
    return done


@pytest.fixture(scope="module")
def shoot(tmp_path_factory):
    """Three moments, three pictures each, half a second apart; and one picture without a date."""
    folder = tmp_path_factory.mktemp("shoot") / "pictures"
    folder.mkdir()
    time = datetime(2024, 5, 1, 10)
    for name in NAMES:
        photograph = dict(photographs())[name]
        for n, way in enumerate(("as it is", "cut", "blurred")):
            picture = WAYS[way](photograph)
            picture.thumbnail((400, 400))
            time += timedelta(seconds=0.5)
            taken = exif(f"{time:%Y:%m:%d %H:%M:%S}", f"{time.microsecond // 10_000:02}", Model="Canon EOS R6")
            picture.save(folder / f"{name}-{n}.jpg", exif=taken)
        time += timedelta(days=1)
    dict(photographs())["windmill"].resize((300, 300)).save(folder / "undated.jpg")
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


def test_each_group_has_a_number_and_its_pictures_a_place_in_it(shoot, home):
    ranking = json.loads(
        imgrank("sort", shoot, "sharpest photo", "--group", "similar", "--format", "json", home=home).stdout
    )
    names = {}
    for image in ranking["images"]:
        names.setdefault(image["group"], []).append(image["path"].split("/")[-1].split("-")[0])
        assert image["group_rank"] == len(names[image["group"]])
    assert sorted(map(sorted, names.values())) == [["biplane"] * 3, ["cat"] * 3, ["dog"] * 3, ["undated.jpg"]]
    assert [image["group_size"] for image in ranking["images"] if "undated" in image["path"]] == [1]


def test_csv_has_columns_of_groups_only_when_there_are_any(shoot, home):
    heads = [
        next(csv.reader(io.StringIO(imgrank("sort", shoot, "a cat", "--format", "csv", *more, home=home).stdout)))
        for more in ((), ("--group", "day"))
    ]
    assert heads == [
        ["rank", "score", "percentile", "path"],
        ["rank", "score", "percentile", "path", "group", "group_rank"],
    ]


def test_the_table_shows_one_row_a_group_with_its_count(shoot, home):
    rows = imgrank("sort", shoot, "a cat", "--group", "burst", "--format", "table", home=home).stdout
    assert rows.count("×3") == 3
    assert rows.count(".jpg") == 4


def ranks(*options, shoot, home):
    """The first column of the table, and its last line."""
    lines = imgrank("sort", shoot, "a cat", *options, "--format", "table", home=home).stdout.splitlines()
    return [line.split()[0] for line in lines if ".jpg" in line], lines[-1]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), "1234"),
        (("--reverse",), "4321"),
        (("--best", 1), "1234"),
        (("--top", 1), "1"),
    ],
)
def test_a_row_of_a_group_has_the_rank_of_the_group_and_the_foot_counts_both(shoot, home, options, expected):
    found, foot = ranks("--group", "burst", *options, shoot=shoot, home=home)
    assert found == list(expected)
    assert foot.startswith("4 groups, 10 images · ")


def test_where_each_image_has_a_row_it_has_its_own_rank(shoot, home):
    assert ranks("--group", "burst", "--best", 3, shoot=shoot, home=home)[0] == [str(n) for n in range(1, 11)]
    found, foot = ranks(shoot=shoot, home=home)
    assert len(found) == 10 and foot.startswith("10 images · ")


def test_culling_moves_all_but_the_best_and_undo_brings_them_back(shoot, home, tmp_path):
    before = sorted(path.name for path in shoot.iterdir())
    cull = ("sort", shoot, "sharpest photo", "--group", "similar", "--rest", "--move", tmp_path / "rejects")
    plan = imgrank(*cull, "--dry-run", home=home)
    assert len(plan.stdout.splitlines()) == 6
    imgrank(*cull, home=home)
    left = sorted(path.name.split("-")[0] for path in shoot.iterdir())
    assert left == [*NAMES, "undated.jpg"]
    assert not any(path.name.endswith("-2.jpg") for path in shoot.iterdir())  # blurred
    imgrank("undo", home=home)
    assert sorted(path.name for path in shoot.iterdir()) == before


def test_where_nothing_goes_together_a_note_says_why_there_is_no_rest(shoot, home):
    alone = [path for path in sorted(shoot.iterdir()) if path.name.endswith("-0.jpg")]
    done = imgrank("sort", *alone, "a cat", "--group", "similar", "--rest", home=home)
    assert done.stdout == "" and "--rest leaves no image: each group has only one" in done.stderr
    done = imgrank("sort", *alone, "a cat", "--group", "similar", "--rest", "--move", shoot / "rejects", home=home)
    assert done.stdout == "" and "no image was chosen" in done.stderr


def test_who_copies_is_told_what_was_skipped_and_that_nothing_matches(shoot, home, tmp_path):
    empty = tmp_path / "empty.jpg"
    empty.touch()
    plan = ("sort", shoot, empty, "a wedding cake", "--copy", tmp_path / "best", "--top", 1, "--dry-run")
    told = imgrank(*plan, home=home).stderr
    assert "not confident" in told and "empty.jpg: the file is empty" in told
    assert "not confident" not in imgrank(*plan, "--quiet", home=home).stderr


def test_trash_takes_the_rest_and_never_the_best(shoot, home):
    plan = imgrank(
        "sort", shoot, "sharpest photo", "--group", "similar", "--rest", "--trash", "--dry-run", "--yes", home=home
    )
    assert len(plan.stdout.splitlines()) == 6
    assert plan.stdout.count("-2.jpg") == 3
    imgrank("sort", shoot, "a", "--group", "similar", "--best", 1, "--trash", "--dry-run", home=home, status=2)


@pytest.mark.parametrize(
    ("options", "count", "said"),
    [
        (("--since", "2024-05-02"), 6, "3 taken before, 1 with no date"),
        (("--until", "2024-05-01"), 3, "6 taken later"),
        (("--camera", "eos canon"), 9, "1 by an unknown camera"),
        (("--orientation", "square"), 1, "of another shape"),
        (("--exclude", "*-1.*", "--exclude", "undated*"), 6, ""),
    ],
)
def test_filters_say_how_many_they_leave_out(shoot, home, options, count, said):
    done = imgrank("sort", shoot, "a cat", *options, home=home)
    assert len(done.stdout.splitlines()) == count
    assert said in done.stderr


def test_by_date_the_undated_picture_stands_last_and_is_said(shoot, home):
    done = imgrank("sort", shoot, "a cat", "--order", "date", home=home)
    names = [line.split("/")[-1] for line in done.stdout.splitlines()]
    assert names == [f"{name}-{n}.jpg" for name in NAMES for n in range(3)] + ["undated.jpg"]
    assert "1 of 10 images has no usable date" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--rest",), "--group similar"),
        (("--best", 1), "--group similar"),
        (("--best", 0, "--group", "day"), "at least 1"),
        (("--group", "day", "--group-threshold", 2), "from 0 to 1"),
        (("--since", "soon"), "2024-05-01"),
        (("--since", "2024", "--until", "2023"), "not before the last"),
        (("--engine", "local", "--group", "day"), "indexes"),
    ],
)
def test_what_does_not_fit_together_is_said_before_any_work(shoot, home, options, said):
    assert said in imgrank("sort", shoot, "a cat", *options, home=home, status=2).stderr


def test_filters_that_leave_nothing_say_why(shoot, home):
    said = imgrank("sort", shoot, "a cat", "--since", "2025", home=home, status=1).stderr
    assert "0 of 10 images pass the filters; left out: 9 taken before, 1 with no date." in said


def test_an_index_holds_nothing_to_group_or_filter_by_and_says_so(shoot, home, tmp_path):
    pytest.importorskip("pyarrow", reason="an index needs pyarrow")
    imgrank("index", shoot, "--out", tmp_path / "tokens", home=home)
    for options in (("--group", "similar"), ("--since", "2024")):
        said = imgrank("sort", tmp_path / "tokens", "a cat", *options, home=home, status=2).stderr
        assert "does not hold it" in said
    folders = imgrank("sort", tmp_path / "tokens", "a cat", "--group", "folder", "--best", 2, home=home)
    assert len(folders.stdout.splitlines()) == 2
    left = imgrank("sort", tmp_path / "tokens", "a cat", "--exclude", "cat*", home=home)
    assert len(left.stdout.splitlines()) == 7


def test_what_fits_is_cut_off_and_counted(home):
    for sentence, fitting in (("a cat", {"cat.jpg", "kitten.jpg"}), ("a zebra", set())):
        done = imgrank("sort", PHOTOS, sentence, "--show-fits", home=home)
        assert {line.split("/")[-1] for line in done.stdout.splitlines()} == fitting
        assert f"{len(fitting)} of 24 fit" in done.stderr
