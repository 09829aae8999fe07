"""The other end of a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgrank.adapter.comparatives import OPPOSITES, opposite_of


@pytest.mark.parametrize(
    ("sentence", "opposite"),
    [
        ("older person", "younger person"),
        ("Younger looking people", "older looking people"),
        ("more people", "fewer people"),
        ("fewer dogs", "more dogs"),
        ("more beautiful", "less beautiful"),
        ("more", "less"),
        ("sharper", "blurrier"),
        ("blurry", "sharp"),
        ("a dark photo", "a bright photo"),
        ("an older car", "a younger car"),
        ("a younger man", "an older man"),
        ("the best photo", "the worst photo"),
        ("a cat", None),
        ("a photo of a school bus", None),
        ("an old house", None),
        ("a big dog on a small boat", None),
        ("", None),
        ("a photo", None),
    ],
)
def test_the_first_comparative_is_turned_around(sentence: str, opposite: str | None) -> None:
    assert opposite_of(sentence) == opposite


def test_any_word_will_do_where_only_the_direction_is_asked() -> None:
    assert opposite_of("young people", any_word=True) == "old people"
    assert opposite_of("a big dog", any_word=True) == "a small dog"
    assert opposite_of("a cat", any_word=True) is None


def test_no_word_is_its_own_opposite_and_each_opposite_has_one() -> None:
    for word, other in OPPOSITES.items():
        assert word != other
        assert other in OPPOSITES or other == "more"


@given(st.text(max_size=40))
def test_any_sentence_has_at_most_one_other_end(sentence: str) -> None:
    other = opposite_of(sentence)
    assert other is None or other != sentence
