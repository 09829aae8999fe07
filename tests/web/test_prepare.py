"""Which pictures are asked about, and what cannot be started."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from imgrank.errors import UsageError
from imgrank.web.prepare import prepare, prepare_ranked
from imgrank.web.records import LabelSettings
from tests.web.making import SENTENCE, FakeRanker, photos


def settings(folder: Path, **settings: object) -> LabelSettings:
    return LabelSettings(str(folder / "photos"), SENTENCE, labels=str(folder / "labels.csv"), **settings)


def asked_about(folder: Path, **named: object) -> list[str]:
    prepared = prepare(settings(folder, **named), FakeRanker())
    return [os.path.basename(path) for path in prepared.lesson.pool.paths]


def test_of_many_pictures_some_are_asked_about_spread_over_the_order(tmp_path: Path) -> None:
    photos(tmp_path / "photos", 32)
    numbers = [int(name.removeprefix("photo ").removesuffix(".png")) for name in asked_about(tmp_path, pictures=8)]
    assert len(numbers) == 8 and numbers == sorted(numbers)
    assert min(numbers) < 8 and max(numbers) >= 24


def test_pictures_answered_about_before_stay_among_them(tmp_path: Path) -> None:
    photos(tmp_path / "photos", 32)
    first = set(asked_about(tmp_path, pictures=6))
    absent = next(f"photo {n}.png" for n in range(32) if f"photo {n}.png" not in first)
    (tmp_path / "labels.csv").write_text(
        f"left,right,query,preferred\nphotos/{absent},photos/photo 0.png,{SENTENCE},left\n"
    )
    assert {absent, "photo 0.png"} <= set(asked_about(tmp_path, pictures=6))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not allow such names")
def test_a_name_that_labels_cannot_hold_is_not_asked_about_and_said(tmp_path: Path) -> None:
    photos(tmp_path / "photos", 4)
    for name in (b"bad\xff.png", b"two\nlines.png", b"blank .png"):
        (tmp_path / "photos" / "photo 0.png").rename(tmp_path / "photos" / os.fsdecode(name))
        photos(tmp_path / "photos", 4)
    prepared = prepare(settings(tmp_path), FakeRanker())
    names = {os.path.basename(path) for path in prepared.lesson.pool.paths}
    assert names == {f"photo {n}.png" for n in range(4)} | {"blank .png"}
    assert any("2 images are not asked about" in note for note in prepared.notes)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes names that are no UTF-8")
def test_where_no_path_can_stand_in_a_labels_file_that_is_said(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"h\xe9")
    folder.mkdir()
    photos(folder / "photos", 3)
    with pytest.raises(
        UsageError, match="3 images are not asked about: their paths cannot be written to a labels file"
    ):
        prepare(LabelSettings(str(folder / "photos"), SENTENCE, labels=str(tmp_path / "labels.csv")), FakeRanker())


def test_what_cannot_be_taught_is_said_in_words(tmp_path: Path) -> None:
    photos(tmp_path / "photos", 2)
    ranker = FakeRanker()
    with pytest.raises(UsageError, match="at least 3"):
        prepare(settings(tmp_path), ranker)
    with pytest.raises(UsageError, match="is not a folder"):
        prepare(LabelSettings(str(tmp_path / "photos" / "photo 0.png"), SENTENCE), ranker)
    with pytest.raises(UsageError, match="sentence"):
        prepare(LabelSettings(str(tmp_path), " | "), ranker)


@pytest.mark.parametrize("key", ["sentence", "person"])
@pytest.mark.parametrize("text", ["older\0person", "older\rperson", "older\nperson", "older \ud800"])
def test_what_a_labels_file_cannot_hold_is_refused_before_anything_is_asked(
    tmp_path: Path, key: str, text: str
) -> None:
    photos(tmp_path / "photos")
    refused = replace(settings(tmp_path), **{key: text})
    with pytest.raises(UsageError, match="cannot hold this"):
        prepare(refused, FakeRanker())
    with pytest.raises(UsageError, match="cannot hold this"):
        prepare_ranked(refused, FakeRanker(), [])
    assert not (tmp_path / "labels.csv").exists()


def test_a_picture_that_is_named_twice_is_asked_about_once(tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos", 4)
    paths = [str(folder / f"photo {n}.png") for n in (0, 1, 1, 0, 2)]
    assert list(prepare_ranked(settings(tmp_path), FakeRanker(), paths).lesson.pool.paths) == [*paths[:2], paths[4]]
    with pytest.raises(UsageError, match="at least 3"):
        prepare_ranked(settings(tmp_path), FakeRanker(), paths[:4])
