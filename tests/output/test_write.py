"""What scripts read and people see of a ranking."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgrank.choices import Format
from imgrank.output.summary import NAMED_AT_MOST, how_many, remarks, summary
from imgrank.output.table import write_table
from imgrank.output.write import utf8_name, write
from imgrank.records import NONE_SHOWS, ONE_LACKS, AnsweredTerm, Asked, Doubt, RankedImage, Ranking, Unreadable
from imgrank.version import __version__

IMAGES = (RankedImage(1, 0.5, 100.0, "a.jpg"), RankedImage(2, 0.25, 50.0, "dir/b.jpg"), RankedImage(3, -1.0, 0.0, "c"))
RANKING = Ranking(
    query="a cat",
    images=IMAGES,
    skipped=(),
    backbone="mini",
    fingerprint="0123456789abcdef",
    scorer="zero-shot",
    adapter=None,
    unit=None,
    confident=True,
    device="cpu",
    encoded=3,
    seconds=1.5,
)
PATH_FIELDS = ["rank", "score", "percentile", "path"]
names_on_disk = st.binary(min_size=1, max_size=12).filter(lambda name: b"\0" not in name).map(os.fsdecode)


def written(ranking, images, fmt, **how) -> bytes:
    """The bytes that stdout would get, set up as the command line sets it up."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, "utf-8", errors=sys.getfilesystemencodeerrors(), newline="\n")
    write(ranking, images, fmt, stream, **how)
    stream.flush()
    return raw.getvalue()


def ranking_of(paths) -> Ranking:
    return replace(RANKING, images=tuple(RankedImage(n, -float(n), 0.0, path) for n, path in enumerate(paths, 1)))


def test_every_format_is_written_in_its_own_way():
    assert len({written(RANKING, IMAGES, fmt) for fmt in Format}) == len(Format)


def test_json_is_the_promised_document():
    asked = Asked("older person", 0.31, "no trained ranker fits it")
    term = AnsweredTerm(1.0, "zero-shot", None, None, "a cat")
    ranking = replace(RANKING, skipped=(Unreadable("x.jpg", "empty"),), confidence=0.75, asked=asked, terms=(term,))
    assert json.loads(written(ranking, IMAGES, Format.json)) == {
        "imgrank": __version__,
        "query": "a cat",
        "backbone": "mini",
        "fingerprint": "0123456789abcdef",
        "scorer": "zero-shot",
        "adapter": None,
        "unit": None,
        "confident": True,
        "images": [dict(zip(PATH_FIELDS, (i.rank, i.score, i.percentile, i.path), strict=True)) for i in IMAGES],
        "skipped": [{"path": "x.jpg", "reason": "empty"}],
        "seconds": 1.5,
        "confidence": 0.75,
        "asked": {
            "query": "older person",
            "similarity": 0.31,
            "reason": "no trained ranker fits it; the query named here only came nearest, and did not answer",
            "answers": False,
        },
        "terms": [{"text": "a cat", "weight": 1.0, "scorer": "zero-shot", "adapter": None, "unit": None}],
    }


def test_json_says_of_a_query_that_only_came_nearest_that_it_did_not_answer():
    near = Asked("older person", 0.3, "none fits")
    for asked, is_said in ((near, True), (replace(near, answers=True), False), (replace(near, query=None), False)):
        told = json.loads(written(replace(RANKING, asked=asked), (), Format.json))
        assert told["asked"]["reason"].startswith("none fits") and ("nearest" in told["asked"]["reason"]) == is_said


def test_json_says_partial_and_irrelevant_only_where_it_is_so():
    aside = replace(IMAGES[2], relevant=False)
    told = json.loads(written(replace(RANKING, partial=True), (IMAGES[0], aside), Format.json))
    assert told["partial"] is True
    assert ["relevant" in image for image in told["images"]] == [False, True]
    assert told["images"][1]["relevant"] is False


def test_jsonl_is_the_images_of_json_a_line_each():
    lines = [json.loads(line) for line in written(RANKING, IMAGES, Format.jsonl).splitlines()]
    assert lines == json.loads(written(RANKING, IMAGES, Format.json))["images"]


def test_csv_has_a_header_and_the_same_values():
    rows = list(csv.reader(io.StringIO(written(RANKING, IMAGES, Format.csv).decode(), newline="")))
    assert rows[0] == PATH_FIELDS
    assert [(int(r), float(s), float(p), path) for r, s, p, path in rows[1:]] == [
        (image.rank, image.score, image.percentile, image.path) for image in IMAGES
    ]


@pytest.mark.parametrize("fmt", [Format.json, Format.jsonl, Format.csv])
def test_a_percentile_has_no_more_digits_than_a_person_reads(fmt):
    image = RankedImage(2, 0.25, 95.65217391304348, "b.jpg")
    text = written(RANKING, [image], fmt).decode()
    assert "95.6522" in text and "95.65217" not in text


@pytest.mark.parametrize("fmt", list(Format))
def test_only_the_selection_is_written(fmt):
    text = written(RANKING, IMAGES[1:2], fmt)
    assert b"b.jpg" in text
    assert b"a.jpg" not in text


@pytest.mark.parametrize("fmt", list(Format))
def test_an_empty_selection_can_be_written(fmt):
    written(RANKING, (), fmt)


posix_only = pytest.mark.skipif(sys.platform == "win32", reason="names are bytes on POSIX alone")


@posix_only
@given(st.lists(names_on_disk, max_size=4))
def test_paths_end_with_nul_and_keep_every_byte(paths):
    ranking = ranking_of(paths)
    assert written(ranking, ranking.images, Format.paths, separator="\0") == b"".join(
        os.fsencode(path) + b"\0" for path in paths
    )


@posix_only
@given(names_on_disk)
def test_csv_keeps_every_byte_of_a_name(path):
    ranking = ranking_of([path])
    text = written(ranking, ranking.images, Format.csv).decode("utf-8", "surrogateescape")
    assert os.fsencode(list(csv.reader(io.StringIO(text, newline="")))[1][3]) == os.fsencode(path)


@posix_only
@given(names_on_disk)
def test_json_is_ascii_and_gives_every_byte_of_a_name_back(path):
    ranking = replace(ranking_of([path]), skipped=(Unreadable(path, "empty"),))
    told = json.loads(written(ranking, ranking.images, Format.json).decode("ascii"))
    assert os.fsencode(told["images"][0]["path"]) == os.fsencode(path)
    assert os.fsencode(told["skipped"][0]["path"]) == os.fsencode(path)


def test_a_name_that_no_disk_could_hold_is_written_as_it_is():
    assert utf8_name("\ud83d.jpg") == "\ud83d.jpg"


@given(names_on_disk)
def test_the_table_prints_no_control_character_of_a_name(path):
    ranking = ranking_of([path])
    text = written(ranking, ranking.images, Format.table).decode()
    assert text.replace("\n", "").isprintable()


def test_the_table_shows_the_rank_in_the_whole_order_and_the_unit():
    text = written(replace(RANKING, unit="years"), IMAGES[2:], Format.table).decode()
    assert "score (years)" in text
    assert [line.split()[0] for line in text.splitlines() if line.rstrip().endswith(" c")] == ["3"]


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("columns", "bars"), [(80, True), (50, False)])
def test_on_a_narrow_terminal_bars_make_room_for_paths(monkeypatch, columns, bars):
    monkeypatch.setenv("COLUMNS", str(columns))
    path = "photos/of/a/long/summer.jpg"
    images = (replace(IMAGES[0], path=path),)
    terminal = Terminal()
    write_table(replace(RANKING, images=images), images, terminal)
    [line] = [line for line in terminal.getvalue().splitlines() if path in line]
    assert ("\N{FULL BLOCK}" in line) == bars


def test_the_table_does_not_fold_a_long_path_where_there_is_no_terminal():
    ranking = ranking_of(["long/" * 100 + "name.jpg"])
    assert "long/" * 100 + "name.jpg" in written(ranking, ranking.images, Format.table).decode()


@pytest.mark.parametrize("score", [0.0, 1e300, -1e-300])
def test_the_table_takes_any_score(score):
    written(
        replace(RANKING, images=(replace(IMAGES[0], score=score),)), (replace(IMAGES[0], score=score),), Format.table
    )


@pytest.mark.parametrize(
    ("groups", "shown", "said"),
    [
        ((None, None, None), None, "3 images"),
        ((None, None, None), 2, "2 of 3 images"),
        ((1, 1, 2), None, "2 groups, 3 images"),
        ((1, 1, 2), 2, "2 groups, 3 images"),  # a row each
        ((1, 1, 2), 1, "2 groups, 1 of 3 images"),
        ((1, 1, 1), 1, "1 group, 3 images"),
    ],
)
def test_groups_and_images_are_counted_apart(groups, shown, said):
    images = tuple(replace(image, group=group) for image, group in zip(IMAGES, groups, strict=True))
    assert how_many(replace(RANKING, images=images), shown) == said


def test_the_table_ends_with_what_the_run_amounted_to():
    asked = Asked("older person", 0.31, "no trained ranker fits it")
    term = AnsweredTerm(1.0, "zero-shot", None, None, "a cat")
    ranking = replace(RANKING, skipped=(Unreadable("x.jpg", "empty"),), confidence=0.75, asked=asked, terms=(term,))
    last = written(ranking, IMAGES[:1], Format.table).decode().splitlines()[-1]
    assert last.rstrip() == "3 images · 1 skipped · mini · zero-shot · cpu · 2 images/s · 1.50 s"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"scorer": "adapter", "adapter": "older"}, "adapter older"),
        ({"scorer": "like"}, "like"),
        ({"confident": False}, "not confident"),
        ({"partial": True}, "partial"),
    ],
)
def test_the_summary_says_who_answered_and_what_is_in_doubt(change, said):
    assert said in summary(replace(RANKING, **change)).split(" · ")
    assert said not in summary(RANKING).split(" · ")


def test_no_remarks_where_all_went_as_it_should():
    assert remarks(RANKING) == ()


def test_one_line_says_who_answered_and_why():
    near = Asked("older person", 0.31, "no trained ranker fits it")
    assert remarks(replace(RANKING, asked=near)) == (
        "Ranked by similarity to the sentence (no trained ranker fits it).",
    )
    found = Asked("newer car", 0.9, "the sentence asks for the same scale", "model year of the car", shipped=True)
    [line] = remarks(replace(RANKING, scorer="adapter", adapter="mini-adapter", asked=found))
    assert line == (
        "Ranked by model year of the car, predicted by the shipped ranker; --adapter none ranks by similarity instead."
    )
    [line] = remarks(replace(RANKING, scorer="adapter", adapter="cars", asked=replace(found, shipped=False)))
    assert "predicted by your ranker cars" in line


def test_scores_with_a_minus_sign_are_explained():
    turned = Asked("older person", 0.9, "it asks", "age, youngest first", answers=True, minus="predicted years")
    ranking = replace(RANKING, scorer="adapter", adapter="ages", asked=turned)
    who, scores = remarks(ranking)
    assert who.startswith("Ranked by age, youngest first, predicted by your ranker ages")
    assert scores == "Scores are the predicted years with a minus sign (-2 means 2), so that the highest comes first."
    assert "score (minus years)" in written(ranking, IMAGES, Format.table).decode()
    plain = replace(ranking, unit="years", asked=replace(turned, minus=""))
    assert "score (years)" in written(plain, IMAGES, Format.table).decode() and len(remarks(plain)) == 1


def test_every_doubt_is_one_line():
    ranking = replace(
        RANKING,
        confident=False,
        partial=True,
        notes=("zero-shot: no ranker was trained on such a query",),
        skipped=(Unreadable("a\n\x1b[31m.jpg", "it is empty"),),
    )
    lines = remarks(ranking)
    assert [line.split(":")[0] for line in lines] == [
        "zero-shot",
        "not confident",
        "partial",
        "skipped a\\n\\x1b[31m.jpg",
    ]
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize(
    ("doubt", "said"),
    [
        (Doubt.absent, 'no image here clearly matches "a cat"'),
        (Doubt.unread, '"a cat" may not be answered as it was meant'),
        (Doubt.unmeasured, 'no image here is large enough to be measured for "a cat"'),
        (Doubt.cancelled, 'the terms of "a cat" take each other away'),
    ],
)
def test_a_doubtful_order_says_why(doubt, said):
    [line] = remarks(replace(RANKING, query="a cat", confident=False, doubt=doubt))
    assert line == f"not confident: {said}, so the order may mean little"


@pytest.mark.parametrize("note", [f"{NONE_SHOWS} a car, so this order means little", f"{ONE_LACKS} a car"])
def test_that_no_image_shows_it_is_said_once(note):
    """A doubtful order has a line of its own; where the order is not in doubt the note stays."""
    doubtful = replace(RANKING, confident=False, notes=(note, "another"))
    assert [line.split(":")[0] for line in remarks(doubtful)] == ["another", "not confident"]
    assert note in remarks(replace(doubtful, confident=True))
    assert doubtful.notes[0] == note


def test_many_skipped_files_are_counted_rather_than_named():
    skipped = tuple(Unreadable(f"{n}.jpg", "empty") for n in range(NAMED_AT_MOST + 5))
    lines = remarks(replace(RANKING, skipped=skipped))
    assert len(lines) == NAMED_AT_MOST + 1
    assert "5 more" in lines[-1]


def test_a_slow_run_is_not_said_to_rank_no_images():
    assert "0.5 images/s" in summary(RANKING, 2 * len(RANKING.images))
