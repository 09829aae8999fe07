"""Which end of a scale answers what is denied, and what lacks the subject of it."""

from __future__ import annotations

import pytest

from imgrank import Ranker
from imgrank.adapter.registry import find_adapter
from imgrank.scoring.asking import ask
from imgrank.scoring.choosing import Candidates, who_answers
from imgrank.scoring.question import Question


@pytest.fixture(scope="module")
def ranker():
    with Ranker() as made:
        yield made


@pytest.mark.parametrize(
    ("sentence", "query", "is_reversed"),
    [
        ("not overexposed", "underexposed", False),
        ("no overexposed photos", "underexposed", False),
        ("least overexposed", "underexposed", False),
        ("not underexposed", "underexposed", True),
        ("not empty", "more people", False),
        ("not crowded", "more people", True),
    ],
)
def test_what_is_denied_is_the_other_end_of_what_is_said_without_the_denial(ranker, sentence, query, is_reversed):
    shipped = Candidates((find_adapter("mini-adapter"),), ranker.backbone.fingerprint)
    choice = who_answers(sentence, shipped, ranker.sentence)
    assert (choice.query.name, choice.reversed) == (query, is_reversed)


@pytest.mark.parametrize(
    ("sentence", "keeps"), [("fewest dogs", True), ("no people", True), ("fewest platelets", False)]
)
def test_what_only_a_microscope_shows_is_not_lacked_by_other_pictures(ranker, sentence, keeps):
    assert ask(Question(sentence), ranker).keeps_all is keeps
