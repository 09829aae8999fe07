"""The map is fair to every place and finds what moves the score; examples are labelled pictures like the one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgrank.explaining.explanation import SHOWN, Example, nearest_examples
from imgrank.explaining.influence import GRID, influence, parts, washed_out, windows
from imgrank.scoring.asking import Settled
from imgrank.scoring.question import Question
from imgrank.training import train
from tests.training.making import CONFIG, QUICK, FakeSource, labels_csv, pairs_csv

PIXELS = np.random.default_rng(0).integers(0, 256, (48, 48, 3), np.uint8)


@given(st.integers(GRID, 400))
@settings(max_examples=30, deadline=None)
def test_the_windows_cover_every_part_of_a_picture_of_any_side(side: int) -> None:
    masks = windows(side, side)
    assert masks.any(axis=0).all()
    assert len({int(mask.sum()) for mask in masks}) == 1


@given(st.integers(GRID, 100), st.integers(0, 9))
def test_parts_hold_the_mean_of_what_they_cover(side: int, seed: int) -> None:
    whole = np.random.default_rng(seed).random((side, side))
    divided = parts(whole)
    assert divided.shape == (GRID, GRID)
    edges = np.rint(np.linspace(0, side, GRID + 1)).astype(int)
    assert divided[0, -1] == pytest.approx(whole[: edges[1], edges[-2] :].mean())


def test_only_what_is_masked_is_washed_out() -> None:
    masks = windows(48, 48)[:3]
    for washed, mask in zip(washed_out(PIXELS, masks), masks, strict=True):
        assert np.array_equal(washed[~mask], PIXELS[~mask])
        assert not np.array_equal(washed[mask], PIXELS[mask])


def test_a_score_that_does_not_look_leaves_an_empty_map() -> None:
    score, where = influence(PIXELS, lambda pixels: np.full(len(pixels), 7.0))
    assert score == 7 and not where.any()


@given(st.integers(0, 47), st.integers(0, 47), st.floats(0.1, 10))
@settings(max_examples=20, deadline=None)
def test_a_score_that_hangs_on_one_place_is_traced_to_it_with_its_sign(row: int, column: int, weight: float) -> None:
    black = np.zeros((48, 48, 3), np.uint8)
    black[row, column] = 255
    for sign in (1, -1):
        _, where = influence(black, lambda pixels, s=sign: s * weight * pixels[:, row, column, 0].astype(float))
        strongest = np.unravel_index(np.abs(where).argmax(), where.shape)
        assert np.sign(where[strongest]) == sign
        for place, at in zip(strongest, (row, column), strict=True):
            assert abs(place - at * GRID / 48) <= GRID * 2 / 7


class Asked(FakeSource):
    """A source that a trained adapter answers."""

    def __init__(self, adapter: Path | str) -> None:
        super().__init__()
        self.adapter = str(adapter)


def taught(labels: Path, out: Path, **more: str) -> Path:
    return train(labels, out=out, options=QUICK, config=CONFIG, source=FakeSource(), **more).path


def examples(adapter: Path | str, image: Path, sentence: str = "more") -> tuple[Example, ...]:
    source = Asked(adapter)
    return nearest_examples(source, Settled(Question(sentence), source).choice, str(image), lambda _: None)


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
