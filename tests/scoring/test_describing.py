"""What is said of a thing, which only likeness knows."""

from __future__ import annotations

import pytest

from imgrank.ranker import Ranker
from imgrank.scoring.asking import ONLY_LIKENESS, ask
from imgrank.scoring.describing import compared, described
from imgrank.scoring.question import Question


@pytest.mark.parametrize(
    ("sentence", "words", "thing"),
    [
        ("a red car", "red", "car"),
        ("a wooden chair", "wooden", "chair"),
        ("an old black dog", "old black", "dog"),
        ("dark photos of my dogs", "dark", "dogs"),
    ],
)
def test_adjectives_are_told_from_the_thing(sentence, words, thing):
    assert described(sentence) == (words, thing)


@pytest.mark.parametrize(
    "sentence",
    [
        "a car",
        "a jumping dog",
        "a fire truck",
        "older dogs",
        "a red car in the snow",
        "red",
        "my dogs",
        "ein rotes Auto",
        "dogs over people",
    ],
)
def test_acts_names_and_longer_sentences_are_no_description(sentence):
    assert described(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "words", "thing"),
    [
        ("the grumpiest uncle", "grumpiest", "uncle"),
        ("A steeper roof", "steeper", "roof"),
        ("most cluttered desk", "most cluttered", "desk"),
        ("the least dangerous big dog in a park", "least dangerous big", "dog"),
        ("the calmest photo of a lake", "calmest", "lake"),
        ("longest suspension bridge", "longest", "suspension bridge"),
        ("an older man and a dog", "older", "man"),
        ("the happiest kid, a dog", "happiest", "kid"),
        ("black cars, newest first", "newest", "black cars"),
        ("dogs, the most muscular ones last", "most muscular", "dogs"),
        ("older man who smokes", "older", "man"),
    ],
)
def test_what_is_compared_is_told_from_the_thing(sentence, words, thing):
    assert compared(sentence) == (words, thing)


@pytest.mark.parametrize(
    "sentence",
    [
        "grumpiest",
        "the grumpiest photos",
        "worst desk",
        "fewest desks",
        "more wooden desks",
        "most rain",
        "west gate",
        "number plate",
        "wider than the lake",
        "people over dogs",
        "",
    ],
)
def test_amounts_and_what_compares_no_thing_are_no_comparison(sentence):
    assert compared(sentence) is None


def test_a_thing_that_no_scale_compares_is_no_sure_order():
    with Ranker() as ranker:
        roof = ask(Question("show me the steepest roof"), ranker)
        assert ONLY_LIKENESS.format("steepest", "roof") in roof.notes
        assert not roof.understood
        for sentence in ("the oldest person", "newest car", "fewest dogs", "sharpest photo"):
            scorer = ask(Question(sentence), ranker)
            assert scorer.understood
            assert not any("similarity alone" in note for note in scorer.notes)


def test_what_only_likeness_knows_is_told_and_no_sure_order():
    with Ranker() as ranker:
        red = ask(Question("show me a red car"), ranker)
        assert ONLY_LIKENESS.format("red", "car") in red.notes
        assert not red.understood
        for sentence in ("a car", "a polar bear", "a red panda", "red wine", "a black and white photo", "old people"):
            scorer = ask(Question(sentence), ranker)
            assert scorer.understood
            assert scorer.notes == ()
