"""What is said where a sentence asks for something that nobody looks at."""

from __future__ import annotations

import pytest

from imgrank.ranker import Ranker
from imgrank.scoring.asking import ask
from imgrank.scoring.detail import quality_in
from imgrank.scoring.limits import (
    NO_NUMBER,
    NOT_OVEREXPOSED,
    WITHOUT_OVEREXPOSED,
    QualityBeside,
    bounds_plainly,
    exact_number,
    quality_beside,
)
from imgrank.scoring.question import Evidence, Question
from tests.explaining.making import RedRanker


@pytest.mark.parametrize(
    ("sentence", "quality", "asked", "thing"),
    [
        ("sharpest picture of a dog", "sharpness", "sharpest photo", "a dog"),
        ("The sharpest dogs", "sharpness", "sharpest photo", "dogs"),
        ("blurriest picture of a dog", "sharpness", "blurriest photo", "a dog"),
        ("a dog, sharpest first", "sharpness", "sharpest photo", "a dog"),
        ("the cats, sharpest at the top", "sharpness", "sharpest photo", "the cats"),
        ("dogs, blurriest last", "sharpness", "blurriest photo last", "dogs"),
        ("show me the least noisy shots of my cat, please", "noise", "least noisy photo", "my cat"),
        ("noisier photos of birds", "noise", "noisier photo", "birds"),
        ("which dog is sharpest", "sharpness", "sharpest photo", ""),
    ],
)
def test_a_quality_of_some_things_is_told_from_what_it_is_asked_of(sentence, quality, asked, thing):
    assert quality_beside(sentence) == QualityBeside(quality, asked, thing)
    assert quality_in(asked) is not None  # what is advised is measured


@pytest.mark.parametrize(
    "sentence",
    [
        "sharpest photo",
        "sharpest first",
        "from sharpest to blurriest",
        "a sharp knife",
        "the sharpest knife",
        "a blurry dog",
        "a dog in focus",
        "the noisiest street",
        "a dog",
    ],
)
def test_nothing_is_said_of_a_quality_alone_or_of_sharp_things(sentence):
    assert quality_beside(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "number"),
    [
        ("exactly one dog", "exactly one"),
        ("Exactly three people!", "exactly three"),
        ("only two dogs", "only two"),
        ("just 5 birds", "just 5"),
        ("precisely 12", "precisely 12"),
        ("only dogs", None),
        ("only one more dog", None),
        ("just one of them", None),
        ("at least three people", None),
        ("two dogs exactly", "two dogs exactly"),
        ("the second oldest person", "second oldest"),
        ("3rd most people", "3rd most"),
        ("the oldest person", None),
        ("three people only", "three people only"),
        ("between 2 and 4 people", "between 2 and 4"),
        ("two to four dogs", "two to four"),
        ("2-4 people", "2-4"),
        ("one or two dogs", "one or two"),
        ("an even number of people", "an even number of"),
        ("as many dogs as cats", "as many dogs as cats"),
        ("a one to one lesson", None),
        ("a 7-eleven store", None),
        ("two dogs and three cats", None),
        ("two cats", "two"),
        ("show me 3 dogs", "3"),
        ("a dozen brown eggs", "a dozen"),
        ("half a dozen eggs", "half a dozen"),
        ("three people", "three"),
        ("around 5 people", "around 5"),
        ("almost a dozen dogs", "almost a dozen"),
        ("one dog", None),
        ("two dogs play with a ball", None),
        ("at least two dogs", None),
    ],
)
def test_an_exact_number(sentence, number):
    assert exact_number(sentence) == number


@pytest.mark.parametrize(
    ("sentence", "plain"),
    [
        ("at most one dog", "fewest dogs"),
        ("no more than 3 people", "fewest people"),
        ("fewer than one hundred people", "fewest people"),
        ("up to two cats", "fewest cats"),
        ("2 dogs max", "fewest dogs"),
        ("one person or less", "fewest people"),
        ("3+ people", "at least 3 people"),
        ("three or more dogs", "at least three dogs"),
        ("two dogs", "two dogs"),
        ("at least two dogs", "at least two dogs"),
    ],
)
def test_what_is_within_a_bound_stands_first(sentence, plain):
    assert bounds_plainly(sentence) == plain


def test_both_are_said_and_what_is_not_looked_at_is_no_sure_order():
    dogs = ask(Question("sharpest picture of a dog"), RedRanker())
    assert dogs.notes == (str(quality_beside("sharpest picture of a dog")),) and not dogs.understood
    one = ask(Question("exactly one dog"), RedRanker())
    assert one.notes == (NO_NUMBER.format("exactly one"),) and not one.understood
    for bound in ("more than five", "at least two", "at most two"):
        cats = ask(Question(f"{bound} cats"), RedRanker())
        assert cats.notes == (NO_NUMBER.format(bound),) and not cats.understood
    for plain in ("a sharp knife", "a dog"):
        scorer = ask(Question(plain), RedRanker())
        assert scorer.notes == () and scorer.understood
    assert ask(Question("sharpest dog", opposite="blurriest dog"), RedRanker()).notes == ()


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("Over-exposed shots first", "over-exposed"),
        ("photos that are too bright", "too bright"),
        ("burnt-out highlights", "burnt-out highlights"),
        ("the blown-out skies", "blown-out"),
    ],
)
def test_too_much_light_is_read_as_brightest_and_no_sure_order(sentence, words):
    with Ranker() as ranker:
        scorer = ask(Question(sentence), ranker)
    assert NOT_OVEREXPOSED.format(words) in scorer.notes
    assert not scorer.understood


@pytest.mark.parametrize("sentence", ["well exposed", "bright photos", "underexposed", "not too bright"])
def test_light_without_too_much_of_it_is_no_overexposure(sentence):
    with Ranker() as ranker:
        notes = ask(Question(sentence), ranker).notes
    assert not any("read as brightest" in note for note in notes)


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("not overexposed", "overexposed"),
        ("I don't want any overexposed pictures", "overexposed"),
        ("no blown highlights", "blown highlights"),
        ("without overexposure", "overexposure"),
        ("overexposed last", "overexposed"),
        ("least overexposed", "overexposed"),
    ],
)
def test_too_much_light_that_is_denied_is_put_last_and_is_no_sure_order(sentence, words):
    with Ranker() as ranker:
        scorer = ask(Question(sentence), ranker)
    assert "darkest first" in scorer.verdict(Evidence()).asked.quantity
    assert WITHOUT_OVEREXPOSED.format(words) in scorer.notes
    assert not scorer.understood


@pytest.mark.parametrize("sentence", ["well exposed", "properly exposed photos", "good exposure", "not underexposed"])
def test_the_right_amount_of_light_is_at_no_end_of_a_scale_and_is_no_sure_order(sentence):
    with Ranker() as ranker:
        scorer = ask(Question(sentence), ranker)
    assert any("is judged by how dark images are" in note for note in scorer.notes)
    assert not scorer.understood


@pytest.mark.parametrize(
    ("sentence", "is_sure"),
    [
        ("isn't too dark", False),
        ("not too bright", False),
        ("not too old", False),
        ("not dark", True),
        ("not too blurry", True),  # no picture is too sharp
        ("not too noisy", True),
    ],
)
def test_a_bound_is_doubted_where_the_other_end_may_be_too_far(sentence, is_sure):
    with Ranker() as ranker:
        scorer = ask(Question(sentence), ranker)
    assert scorer.understood is is_sure
    assert any("does not know how much" in note for note in scorer.notes) is not is_sure


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("older women", "'women' is not told from other people"),
        ("the oldest child", "'child' is not told from other people"),
        ("most cats", "no ranker counts 'cats'"),
        ("fewest birds first", "no ranker counts 'birds'"),
        ("oldest people", ""),
        ("more dogs", ""),
        ("more snow", ""),
    ],
)
def test_whom_age_is_not_told_of_and_what_is_not_counted_are_no_sure_order(sentence, told):
    with Ranker() as ranker:
        scorer = ask(Question(sentence), ranker)
    assert scorer.understood is not bool(told)
    assert not told or any(note.startswith(told) for note in scorer.notes)


def test_what_is_not_counted_is_quoted_in_part_where_it_is_long():
    with Ranker() as ranker:
        notes = ask(Question(f"most {'①' * 500} cats"), ranker).notes
    assert any("no ranker counts" in note for note in notes)
    assert max(map(len, notes)) < 300
