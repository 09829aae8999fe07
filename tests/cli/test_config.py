"""Defaults from files and variables: who goes before whom, what is refused, and that no file can change a file."""

from __future__ import annotations

import os
import re

import pytest
from typer.main import get_command

from imgrank.cli.app import app
from imgrank.cli.settings import NEVER, OF_A_FOLDER, Options, defaults_of, read_settings
from imgrank.errors import UsageError
from tests import forked
from tests.grouping.making import PHOTOS

ROOT = get_command(app)


@pytest.fixture(autouse=True)
def folder(tmp_path, home, monkeypatch):
    (home / "config").mkdir(parents=True)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


def write(folder, here="", own=""):
    (folder / "here" / "imgrank.toml").write_text(here, encoding="utf-8")
    (folder / "home" / "config" / "imgrank.toml").write_text(own, encoding="utf-8")


def imgrank(*words, status=0, **variables):
    done = forked.imgrank(*words, env={**os.environ, **variables})
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    assert done.returncode == status, done.stderr
    return done


def set_for(command, **variables):
    settings = read_settings(Options(ROOT), variables)
    return {each.option: each.value for each in settings if each.command in ("", command)}


def test_the_folder_goes_before_the_user_a_command_before_all_and_a_variable_before_both(folder):
    write(folder, here="top = 2\n[sort]\nbottom = 5", own="top = 1\nbottom = 1\n[sort]\nstrict = true")
    assert set_for("sort") == {"top": 2, "bottom": 5, "strict": True}
    assert set_for("open")["bottom"] == 1
    assert set_for("sort", IMGRANK_TOP="9", IMGRANK_HOME="x", IMGRANK_UNKNOWN="y")["top"] == "9"


def test_a_threshold_of_groups_may_be_set_for_when_there_are_groups(folder):
    write(folder, here="group-threshold = 0.9")
    assert imgrank("sort", PHOTOS, "a cat", "--top", 1).stdout


def test_the_command_line_goes_before_every_default(folder):
    write(folder, here='top = 2\nformat = "csv"\nexclude = "*.png"')
    rows = imgrank("sort", PHOTOS, "a cat").stdout.splitlines()
    assert len(rows) == 3
    assert len(imgrank("sort", PHOTOS, "a cat", IMGRANK_TOP="1").stdout.splitlines()) == 2
    assert len(imgrank("sort", PHOTOS, "a cat", "--top", 4, "--format", "paths").stdout.splitlines()) == 4


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("gruop = 1", "gruop is not an option; did you mean group?"),
        ("[srot]\ntop = 1", "[srot] is not a command of imgrank; did you mean sort?"),
        ("[sort]\nepochs = 1", "[sort] epochs is not an option of this command"),
        ("top", "is not valid TOML"),
        ("yes = true", "can only be set on the command line"),
        ('move = "x"', "can only be set on the command line"),
        ("[sort]\ntrash = true", "can only be set on the command line"),
        ('adapter = "x"', "cannot be set by a folder"),
        ('backbone = "mini"', "cannot be set by a folder"),
        ('[index.build]\nengine = "ray"', "cannot be set by a folder"),
    ],
)
def test_a_mistake_in_a_file_is_named_with_the_file(folder, content, said):
    write(folder, here=content)
    with pytest.raises(UsageError) as error:
        read_settings(Options(ROOT), {})
    assert "imgrank.toml" in str(error.value)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('group = "x"', "group cannot be"),
        ("top = true", "top cannot be true"),
        ('top = "two"', 'top cannot be "two": it takes a whole number.'),
        ('format = "xml"', 'format cannot be "xml": it takes one of table, paths, json, jsonl, csv.'),
    ],
)
def test_a_value_that_an_option_does_not_take_is_named_with_the_file(folder, content, said):
    write(folder, here=content)
    for words in (("sort", PHOTOS, "a cat"), ("config",)):
        assert f"imgrank.toml, line 1: {said}" in imgrank(*words, status=2).stderr


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        ("[sort]\n\n# of cameras\nmax-megapixels = 1e400", 4, "max-megapixels cannot be inf: it takes a number of at"),
        ("max_megapixels = nan", 1, "max-megapixels cannot be nan: it takes a number of at least 0."),
        ("top = inf", 1, "top cannot be inf: it takes a whole number."),
        ("top = 2020-01-01", 1, 'top cannot be "2020-01-01": it takes a whole number.'),
        ("top = [1, 2]", 1, "top cannot be [1, 2]: it takes one value, not a list."),
        ('quiet = true\nrecursive = "maybe"', 2, 'recursive cannot be "maybe": it takes true or false.'),
        ('camera = ""', 1, 'camera cannot be "": it takes a part of the name of a camera.'),
        ('exclude = ["*.png", ""]', 1, 'exclude cannot be ["*.png", ""]: it takes a name or a pattern.'),
        ('exclude = [["*.png"]]', 1, "it takes texts, not a list of lists."),
        ("quiet = true\ntop =\n", 2, '"top =" is not valid TOML. A line sets one option'),
        ("top = 1\ntop = 2\n", 2, '"top = 2" is not valid TOML: an earlier line already sets this'),
        ("[sort]\n[sort]\n", 2, '"[sort]" is not valid TOML: an earlier line already sets this'),
        ("top = " + "[" * 2000, 1, "is not valid TOML"),
        ("top = " + "9" * 5000, 1, "is not valid TOML"),
    ],
)
def test_what_is_wrong_is_said_with_the_line_and_in_no_parsers_words(folder, content, line, said):
    write(folder, here=content)
    with pytest.raises(UsageError) as error:
        for command in (options := Options(ROOT)).settable:
            defaults_of(command, read_settings(options, {}), options, None)
    assert str(error.value).startswith(f"imgrank.toml, line {line}: ") and said in str(error.value)
    assert not re.search(r"Input should|Invalid value|valid integer|Expected|Cannot|codec", str(error.value))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: os.mkfifo(path), "imgrank.toml is not a regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "imgrank.toml is not a regular file"),
        (lambda path: path.write_bytes(b"# \n" * 400_000), "imgrank.toml is larger than 1 MB"),
    ],
)
def test_what_is_no_file_of_options_is_not_waited_for(folder, make, said):
    make(folder / "here" / "imgrank.toml")
    assert said in imgrank("sort", PHOTOS, "a cat", status=2).stderr


def test_dates_of_a_file_are_dates(folder):
    write(folder, here="since = 2024-05-01\nuntil = 2024-05-01 14:30:00")
    assert set_for("sort") == {"since": "2024-05-01", "until": "2024-05-01 14:30:00"}
    assert 'since = "2024-05-01"' in imgrank("config").stdout


def test_no_file_of_a_folder_can_set_what_changes_or_writes_a_file_or_loads_code():
    options = Options(ROOT)
    assert not OF_A_FOLDER & (NEVER | options.all_others)
    assert not OF_A_FOLDER & {"adapter", "backbone", "engine", "address", "cache", "like", "port", "host"}
    changing = {
        "move",
        "copy",
        "trash",
        "rename",
        "symlink",
        "hardlink",
        "tag",
        "untag",
        "embed",
        "yes",
        "export",
        "page",
    }
    assert changing <= options.all_others
    assert not changing & options.all_settable


def test_a_command_that_changes_files_takes_nothing_from_a_folder(folder):
    write(folder, here="rest = true\nbottom = 20\nreverse = true\ngroup = 'folder'", own="top = 3")
    plan = imgrank("sort", PHOTOS, "a cat", "--copy", folder / "out", "--dry-run")
    assert "is ignored: this command changes files" in plan.stderr
    assert [line.split("/")[-1] for line in plan.stdout.splitlines()][:1] == ["cat.jpg"]
    assert len(plan.stdout.splitlines()) == 3  # what the user's own file says counts


def test_config_shows_what_is_set_and_where(folder):
    write(folder, here='[sort]\ngroup = "day"', own="quiet = false")
    shown = imgrank("config", IMGRANK_DEVICE="cpu").stdout.splitlines()
    assert shown[0] == 'device = "cpu"  # IMGRANK_DEVICE'
    assert shown[1].startswith("quiet = false  # ")
    assert shown[2] == 'sort.group = "day"  # imgrank.toml, line 2'


def test_variables_that_set_nothing_are_named(folder):
    said = imgrank("config", IMGRANK_TPO="3", IMGRANK_MOVE="x", IMGRANK_OTHER_PROGRAM="y").stderr
    assert "IMGRANK_TPO has no effect: it is not an option; did you mean IMGRANK_TOP or IMGRANK_PORT?" in said
    assert "IMGRANK_MOVE has no effect: --move can only be set on the command line" in said
    assert "OTHER_PROGRAM" not in said
