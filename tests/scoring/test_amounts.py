"""Sentences of two amounts, and those that speak of nobody."""

import pytest

from imgrank.scoring.amounts import amounts_of, both_amounts, denies_an_act, nobody_as_no_people


@pytest.mark.parametrize(
    ("sentence", "parts"),
    [
        ("lots of people but few dogs", ["lots of people", "few dogs"]),
        ("photos with many dogs, few people", ["many dogs", "few people"]),
        ("a beach and hardly any people.", ["a beach", "hardly any people"]),
        ("more dogs, fewer cats and many people", ["more dogs", "fewer cats", "many people"]),
        # one amount, one thing twice, or words that say where each is to stand
        ("lots of people", []),
        ("a beach with few people", []),
        ("cats, the more the better", []),
        ("few dogs and many dogs", []),
        ("few dogs first, many people last", []),
        ("a dog and a few people", []),
        ("people and dogs", []),
        ("which of the slides looks anaemic, with hardly any red cells?", []),
    ],
)
def test_amounts_that_are_joined_are_told_apart(sentence, parts):
    assert [amount.words for amount in amounts_of(sentence)] == parts


def test_little_is_told_from_much():
    assert [(one.thing, one.is_little) for one in amounts_of("lots of cats, few dogs")] == [
        ("cats", False),
        ("dogs", True),
    ]


@pytest.mark.parametrize(
    ("sentence", "amounts"),
    [
        ("lots of dogs but few dogs", ("lots of dogs", "few dogs")),
        ("few dogs and many dogs", ("few dogs", "many dogs")),
        ("lots of people but few dogs", None),
        ("more dogs and most dogs", None),
        ("many dogs first, few dogs last", None),
    ],
)
def test_much_and_little_of_one_thing_are_told(sentence, amounts):
    assert both_amounts(sentence) == amounts


@pytest.mark.parametrize(
    ("sentence", "read"),
    [
        ("no one", "no people"),
        ("No one is in the picture", "no people"),
        ("a beach with nobody on it", "a beach with no people"),
        ("a dog but nobody else", "a dog but no people"),
        ("nobody first", "no people first"),
        ("nobody is smiling", "nobody is smiling"),
        ("no one wearing a hat", "no one wearing a hat"),
    ],
)
def test_nobody_is_no_people_unless_it_does_something(sentence, read):
    assert nobody_as_no_people(sentence) == read
    assert denies_an_act(sentence) == (read == sentence)
