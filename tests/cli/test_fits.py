"""What is said of images that fit, and of a keyword that none gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgrank.actions.records import Action, Request
from imgrank.cli.filters import told_of_fits
from imgrank.cli.tags import told_of_keyword

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"


def test_of_a_mix_the_terms_that_cannot_tell_what_fits_are_named(ranker):
    told = told_of_fits(ranker.rank([PHOTOS], "sharpest photo", plus=["a cat"]))
    assert told == "2 of 24 fit, not counting 'sharpest photo': every image has its place in such an order"
    assert told_of_fits(ranker.rank([PHOTOS], "a cat but not an owl")) == "2 of 24 fit"
    alone = told_of_fits(ranker.rank([PHOTOS], "sharpest photo", like=PHOTOS / "cat.jpg"))
    assert alone == "24 of 24 fit: every image has its place in such an order"


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("oldest person", "every image that shows what the sentence is about has its place in this order"),
        ("sharpest photo", "every image has its place in this order"),
    ],
)
def test_no_keyword_is_explained_by_no_more_than_the_order_says(ranker, sentence, said):
    images = ranker.rank([PHOTOS], sentence).images
    assert said in told_of_keyword(Request(Action.tag, sentence), None, images)
