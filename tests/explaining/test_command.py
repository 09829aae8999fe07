"""`imgrank explain` as typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from typer import Typer
from typer.testing import CliRunner

import imgrank.ranker
from imgrank.cli import explain
from imgrank.errors import ImgrankError, NothingToRank, UsageError
from tests.explaining.making import GREEN, LOWER_RIGHT, RED, UPPER_LEFT, RedRanker, painted

RUN = CliRunner()
APP = Typer()
APP.command()(explain.explain)


@pytest.fixture
def spots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(imgrank.ranker, "Ranker", lambda *_: RedRanker())
    return [
        painted(tmp_path / "one.png", (UPPER_LEFT, RED)),
        painted(tmp_path / "other.png", (UPPER_LEFT, GREEN), (LOWER_RIGHT, RED)),
    ]


def test_score_and_places_are_printed_and_no_file_is_written(spots: list[str], tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    result = RUN.invoke(APP, [spots[0], "red"])
    assert result.exit_code == 0 and "raises the score: upper left" in result.stdout
    assert sorted(tmp_path.iterdir()) == before


def test_two_pictures_stand_side_by_side_on_one_map(spots: list[str], tmp_path: Path) -> None:
    out = tmp_path / "map.png"
    result = RUN.invoke(APP, [spots[0], "red", "--against", spots[1], "--out", str(out), "--format", "json"])
    told = json.loads(result.stdout)
    assert [Path(image["path"]).name for image in told["images"]] == ["one.png", "other.png"]
    assert told["difference"] == pytest.approx(told["images"][0]["score"] - told["images"][1]["score"])
    assert Image.open(out).width > 900


def test_a_map_replaces_a_map_and_nothing_else(spots: list[str], tmp_path: Path) -> None:
    out = tmp_path / "map.png"
    for _ in range(2):
        assert RUN.invoke(APP, [spots[0], "red", "--out", str(out)]).exit_code == 0
    (tmp_path / "notes.png").write_text("mine")
    for there in (spots[0], str(tmp_path / "notes.png")):
        before = Path(there).read_bytes()
        refused = RUN.invoke(APP, [spots[0], "red", "--out", there]).exception
        assert isinstance(refused, UsageError) and "was not made by imgrank" in str(refused)
        assert Path(there).read_bytes() == before


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        (["gone.png", "red"], UsageError),
        (["one.png", " "], UsageError),
        (["one.png", "red", "--against", "gone.png"], UsageError),
        (["one.png", "red", "--out", "map.jpg"], UsageError),
        (["one.png", "red", "--out", "nowhere/map.png"], UsageError),
        (["broken.png", "red"], NothingToRank),
    ],
)
def test_what_cannot_be_explained_is_said_in_a_sentence(
    spots: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: list[str], kind: type[ImgrankError]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    refused = RUN.invoke(APP, typed).exception
    assert isinstance(refused, kind) and str(refused).endswith((".", "?"))


def test_the_map_carries_no_place_along(tmp_path: Path, spots: list[str]) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRET-CAMERA"
    Image.open(spots[0]).convert("RGB").save(tmp_path / "tagged.jpg", exif=exif)
    out = tmp_path / "map.png"
    assert RUN.invoke(APP, [str(tmp_path / "tagged.jpg"), "red", "--out", str(out)]).exit_code == 0
    assert b"SECRET-CAMERA" not in out.read_bytes()
