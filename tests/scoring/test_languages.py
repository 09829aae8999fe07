"""Which sentences are taken for English."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from imgrank.scoring.asking import ask
from imgrank.scoring.languages import seems_english
from imgrank.scoring.one_sentence import KNOWS_FEW, READS_ENGLISH
from imgrank.scoring.question import Question
from tests.explaining.making import RedRanker

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize(
    "sentence",
    """
    une photo floue|die älteste Person|la persona más vieja|una foto borrosa|eine Katze|un chien|het oudste huis
    più persone|la personne la plus âgée|les photos les plus sombres|foto's van een hond|crianças jogando futebol
    犬|человек|?!
    """.replace("\n", "|").split("|")[1:-1],
)
def test_other_languages_are_known_by_their_words(sentence):
    assert not seems_english(sentence.strip())


@pytest.mark.parametrize(
    "sentence",
    """
    a cat|skateboarders jumping|the snowboarder isn't airborne|two kayakers paddling|clipped hedges|wolves|wavy loaves|7
    Machu Picchu at sunset|Notre-Dame|a photo of Angela Merkel|giraff|a picnic en plein air|n_people desc|IMG_2041|café
    flowers that die|brightest|muddier boots first|kid's bikes|headless horsemen|🐶
    """.replace("\n", "|").split("|")[1:-1],
)
def test_names_slips_and_made_words_are_no_other_language(sentence):
    assert seems_english(sentence.strip())


@pytest.mark.parametrize("table", ["sentences", "sentences_new", "sentences_third"])
def test_hardly_any_wish_of_the_tables_is_taken_for_another_language(table):
    with open(BENCHMARKS / f"{table}.csv", encoding="utf-8", newline="") as file:
        taken = [not seems_english(row["sentence"]) for row in csv.DictReader(file)]
    assert sum(taken) <= 0.005 * len(taken)


@pytest.mark.parametrize(
    ("sentence", "notes"), [("a cat", ()), ("une photo floue", (KNOWS_FEW,)), ("человек", (READS_ENGLISH,))]
)
def test_it_is_said_where_mini_answers_and_nowhere_else(sentence, notes):
    source = RedRanker()
    source.backbone.name = "mini"
    assert ask(Question(sentence), source).notes == notes
    source.backbone.name = "ViT-B-32/openai"
    assert ask(Question(sentence), source).notes == ()
