"""British and American spelling."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from imgrank import Ranker
from imgrank.scoring import lexicon
from imgrank.scoring.lexicon import is_known
from imgrank.scoring.spelling import as_taught

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
LOOKS_BRITISH = """
hour four wise filling chilling genre acre greyhound poets scoured glamour repelling rebelling patrolled cosine
Cosimo Kerberos Tyrell Mouldova tyred daemon daemons eagre greyfriars Haemanthus
"""
LEXICON = Path(lexicon.__file__).with_name("lexicon.txt")


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
        ("sceptred", "sceptered"),
        ("the cosiest kerbside", "the coziest curbside"),
        ("mouldy tyres", "moldy tires"),
    ],
)
def test_a_british_word_is_read_in_american_spelling(british, american):
    assert as_taught(british) == american == as_taught(american)


@pytest.mark.parametrize("word", LOOKS_BRITISH.split())
def test_a_word_that_only_looks_british_stays(word):
    assert as_taught(word) == word


@pytest.mark.parametrize(
    "sentence",
    ["cats at Sydney Harbour", "a cup of Earl Grey", "people of the Labour party", "photos by Lady Jane Grey"],
)
def test_a_name_stays(sentence):
    assert as_taught(sentence) == sentence


@pytest.mark.parametrize(
    ("british", "american"),
    [
        ("A Grey Cat", "A gray Cat"),
        ("GREY CAT", "gray CAT"),
        ("A dog. Grey sky", "A dog. gray sky"),
        ("my Mum", "my mom"),
    ],
)
def test_a_capital_letter_alone_makes_no_name(british, american):
    assert as_taught(british) == american


def test_no_word_of_the_dictionary_becomes_one_that_is_none():
    words = [line.split("\t")[0] for line in LEXICON.read_text("utf-8").splitlines()]
    changed = {word: as_taught(word) for word in words if word.isalpha()}
    endings = re.compile("(?:ed|ing|er|s)$")
    strange = [
        word
        for word, other in changed.items()
        if word != other and not (is_known(other) or is_known(endings.sub("", other)))
    ]
    assert strange == ["doughnut"]  # a "donut" stands in no list


@pytest.mark.parametrize(
    ("british", "american"),
    [("grey animals", "gray animals"), ("no aeroplanes", "no airplanes"), ("most colourful", "most colorful")],
)
def test_both_spellings_give_one_order(british, american):
    with Ranker() as ranker:
        one, other = (ranker.rank([PHOTOS], sentence) for sentence in (british, american))
    assert [(image.path, image.score) for image in one.images] == [(image.path, image.score) for image in other.images]
