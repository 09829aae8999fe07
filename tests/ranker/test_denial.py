"""How sure a denial is, and what is called good or bad."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgrank import Ranker

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
CATS = {"cat.jpg", "kitten.jpg"}


@pytest.fixture(scope="module")
def ranker():
    with Ranker(adapter="none") as made:
        yield made


def test_no_cat_is_sure_where_no_picture_shows_one(ranker):
    ranking = ranker.rank([path for path in PHOTOS.glob("*.jpg") if path.name not in CATS], "no cat")
    assert ranking.confident and ranking.confidence > 0.5


def test_no_cat_is_sure_where_some_pictures_show_one_and_these_come_last(ranker):
    ranking = ranker.rank([PHOTOS], "no cat")
    assert ranking.confident
    assert {Path(image.path).name for image in ranking.images[-2:]} == CATS


def test_no_cat_is_not_sure_where_all_pictures_show_one(ranker):
    assert not ranker.rank([PHOTOS / name for name in CATS], "no cat").confident


def test_what_fits_a_denial_is_what_lacks_the_thing(ranker):
    images = ranker.rank([PHOTOS], "no cat").images
    assert images[0].fits and not images[-1].fits


def test_best_and_worst_of_a_thing_are_likeness_to_it_and_said_to_be(ranker):
    best, worst, plain = (ranker.rank([PHOTOS], text) for text in ("The best dog", "worst dog", "a dog"))
    assert [image.path for image in best.images] == [image.path for image in worst.images]
    assert best.images[0].path == plain.images[0].path
    assert any("cannot be seen" in note for note in best.notes)
    assert not any("cannot be seen" in note for note in plain.notes)


@pytest.mark.parametrize("sentence", ["no dogs at all", "fewest dogs"])
def test_what_shows_no_dog_has_none_however_many_it_looks_like(sentence):
    """The shipped ranker counts two dogs where there are horses, and knows that it sees no dog."""
    with Ranker() as counting:
        last, most = counting.rank([PHOTOS], sentence).images[-1], counting.rank([PHOTOS], "more dogs").images
    assert (Path(last.path).name, last.score) == ("dog.jpg", -most[0].score)
    assert not most[1].relevant and most[1].score > most[0].score  # horses


@pytest.mark.parametrize("sentence", ["no dogs, no cats", "neither dogs nor cats", "without dogs and cats"])
def test_of_two_things_that_are_denied_what_lacks_both_stands_first(ranker, sentence):
    ranking = ranker.rank([PHOTOS], sentence)
    assert ranking.confident and (ranking.scorer, ranking.query) == ("mix", sentence)
    assert [(term.text, term.weight) for term in ranking.terms] == [("no dogs", 1.0), ("no cats", 1.0)]
    assert {"dog.jpg", *CATS} <= {Path(image.path).name for image in ranking.images[-5:]}
    assert not any("not understood" in note for note in ranking.notes)
