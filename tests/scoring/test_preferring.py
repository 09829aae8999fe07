"""One thing that is liked better than another, and one behind another."""

from __future__ import annotations

import pytest

from imgrank.scoring.idioms import ABOVE_OR_LIKED, Said, plainly
from imgrank.scoring.negation import WantedWithout
from imgrank.scoring.preferring import first_and_last, one_after_another


@pytest.mark.parametrize(
    ("sentence", "plain"),
    [
        ("dogs over cats", "dogs, not cats"),
        ("cats instead of dogs", "cats, not dogs"),
        ("dogs rather than cats", "dogs, not cats"),
        ("dogs not cats", "dogs, not cats"),
        ("prefer dogs to cats", "dogs, not cats"),
        ("I'd prefer cats over dogs", "cats, not dogs"),
        ("show me dogs instead of cats", "dogs, not cats"),
        ("more dogs than cats", "dogs, not cats"),
        ("men over women", "men, not women"),
        ("no dogs but people", "people, no dogs"),
        ("no dogs, but cats", "cats, no dogs"),
        ("not a dog but a cat", "a cat, no dog"),
        ("no people, just dogs", "dogs, no people"),
        ("without people but with dogs", "dogs, no people"),
    ],
)
def test_what_is_liked_less_is_denied_beside_what_is_liked_better(sentence, plain):
    said = plainly(sentence)
    assert (said.text, said.doubt) == (plain, "")


@pytest.mark.parametrize(
    "sentence",
    ["clouds over mountains", "a bridge over water", "birds over boats", "sky not blue", "not old but young"],
)
def test_a_place_or_a_quality_is_no_preference(sentence):
    assert plainly(sentence).text == sentence


@pytest.mark.parametrize("sentence", ["people over dogs", "dogs over people", "women over horses"])
def test_what_may_be_liked_better_or_stand_above_is_told(sentence):
    assert plainly(sentence) == Said(sentence, ABOVE_OR_LIKED.format(sentence))


@pytest.mark.parametrize(
    "sentence", ["birds over people", "a bridge over water", "people over water", "dogs over cats"]
)
def test_what_can_only_be_a_place_or_a_preference_is_not_doubted(sentence):
    assert plainly(sentence).doubt == ""


def test_what_stands_first_and_last():
    assert first_and_last("dogs first, people last") == WantedWithout("dogs", ("people",))
    assert first_and_last("people last, dogs first") == WantedWithout("dogs", ("people",))
    assert first_and_last("people last and dogs") == WantedWithout("dogs", ("people",))
    for sentence in ("dogs first", "sharpest last, dogs", "few people last, dogs first"):
        assert first_and_last(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "first", "behind"),
    [
        ("dogs first, then cats", "dogs", "then cats"),
        ("dogs then cats then birds", "dogs", "then cats, then birds"),
        ("first the dogs, then the cats", "dogs", "then the cats"),
        ("sharpest first, then brightest", "sharpest", "then brightest"),
    ],
)
def test_what_is_to_stand_second_is_said_not_to_be_understood(sentence, first, behind):
    said = plainly(sentence)
    assert said.text == first.removeprefix("the ")
    assert said.doubt.startswith(f"'{behind}' is not understood")


def test_the_other_end_of_a_scale_stands_second_as_it_is():
    assert one_after_another("old people, then young people") == ("", "")
