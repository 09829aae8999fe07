"""The terms that a sentence names."""

from __future__ import annotations

import pytest

from imgrank import Ranker
from imgrank.records import Term
from imgrank.scoring.terms import terms_of
from tests.explaining.making import RedRanker


class WithRankers(RedRanker):
    """One that asks whoever was trained."""

    adapter = "auto"


@pytest.mark.parametrize(
    ("sentence", "thing", "order"),
    [
        ("children, most colourful first", "children", "most colourful"),
        ("cars sorted by colorfulness", "cars", "colorfulness"),
        ("cars by colorfulness", "cars", "colorfulness"),
        ("dogs, sharpest first", "dogs", "sharpest photo"),
        ("dogs, blurriest last", "dogs", "blurriest photo last"),
        ("sharpest picture of a dog", "a dog", "sharpest photo"),
        ("sharpest portraits", "portraits", "sharpest photo"),
    ],
)
def test_an_order_of_some_things_is_half_as_much_as_these(sentence, thing, order):
    assert terms_of(sentence, WithRankers()) == (Term(thing), Term(order, weight=0.5))


@pytest.mark.parametrize(
    "sentence", ["dogs, biggest first", "photos, most colourful first", "dogs, sharp", "a house, a dog"]
)
def test_what_is_said_of_the_things_themselves_is_one_term(sentence):
    assert terms_of(sentence, WithRankers()) == ()


@pytest.mark.parametrize(
    "sentence", ["dogs rather than cats", "dogs over cats", "no cats but dogs", "dogs first, cats last", "dogs 🚫🐱"]
)
def test_what_is_liked_less_is_a_term_that_is_taken_away(sentence):
    wanted, unwanted = terms_of(sentence, RedRanker())
    assert (wanted, unwanted.weight) == (Term("dogs"), -1.0)
    assert unwanted.text in ("cats", "cat")


def test_the_sharpest_ones_are_the_sharpest_photos():
    assert terms_of("show me the sharpest ones", WithRankers()) == (Term("sharpest photo"),)


def test_what_is_only_allowed_is_no_term():
    assert terms_of("water but no boats, people allowed", RedRanker()) == (Term("water"), Term("boats", weight=-1.0))


@pytest.mark.parametrize(
    ("sentence", "terms"),
    [
        ("sharp and bright", ["sharp", "bright"]),
        ("blurry, underexposed", ["blurry", "underexposed"]),
        ("noisy, grainy and dark", ["noisy", "dark"]),
        ("sharp, bright, no people", ["sharp", "bright", "no people"]),
        ("blurry and out of focus", []),  # one scale
        ("sharp but blurry", []),  # both ends of one
        ("old and dark", []),  # pictures are not old as people are
    ],
)
def test_qualities_of_pictures_are_terms_of_their_own(sentence, terms):
    with Ranker() as ranker:
        assert [term.text for term in terms_of(sentence, ranker)] == terms
