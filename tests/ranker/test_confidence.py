"""What a folder surely shows, and what it does not, whatever kind of thing is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgrank import Ranker

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
SHOWN = ("a cat", "a dog", "an owl", "a goldfish", "horses", "boats")
ABSENT = ("a giraffe", "a kangaroo-shaped kite", "a handbag", "scissors", "a wedding", "people dancing")  # no classes


@pytest.fixture(scope="module")
def ranker():
    with Ranker(adapter="none") as made:
        yield made


def confident(ranker: Ranker, *sentences: str) -> list[str]:
    return [sentence for sentence in sentences if ranker.rank([PHOTOS], sentence).confident]


def test_what_a_folder_shows_is_confident(ranker):
    assert confident(ranker, *SHOWN) == list(SHOWN)


def test_what_a_folder_lacks_is_not_confident_though_imagenet_has_no_class_of_it(ranker):
    assert not confident(ranker, *ABSENT)
