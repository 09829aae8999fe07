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
