"""A score keeps the digits that hold, whatever its unit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgrank.rounding import HOLDS, decimals_for, rounded


@pytest.mark.parametrize(
    ("scale", "score", "kept"),
    [
        (1.0, 0.1234567, 0.12346),
        (24.3, 27.107784, 27.108),
        (0.3, 0.1234567, 0.12346),
        (4e6, 1234567.8, 1234600.0),
        (1e-300, 12.5, 12.5),
    ],
)
def test_digits_follow_the_scale(scale, score, kept):
    assert rounded(np.array([score]), scale).tolist() == [kept]


@given(st.floats(1e-6, 1e6), st.floats(-100, 100))
def test_nothing_moves_by_more_than_a_few_millionths_of_the_scale(scale, standardised):
    score = np.array([scale * standardised])
    assert abs(rounded(score, scale) - score).max() <= 5.001 * HOLDS * scale


@given(st.floats(1e-6, 1e6), st.lists(st.floats(-1e3, 1e3), min_size=2))
def test_rounding_turns_no_two_scores_around(scale, scores):
    kept = rounded(np.sort(scale * np.array(scores)), scale)
    assert (np.diff(kept) >= 0).all()


def test_there_is_no_negative_zero():
    assert not np.signbit(rounded(np.array([-0.0, -1e-9]))).any()


@pytest.mark.parametrize(
    ("span", "decimals"), [(0.0, 3), (1.0, 2), (0.5, 3), (30.0, 1), (99.0, 1), (250.0, 0), (1e9, 0), (1e-9, 6)]
)
def test_decimals_tell_a_few_hundred_steps_of_a_span_apart(span, decimals):
    assert decimals_for(span) == decimals


@given(st.floats(1e-3, 99.0))
def test_steps_of_a_span_are_hundreds(span):
    """Between the least span that six decimals tell, and the greatest that needs none."""
    steps = span * 10 ** decimals_for(span)
    assert 100 * (1 - 1e-9) <= steps <= 1000 * (1 + 1e-9)
