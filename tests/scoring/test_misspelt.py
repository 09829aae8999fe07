"""Slips of the keyboard, and what is none."""

from __future__ import annotations

import pytest

from imgrank import Ranker
from imgrank.scoring.asking import ask
from imgrank.scoring.lexicon import _whole
from imgrank.scoring.misspelt import ALL_MISSPELT, MISSPELT, knows_none, misspelt, slips
from imgrank.scoring.question import Question
from imgrank.scoring.words import word_set
from tests.explaining.making import RedRanker

NAMES = word_set(
    """
    paris yosemite tokyo reykjavik lofoten serengeti kilimanjaro matterhorn santorini mykonos cappadocia hallstatt petra
    uluru patagonia banff zermatt amalfi dubrovnik ljubljana tallinn riga vilnius gdansk bruges ghent utrecht cologne
    marrakesh fez cairo luxor giza mombasa zanzibar cusco arequipa oaxaca tulum kyoto osaka nara hanoi hue bali lombok
    cebu phuket krabi obama merkel beyonce rihanna messi ronaldo federer nadal verstappen zendaya einstein gandhi nike
    adidas ikea lego tesla honda skoda vespa ducati nikon leica fujifilm lidl zara gucci rolex nutella xiaomi huawei
    emma noah giulia lukas anneke siobhan niamh ines mateusz astrid haruto priya arjun fatima kayla jayden ramen latte
    matcha espresso pilates yoda bmx hdr selfie labradoodle shiba
    """
)


@pytest.mark.parametrize(
    ("sentence", "wrong", "meant"),
    [
        ("a dgo", "dgo", "dog"),
        ("bycicle race", "bycicle", "bicycle"),
        ("pictures of childs playing footbal", "footbal", "football"),
        ("a kichen", "kichen", "kitchen"),
        ("a beautifull sunset", "beautifull", "beautiful"),
        ("brocoli", "brocoli", "broccoli"),
        ("phtos of dogs", "phtos", "photos"),
        ("peple", "peple", "people"),
        ("colorfull", "colorfull", "colorful"),
        ("an elderli person", "elderli", "elderly"),
        ("restarant", "restarant", "restaurant"),
        ("an elephhant", "elephhant", "elephant"),
        ("a horsse", "horsse", "horse"),
        ("swiming ducks", "swiming", "swimming"),
        ("siting on a wall and geting up", "geting", "getting"),
    ],
)
def test_a_slip_is_told_with_what_was_meant(sentence, wrong, meant):
    assert slips(sentence) == ((wrong, meant),)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_name_in_small_letters_is_no_slip(name):
    assert slips(f"a photo of {name}") == ()


@pytest.mark.parametrize(
    "sentence",
    [
        "a dog",
        "dogs and children",
        "A Dgo",
        "dgo-dog",
        "dgo7",
        "@dgo",
        "dgo.jpg",
        "skateboarders huddle",
        "how large the clot is",
        "hoping and taping while wining and dining",
        "foie gras",
        "a collage of people who revel on a tarp, sifting sand",
        "spilt milk and crepes on an untied bundle of slats",
        "une photo floue de dgo",
        "犬",
        "",
    ],
)
def test_nothing_is_said_of_words_names_and_other_languages(sentence):
    assert slips(sentence) == ()


def test_all_slips_of_a_sentence_are_told_together():
    assert misspelt("siting on gras") is None
    told = misspelt("a hosre on gras, siting near a flwer")
    assert told == ALL_MISSPELT.format('"hosre", "gras"', '"flwer"', '"horse", "grass"', '"flower"')


def test_it_is_said_where_mini_answers_and_nowhere_else():
    source = RedRanker()
    source.backbone.name = "mini"
    assert ask(Question("a dgo"), source).notes == (MISSPELT.format("dgo", "dog"),)
    source.backbone.name = "ViT-B-32/openai"
    assert ask(Question("a dgo"), source).notes == ()


def test_nothing_is_meant_by_a_word_that_the_dictionary_has():
    """Every hundredth of them, in which there are rare ones, and those that are nearly spelt as others."""
    words = [line.split(b"\t")[0].decode() for line in _whole().splitlines()[::100]]
    assert [word for word in words if slips(word)] == []


@pytest.mark.parametrize(
    ("sentence", "unknown"),
    [
        ("cheval", "cheval"),
        ("photos of a quokka", "quokka"),
        ("kimonos", ""),
        ("a quokka and a dog", ""),
        ("photos", ""),
        ("dgo", ""),  # a slip is told as such
    ],
)
def test_a_sentence_of_which_nobody_knows_a_word(sentence, unknown):
    assert knows_none(sentence) == unknown


def test_a_sentence_of_which_nobody_knows_a_word_is_said_to_be_that():
    scorer = ask(Question("cheval"), RedRanker())
    assert not any("may not know" in note for note in scorer.notes)  # it has another model
    with Ranker() as ranker:
        scorer = ask(Question("cheval"), ranker)
    assert any("may not know 'cheval'" in note for note in scorer.notes) and not scorer.understood


def test_of_many_slips_a_few_are_told():
    told = misspelt("a photo of a womna, a montain, a beahc, a flwoer, a kitchne, a brigde, a gadren and a chruch")
    assert told is not None
    assert told.count('"') == 20  # five words, and five that were meant
