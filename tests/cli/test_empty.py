"""Options whose value is empty, as "$CAMERA" is where that is not set, or means nothing beside the others."""

from __future__ import annotations

import pytest

from imgrank.cli.app import main

SORT = ("sort", "photos", "a cat")


def refused(capsys, monkeypatch, *words):
    monkeypatch.setattr("sys.argv", ["imgrank", *words])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("empty", ["", "  "])
@pytest.mark.parametrize(
    ("command", "option", "takes"),
    [
        (SORT, "--camera", "a part of the name of a camera"),
        (SORT, "--exclude", "a name or a pattern"),
        (SORT, "--opposite", "a text that names the other end"),
        (SORT, "--page", "the name of a file"),
        (SORT, "--page-dir", "the name of a folder"),
        (SORT, "--export", "the name of a file"),
        (SORT, "--address", "the address of a cluster, or auto"),
        (("explain", "a.jpg", "a cat"), "--opposite", "a text that names the other end"),
        (("explain", "a.jpg", "a cat"), "--against", "an image"),
        (("explain", "a.jpg", "a cat"), "--out", "the name of a file"),
        (("train", "labels.csv"), "--query", "a text"),
        (("train", "labels.csv"), "--name", "a name"),
        (("train", "labels.csv"), "--write-labels", "the name of a file"),
        (("eval", "labels.csv"), "--index", "an index"),
        (("label", "photos", "a cat"), "--labels", "the name of a file"),
        (("label",), "--report", "the name of a file"),
        (("index", "build", "photos"), "--out", "a folder or a URL"),
        (("index", "build", "photos"), "--column", "the name of a column"),
    ],
)
def test_an_empty_value_is_refused(capsys, monkeypatch, command, option, takes, empty):
    assert f'{option} takes {takes}, not "{empty}".' in refused(capsys, monkeypatch, *command, option, empty)


@pytest.mark.parametrize("number", ["1e400", "inf", "nan", "-inf"])
def test_no_number_of_megapixels_is_endless(capsys, monkeypatch, number):
    said = refused(capsys, monkeypatch, *SORT, f"--max-megapixels={number}")
    assert f'--max-megapixels takes a number of at least 0, not "{number}".' in said


def test_a_threshold_of_groups_without_groups_is_refused(capsys, monkeypatch):
    said = refused(capsys, monkeypatch, *SORT, "--group-threshold", "0.9")
    assert "--group-threshold" in said and "--group similar" in said
