"""Words that say the same, stand opposite, or name a kind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgrank.scoring import lexicon
from imgrank.scoring.lexicon import NOTHING, are_near, are_opposed, entry, is_kind_of, is_thing, meant, without_signs


@pytest.mark.parametrize(("one", "other"), [("rbc", "erythrocyte"), ("messy", "mess"), ("age", "old"), ("dim", "dark")])
def test_near_words_are_near_both_ways(one, other):
    assert are_near(one, other) and are_near(other, one)


@pytest.mark.parametrize(("one", "other"), [("tidy", "messy"), ("cheap", "expensive"), ("cool", "warm")])
def test_opposites_are_opposed_both_ways_and_not_near(one, other):
    assert are_opposed(one, other) and are_opposed(other, one)
    assert not are_near(one, other)


@pytest.mark.parametrize(
    ("word", "other", "is_kind"),
    [
        ("grandmother", "person", True), ("puppy", "dog", True), ("taxi", "car", True), ("car", "vehicle", True),
        ("dog", "person", False), ("building", "person", False), ("phone", "car", False), ("person", "woman", False),
    ],
)  # fmt: skip
def test_kinds(word, other, is_kind):
    assert is_kind_of(word, other) == is_kind


def test_a_thing_can_be_seen():
    assert is_thing("tree") and is_thing("phone") and not is_thing("age") and not is_thing("pale")


@pytest.mark.parametrize("word", ["", "a", "zzzz", "old\t", "old person who", "0", "1930", "10000007", "\n", "ø"])
def test_what_no_dictionary_has_is_nothing(word):
    assert entry(word) is NOTHING
    assert not is_kind_of(word, "person") and not are_near(word, "person")


def test_every_line_is_found():
    """The file is sorted as it is searched."""
    lines = lexicon._FILE.read_text(encoding="utf-8").splitlines()
    assert lines == sorted(lines)
    for line in (lines[0], lines[1], lines[-1], *lines[:: len(lines) // 200]):
        assert lexicon._line(line.split("\t")[0]) == line


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
