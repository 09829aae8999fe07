"""British and American spelling."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgrank import Ranker
from imgrank.scoring.spelling import as_taught

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"


@pytest.mark.parametrize(
    ("british", "american"),
    [
        ("colour", "color"),
        ("colourful", "colorful"),
        ("a grey-haired man", "a gray-haired man"),
        ("theatres", "theaters"),
        ("jewellery", "jewelry"),
        ("aeroplanes", "airplanes"),
        ("a moustache", "a mustache"),
        ("pyjamas", "pajamas"),
        ("harbours", "harbors"),
        ("travelling", "traveling"),
        ("panelled", "paneled"),
        ("organised", "organized"),
        ("defence", "defense"),
        ("catalogue", "catalog"),
        ("skilful", "skillful"),
        ("haemoglobin", "hemoglobin"),
        ("Mum", "mom"),
    ],
)
def test_a_british_word_is_read_in_american_spelling(british, american):
    assert as_taught(british) == american == as_taught(american)


@pytest.mark.parametrize(
    "word", ["hour", "four", "wise", "filling", "chilling", "genre", "acre", "greyhound", "poets", "scoured", "glamour"]
)
def test_a_word_that_only_looks_british_stays(word):
    assert as_taught(word) == word


@pytest.mark.parametrize(
    ("british", "american"),
    [("grey animals", "gray animals"), ("no aeroplanes", "no airplanes"), ("most colourful", "most colorful")],
)
def test_both_spellings_give_one_order(british, american):
    with Ranker() as ranker:
        one, other = (ranker.rank([PHOTOS], sentence) for sentence in (british, american))
    assert [(image.path, image.score) for image in one.images] == [(image.path, image.score) for image in other.images]
