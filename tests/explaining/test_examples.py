"""Labelled pictures like one: from the rows that stand beside a trained adapter."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgrank.explaining.explanation import SHOWN, nearest_examples
from imgrank.explaining.records import Example
from imgrank.scoring.question import Question
from imgrank.training import train
from tests.training.making import CONFIG, QUICK, FakeSource, labels_csv, pairs_csv


class Asked(FakeSource):
    """A source that a trained adapter answers."""

    def __init__(self, adapter: Path | str) -> None:
        super().__init__()
        self.adapter = str(adapter)


def taught(labels: Path, out: Path, **more: str) -> Path:
    return train(labels, out=out, options=QUICK, config=CONFIG, source=FakeSource(), **more).path


def examples(adapter: Path | str, image: Path, sentence: str = "more") -> tuple[Example, ...]:
    return nearest_examples(Asked(adapter), Question(sentence), str(image), lambda _: None)


pytestmark = pytest.mark.usefixtures("home")


def test_the_nearest_come_first_with_what_was_said_of_them(tmp_path: Path) -> None:
    adapter = taught(labels_csv(tmp_path / "in", 30), tmp_path / "made.safetensors", unit="points")
    found = examples(adapter, tmp_path / "in" / "12.jpg")
    assert len(found) == SHOWN
    assert Path(found[0].path).name == "12.jpg" and found[0].said == "6 points"
    assert found[0].likeness == pytest.approx(1, abs=1e-3)
    assert [one.likeness for one in found] == sorted((one.likeness for one in found), reverse=True)


def test_of_answers_it_is_told_how_often_a_picture_was_more(tmp_path: Path) -> None:
    adapter = taught(pairs_csv(tmp_path / "in", 60, pictures=20), tmp_path / "made.safetensors")
    best = examples(adapter, tmp_path / "in" / "19.jpg")[0]
    won, _, asked = best.said.removeprefix("more in ").removesuffix(" answers").partition(" of ")
    assert 0 < float(won) <= int(asked)


def test_pictures_that_have_gone_are_left_out_and_so_is_everything_without_rows(tmp_path: Path) -> None:
    adapter = taught(labels_csv(tmp_path / "in", 20), tmp_path / "made.safetensors")
    (tmp_path / "in" / "7.jpg").unlink()
    assert "7.jpg" not in {Path(one.path).name for one in examples(adapter, tmp_path / "in" / "8.jpg")}
    adapter.with_suffix(".csv").write_text("not labels")
    assert examples(adapter, tmp_path / "in" / "8.jpg") == ()
    adapter.with_suffix(".csv").unlink()
    assert examples(adapter, tmp_path / "in" / "8.jpg") == ()
    assert examples("none", tmp_path / "in" / "8.jpg") == ()
