"""Words as they were meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgrank.scoring.lexicon import meant, without_signs

KNOWN = ("people", "contrast", "blurry", "underexposed", "noisy")


@pytest.mark.parametrize(
    ("word", "right"),
    [
        ("poeple", "people"), ("contast", "contrast"), ("blury", "blurry"), ("underexpsd", "underexposed"),
        ("noise", "noisy"), ("purple", "purple"), ("dog", "dog"), ("nosy", "nosy"),
    ],
)  # fmt: skip
def test_what_is_nearly_spelt_alike_is_meant(word, right):
    assert meant(word, KNOWN) == right


def test_of_two_that_are_as_near_none_is_meant():
    assert meant("wurmer", ("warmer", "wormer")) == "wurmer"


@given(st.text(max_size=12), st.sets(st.text(max_size=12), max_size=5))
def test_a_word_stays_or_becomes_a_known_one(word, known):
    assert meant(word, known) in {word, *known}


@pytest.mark.parametrize("sign", ["# of", "#", "no. of", "nr. of", "No of"])
def test_signs_of_number(sign):
    assert without_signs(f"{sign} dogs").split() == ["number", "of", "dogs"]
