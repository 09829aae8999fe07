"""The options of `sort` that change files, `undo` and `history`, as people and scripts meet them."""

from __future__ import annotations

import csv
import io
import json
import os
import time
from dataclasses import replace

import pytest
from PIL import Image
from typer.testing import CliRunner

from imgrank.actions.records import Action, OnConflict
from imgrank.actions.run import prepare_part
from imgrank.actions.trash import thrown_away
from imgrank.actions.undo import history, undo
from imgrank.choices import Format
from imgrank.cli import actions as act
from imgrank.cli.app import app
from imgrank.cli.undo import history as history_in_words
from imgrank.errors import DoubtfulOrder, UsageError
from imgrank.output.summary import doubts
from imgrank.records import RankedImage, Ranking
from tests.actions.moments import at
from tests.actions.pictures import XMP as RATED
from tests.actions.pictures import saved
from tests.actions.trees import fill, ranked, request, snapshot


def wanted(folders=(), **options):
    asked = {
        "rename": False,
        "trash": False,
        "tag": False,
        "template": None,
        "dry_run": False,
        "yes": False,
        "chosen": False,
    }
    return act.wanted(folders=folders, on_conflict=OnConflict.suffix, **(asked | options))


def ranking(images):
    return Ranking("a cat", tuple(images), (), "mini", "0" * 16, "zero-shot", None, None, True, "cpu", 0, 0.0)


def change(folder, names, fmt=None, **options):
    images = ranked(folder, names)
    return act.change_files(ranking(images), images, wanted(**{"rename": True, **options}), fmt, print0=False)


@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_folder_or_template_is_refused_as_an_unset_variable_gives_one(empty):
    for action in (Action.copy, Action.move, Action.symlink, Action.hardlink):
        with pytest.raises(UsageError, match=rf"--{action.value} needs the name of a folder"):
            wanted([(action, empty)])
    for options in ({"rename": True}, {"folders": [(Action.copy, "out")]}):
        with pytest.raises(UsageError, match="--template is empty"):
            wanted(**options, template=empty)


def test_a_template_that_cannot_be_used_is_refused_before_anything_is_ranked():
    with pytest.raises(UsageError, match=r"uses .foo., which does not exist"):
        wanted(rename=True, template="{foo}")


def test_a_very_long_sentence_is_not_repeated_whole(tmp_path, capsys):
    sentence = "cat " * 2500
    images = ranked(fill(tmp_path, "a.jpg"), ["a.jpg"])
    unsure = replace(ranking(images), query=sentence, confident=False)
    with pytest.raises(DoubtfulOrder) as refused:
        prepare_part(unsure, images, request("trash"))
    told = [str(refused.value), *doubts(unsure)]
    act.change_files(unsure, images, wanted(rename=True), None, print0=False)
    history_in_words()
    told += capsys.readouterr().out.splitlines()
    assert all("cat cat" in line and len(line) < 400 for line in told if "cat" in line)
    assert sum("cat cat" in line for line in told) >= 3


def test_untag_says_where_there_is_nothing_of_ours_and_what_stays_inside(tmp_path, capsys):
    Image.new("RGB", (16, 16)).save(tmp_path / "plain.jpg")
    images = ranked(tmp_path, ["plain.jpg"])
    act.change_files(ranking(images), images, wanted(untag=True), None, print0=False)
    assert "there is nothing to change: none of these images has tags that --tag wrote." in capsys.readouterr().err
    act.change_files(ranking(images), images, wanted(tag=True, embed=True), None, print0=False)
    act.change_files(ranking(images), images, wanted(untag=True), None, print0=False)
    said = capsys.readouterr().err
    assert "1 image holds tags inside, which stay: " in said and "--untag --embed removes those, too." in said


def test_nothing_is_done_unless_asked():
    assert wanted() is None


@pytest.mark.parametrize(
    "options",
    [
        {"dry_run": True},
        {"template": "{rank}"},
        {"trash": True},
        {"tag": True, "rename": True},
        {"folders": ((Action.copy, "a"), (Action.move, "b"))},
        {"folders": ((Action.copy, "a"),), "tag": True},
    ],
)
def test_options_that_do_not_fit_together_are_refused(options):
    with pytest.raises(UsageError):
        wanted(**options)


def test_copies_keep_their_names_unless_rename_is_said_too():
    plain, named = (wanted(folders=((Action.copy, "out"),), rename=rename) for rename in (False, True))
    assert plain.request.template is None and named.request.template == "{rank}-{stem}{ext}"


def test_the_trash_takes_the_poor_ones():
    images = [RankedImage(rank, 1 - rank / 10, 0.0, str(rank)) for rank in range(1, 6)]
    assert [image.rank for image in thrown_away(images, 2, None)] == [4, 5]
    assert [image.rank for image in thrown_away(images, None, 0.75)] == [3, 4, 5]
    assert [image.rank for image in thrown_away(images, 1, 0.75)] == [5]


@pytest.mark.parametrize("fmt", Format)
def test_a_dry_run_prints_every_change_and_does_none(tmp_path, capsys, fmt):
    folder = fill(tmp_path / "p", "a.jpg", "b.jpg")
    before = snapshot(folder)
    assert change(folder, ["b.jpg", "a.jpg"], fmt, dry_run=True) == 0
    out = capsys.readouterr().out
    assert snapshot(folder) == before
    if fmt is Format.json:
        targets = [each["target"] for each in json.loads(out)["changes"]]
    elif fmt is Format.jsonl:
        targets = [json.loads(line)["target"] for line in out.splitlines()]
    elif fmt is Format.csv:
        targets = [row["target"] for row in csv.DictReader(io.StringIO(out))]
    else:
        targets = [line.split("  ")[-1].strip() for line in out.splitlines()]
    assert [os.path.basename(target) for target in targets] == ["1-b.jpg", "2-a.jpg"]


def test_a_plan_is_written_in_each_format_in_its_own_way(tmp_path, capsys):
    folder = fill(tmp_path / "p", "a.jpg", "b.jpg")
    told = set()
    for fmt in Format:
        change(folder, ["b.jpg", "a.jpg"], fmt, dry_run=True)
        told.add(capsys.readouterr().out)
    assert len(told) == len(Format)


def test_a_dry_run_in_a_pipe_tells_from_what_to_what_beside_its_output(tmp_path, capsys):
    """Paths on stdout, which scripts read, name the targets alone."""
    names = [f"{n:02}.jpg" for n in range(1, 24)]
    folder = fill(tmp_path / "p", *names)
    change(folder, names, dry_run=True)
    out, err = capsys.readouterr()
    assert [os.path.basename(line) for line in out.splitlines()] == [f"{name[:2]}-{name}" for name in names]
    told = [line for line in err.splitlines() if "->" in line]
    assert len(told) == 20 and told[0].split()[-3].endswith("01.jpg") and told[0].split()[-1] == "01-01.jpg"
    assert "and 3 more" in err


@pytest.mark.parametrize(("fmt", "quiet"), [(Format.paths, True), (Format.csv, False), (Format.table, False)])
def test_a_plan_is_told_once(tmp_path, capsys, fmt, quiet):
    folder = fill(tmp_path / "p", "a.jpg")
    images = ranked(folder, ["a.jpg"])
    asked = wanted(rename=True, dry_run=True)
    act.change_files(ranking(images), images, asked, fmt, print0=False, quiet=quiet)
    out, err = capsys.readouterr()
    assert "1-a.jpg" in out and "1-a.jpg" not in err


@pytest.mark.parametrize("sign", ["\r", "\n", '"', ",", ";", "\r\n"])
def test_a_plan_in_csv_can_hold_any_name(tmp_path, capsys, sign):
    folder = fill(tmp_path / "p", f"a{sign}b.jpg")
    change(folder, [f"a{sign}b.jpg"], Format.csv, dry_run=True)
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out, newline=""))
    assert os.path.basename(row["source"]) == f"a{sign}b.jpg"
    assert os.path.basename(row["target"]) == f"1-a{sign}b.jpg"


def test_a_script_says_yes_for_many(tmp_path):
    names = [f"{n}.jpg" for n in range(21)]
    folder = fill(tmp_path / "p", *names)
    before = snapshot(folder)
    with pytest.raises(UsageError, match=r"--yes.*--dry-run only shows"):
        change(folder, names)
    assert snapshot(folder) == before
    assert change(folder, names, yes=True) == 0 and "01-0.jpg" in os.listdir(folder)


def test_an_undo_that_finds_no_file_names_no_run_of_its_own_and_says_how_to_go_further_back(tmp_path):
    change(fill(tmp_path / "p", "a.jpg"), ["a.jpg"])
    change(tmp_path / "p", ["1-a.jpg"], rename=False, folders=[(Action.symlink, str(tmp_path / "links"))])
    for link in (tmp_path / "links").iterdir():
        link.unlink()
    for _ in range(2):
        said = CliRunner().invoke(app, ["undo"])
        assert said.exit_code == 1 and "nothing was put back." in said.output
        assert "it no longer exists" in said.output and "in imgrank history)" not in said.output
        assert "imgrank undo ID takes one of these back" in said.output
    assert CliRunner().invoke(app, ["undo", "1"]).exit_code == 0


def test_undo_and_history(tmp_path):
    folder = fill(tmp_path / "p", "a.jpg")
    before = snapshot(folder)
    change(folder, ["a.jpg"])
    assert "1 can be undone" in CliRunner().invoke(app, ["history"]).output
    assert CliRunner().invoke(app, ["undo"]).exit_code == 0
    assert snapshot(folder) == before
    change(folder, ["a.jpg"])
    (folder / "1-a.jpg").write_bytes(b"edited")
    undone = CliRunner().invoke(app, ["undo", "3"])
    assert undone.exit_code == 1 and "1-a.jpg: somebody changed it" in undone.output


@pytest.mark.parametrize("option", ["-y", "--yes"])
def test_undo_takes_the_yes_of_every_other_command(tmp_path, option):
    folder = fill(tmp_path / "p", "a.jpg")
    before = snapshot(folder)
    change(folder, ["a.jpg"])
    assert CliRunner().invoke(app, ["undo", option]).exit_code == 0
    assert snapshot(folder) == before


def test_what_a_name_holds_cannot_speak_to_the_terminal(tmp_path, capsys):
    folder = fill(tmp_path / "p", "a\x1b[31m.jpg")
    change(folder, ["a\x1b[31m.jpg"], Format.table, dry_run=True)
    printed = capsys.readouterr()
    assert "\x1b" not in printed.out + printed.err


def test_history_names_folder_and_local_time(tmp_path, monkeypatch):
    folder, begun = fill(tmp_path / "holiday", "a.jpg"), time.time()
    change(folder, ["a.jpg"])
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        told = CliRunner().invoke(app, ["history"]).output
        days = [time.strftime("%Y-%m-%d", time.localtime(at)) for at in (begun, time.time())]  # at midnight two
        assert str(folder) in told and any(day in told for day in days) and "+0" not in told
        assert f"in {folder}, 20" in CliRunner().invoke(app, ["undo"]).output
    finally:
        monkeypatch.undo()
        time.tzset()


def test_history_names_the_folder_of_the_pictures_for_what_came_back_from_the_trash(tmp_path):
    folder = fill(tmp_path / "holiday", "a.jpg", "b.jpg")
    change(folder, ["a.jpg", "b.jpg"], rename=False, trash=True, chosen=True)
    undo(history()[-1].run)
    undo(history()[-1].run)
    assert [past.folder for past in history()[-3:]] == [str(folder)] * 3


def test_an_order_that_may_mean_nothing_throws_nothing_away(tmp_path):
    """In the library as on the command line, unless the caller is sure."""
    folder = fill(tmp_path, "a.jpg", "b.jpg")
    images = ranked(folder, ["a.jpg", "b.jpg"])
    doubtful = replace(ranking(images), confident=False)
    with pytest.raises(DoubtfulOrder, match="Nothing was changed"):
        prepare_part(doubtful, images[1:], request("trash"))
    with pytest.raises(DoubtfulOrder) as refused:
        act.change_files(doubtful, images[1:], wanted(trash=True, chosen=True), None, print0=False)
    assert "{yes} does it anyway" in refused.value.remedy
    assert prepare_part(doubtful, images[1:], request("trash"), sure=True).changes
    assert prepare_part(ranking(images), images[1:], request("trash")).changes
    assert prepare_part(doubtful, images, request("rename")).changes


def test_where_every_file_is_left_alone_nothing_is_said_to_be_done(tmp_path, capsys):
    folder = fill(tmp_path, "a.jpg")
    at(1, "planned", lambda: (folder / "a.jpg").write_bytes(b"edited"))
    assert change(folder, ["a.jpg"]) == 1
    said = capsys.readouterr().err
    assert "imgrank: nothing was changed.\n" in said and "left alone: " in said and "as run" not in said


def test_stars_that_are_replaced_are_told_in_the_plan_and_where_it_is_done(tmp_path, capsys):
    (tmp_path / "a.jpg").write_bytes(saved("JPEG", xmp=RATED))
    images = ranked(tmp_path, ["a.jpg"])
    act.change_files(ranking(images), images, wanted(tag=True, dry_run=True), Format.json, print0=False)
    told = json.loads(capsys.readouterr().out)
    assert [(each["stars"], each["stars_before"]) for each in told["changes"]] == [(1, 2)]
    assert "1 image has stars of yours, which are replaced" in told["notes"][0]
    act.change_files(ranking(images), images, wanted(tag=True, yes=True), None, print0=False)
    assert "stars of yours, which are replaced" in capsys.readouterr().err
