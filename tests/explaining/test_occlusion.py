"""The map: it is fair to every place, and finds what moves the score."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgrank.explaining.explanation import GRID, influence, parts, washed_out, windows

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
