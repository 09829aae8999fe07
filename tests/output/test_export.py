"""A list in a file: what other programs read is what was chosen, and no file of somebody else's is replaced."""

from __future__ import annotations

import csv
import json
import os

import pytest

from imgrank.errors import ActionError, UsageError
from imgrank.output.export import check_export, is_ours, write_export
from imgrank.paths import printable
from imgrank.records import RankedImage, Ranking


def ranking(*paths):
    images = tuple(RankedImage(n, 1.0 / n, 50.0, path) for n, path in enumerate(paths, 1))
    return Ranking("a\ncat", images, (), "mini", "0" * 16, "zero-shot", None, None, True, "cpu", 0, 0.0)


NAMES = ["b.jpg", "#a.jpg", "ü ñ.jpg", "é,\"'.jpg", "deep/c.jpg"]


def write(folder, file, *names):
    order = ranking(*(str(folder / name) for name in names))
    return write_export(order, order.images, str(folder / file))


def test_a_playlist_names_every_picture_from_its_own_folder(tmp_path):
    assert write(tmp_path, "l.m3u8", *NAMES) == len(NAMES)
    lines = (tmp_path / "l.m3u8").read_text("utf-8").split("\n")
    assert lines[0] == "#EXTM3U" and "a cat" in lines[2]
    named = [line for line in lines if line and not line.startswith("#")]
    assert [os.path.normpath(tmp_path / name) for name in named] == [str(tmp_path / name) for name in NAMES]
    assert not any(os.path.isabs(name) for name in named)


def test_pictures_elsewhere_are_named_whole_and_addresses_stay(tmp_path):
    (tmp_path / "lists").mkdir()
    order = ranking(str(tmp_path / "a.jpg"), "s3://bucket/b.jpg", "c.jpg")
    write_export(order, order.images, str(tmp_path / "lists" / "l.m3u8"))
    text = (tmp_path / "lists" / "l.m3u8").read_text("utf-8")
    assert str(tmp_path / "a.jpg") in text and "\ns3://bucket/b.jpg\n" in text and os.path.abspath("c.jpg") in text


def test_a_name_with_a_line_break_is_in_no_playlist_and_in_every_table(tmp_path):
    assert write(tmp_path, "l.m3u8", "a\nb.jpg", "c.jpg") == 1
    assert write(tmp_path, "l.csv", "a\nb.jpg", "c.jpg") == 2
    with open(tmp_path / "l.csv", encoding="utf-8", newline="") as stream:
        assert [row["path"] for row in csv.DictReader(stream)] == [str(tmp_path / "a\nb.jpg"), str(tmp_path / "c.jpg")]


def test_json_is_what_sort_prints_with_whole_paths(tmp_path):
    write(tmp_path, "l.json", *NAMES)
    found = json.loads((tmp_path / "l.json").read_text("utf-8"))
    assert found["query"] == "a\ncat" and [each["path"] for each in found["images"]] == [
        str(tmp_path / name) for name in NAMES
    ]


@pytest.mark.parametrize("kind", ["csv", "json", "m3u8"])
def test_only_lists_of_ours_are_replaced(tmp_path, kind):
    file = tmp_path / f"l.{kind}"
    write(tmp_path, file.name, "a.jpg")
    assert is_ours(str(file))
    check_export(str(file), replaces=False)
    for foreign in ("#EXTM3U\nsong.mp3\n", "image,query,value\n", '{"images": []}', ""):
        file.write_text(foreign)
        with pytest.raises(UsageError, match="Nothing was written"):
            check_export(str(file), replaces=False)
        check_export(str(file), replaces=True)
    assert file.read_text() == ""


@pytest.mark.parametrize("name", ["list", "list.txt", "list.jpg", "nowhere/list.csv", "folder.csv"])
def test_what_is_no_place_for_a_list_is_said_before_any_work(tmp_path, name):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(UsageError):
        check_export(str(tmp_path / name), replaces=True)


def test_a_list_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    write(tmp_path, "l.csv", "a.jpg")
    before = (tmp_path / "l.csv").read_bytes()
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(ActionError, match=f"{printable('l.csv')} cannot be written: no space"):
        write(tmp_path, "l.csv", "b.jpg")
    assert (tmp_path / "l.csv").read_bytes() == before and os.listdir(tmp_path) == ["l.csv"]
