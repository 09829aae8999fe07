"""What is said of a thing, which only likeness knows."""

from __future__ import annotations

import pytest

from imgrank.ranker import Ranker
from imgrank.scoring.asking import ONLY_LIKENESS, ask
from imgrank.scoring.describing import described
from imgrank.scoring.question import Question


@pytest.mark.parametrize(
    ("sentence", "words", "thing"),
    [
        ("a red car", "red", "car"),
        ("a wooden chair", "wooden", "chair"),
        ("an old black dog", "old black", "dog"),
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
        "dogs over people",
    ],
)
def test_acts_names_and_longer_sentences_are_no_description(sentence):
    assert described(sentence) is None


def test_what_only_likeness_knows_is_told_and_no_sure_order():
    with Ranker() as ranker:
        red = ask(Question("show me a red car"), ranker)
        assert ONLY_LIKENESS.format("red", "car") in red.notes
        assert not red.understood
        for sentence in ("a car", "a polar bear", "a red panda", "red wine", "a black and white photo", "old people"):
            scorer = ask(Question(sentence), ranker)
            assert scorer.understood
            assert scorer.notes == ()
