"""Turns of phrase with a "no" or "not" that deny nothing that is asked for."""

from __future__ import annotations

import re

import pytest

from imgrank.scoring.idioms import BOUND_FIRST, OF_BAD_LIGHT, OF_NOISE, YOUNG_TOO, Said, plainly


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("blurry, not sharp", "blurry"),
        ("blurry not sharp", "blurry"),
        ("sharp, not blurry", "sharp"),
        ("old, not young", "old"),
        ("bright not dark", "bright"),
        ("old people, not young ones", "old people"),
        ("no shortage of people", "plenty of people"),
        ("no end of people", "plenty of people"),
        ("no lack of dogs", "plenty of dogs"),
        ("not without people", "plenty of people"),
        ("no doubt a cat", "a cat"),
        ("no fewer than two dogs", "at least two dogs"),
        ("dogs not far apart from each other", "dogs near each other"),
        ("all photos except the ones with people", "all photos without people"),
        ("dogs, but not those with people", "dogs, without people"),
        ("most people to fewest people", "most people"),
        ("from fewest dogs to most", "fewest dogs"),
        ("people at the end", "people last"),
        ("people at the bottom of the list", "people last"),
        ("slightly less noisy", "less noisy"),
        ("more sharp than blurry", "more sharp"),
        ("🚫🐶", "no dog"),
        ("Find pictures with dogs not cats", "dogs, not cats"),
        ("photos with not dogs but cats", "cats, no dogs"),
        ("fewer people than dogs", "dogs, not people"),
        ("less people more dogs", "dogs, not people"),
        ("dogs, no cats allowed", "dogs, no cats"),
        ("dogs no matter what", "dogs"),
        ("cats first,  dogs last.", "cats first, dogs last"),
        ("2–4 dogs, thanks", "2-4 dogs"),
        ('"no dogs"', "no dogs"),
        ("“no dogs, no cats”", "no dogs, no cats"),
        ("birds by\u00a0brightness!", "birds by brightness"),
        ("at most one dog", "fewest dogs"),
        ("at most two people, no dogs", "fewest people, no dogs"),
        ("no more than 3 people per photo", "fewest people per photo"),
        ("please", "please"),
    ],
)
def test_a_turn_of_phrase_is_said_plainly(sentence, text):
    said = plainly(sentence)
    assert (said.text, said.doubt) == (text, "")


@pytest.mark.parametrize(
    "request_",
    [
        "I want dogs",
        "find dogs please",
        "I'm looking for dogs",
        "are there any dogs?",
        "do you have dogs",
        "show me dogs",
        "can I see some dogs",
        "where are the dogs",
        "which photos show dogs?",
        "we are interested in dogs",
        "show me all my dogs",
        "all of the dogs",
        "some dogs",
        "got any dogs?",
    ],
)
def test_a_request_that_only_names_things_is_these(request_):
    assert plainly(request_).text.removeprefix("the ") == "dogs"


@pytest.mark.parametrize(
    "asked", ["I want the oldest person", "find more dogs", "show me blurry photos", "put dogs last"]
)
def test_a_request_for_an_order_stays_whole(asked):
    assert plainly(asked).text == asked


@pytest.mark.parametrize(
    ("sentence", "text", "unread"),
    [
        ("bright but not overexposed", "bright", "but not overexposed"),
        ("sharp but not noisy", "sharp", "but not noisy"),
        ("find dark, but not black", "dark", "but not black"),
        ("old yet not too frail", "old", "yet not too frail"),
    ],
)
def test_a_second_quality_bounds_the_first_and_is_said_not_to_be_understood(sentence, text, unread):
    assert plainly(sentence) == Said(text, BOUND_FIRST.format(unread))


@pytest.mark.parametrize("sentence", ["sharp but not blurry", "old but not too old", "snow but not people"])
def test_things_and_ends_of_one_scale_are_no_bound(sentence):
    assert "as a bound" not in plainly(sentence).doubt


@pytest.mark.parametrize(
    ("sentence", "young", "animals"),
    [
        ("cats except kittens", "kittens", "cats"),
        ("dogs but not puppies", "puppies", "dogs"),
        ("show me horses without foals", "foals", "horses"),
    ],
)
def test_the_young_are_hardly_told_from_others(sentence, young, animals):
    assert plainly(sentence) == Said(animals, YOUNG_TOO.format(young, animals))
    assert plainly("animals except dogs").doubt == plainly("cats except puppies").doubt == ""


@pytest.mark.parametrize(
    ("sentence", "text", "unread"),
    [
        ("not only dogs", "dogs", "not only"),
        ("at most one dog, at least two cats", "at least two cats", "at most one dog"),
        ("at least two people and at most one dog", "at least two people", "at most one dog"),
        ("fewer than 3 people and a dog", "a dog", "fewer than 3 people"),
        ("at most one person in a boat", "a boat", "at most one person"),
        ("exactly one dog", "one dog", "exactly one"),
        ("one dog only", "one dog", "one dog only"),
        ("few people last, dogs first", "few people last, dogs first", "few people last, dogs first"),
        ("if there are dogs, people too", "if there are dogs, people too", "if there"),
        ("dogs preferably with people", "dogs preferably with people", "preferably"),
        ("dogs or cats", "dogs or cats", "dogs or cats"),
        ("either a boat or a horse", "either a boat or a horse", "either a boat or a horse"),
        ("dogs without anything else", "dogs", "without anything else"),
        ("the dog on the left", "the dog on the left", "on the left"),
        ("animals facing right", "animals facing right", "facing right"),
        ("dogs and people together", "dogs and people together", "dogs and people together"),
        ("a person, no one else", "a person", "no one else"),
        ("a person and nobody else", "a person", "nobody else"),
        ("a cat, nothing else", "a cat", "nothing else"),
        ("a cat and no other cats", "a cat", "no other cats"),
        ("nothing but dogs", "dogs", "nothing but"),
        ("no one but an old man", "an old man", "no one but"),
        ("none but cats", "cats", "none but"),
        ("dogs, not many", "dogs, not many", "not many"),
        ("people, but not many", "people, but not many", "not many"),
        ("not too many people", "not too many people", "not too many"),
        ("cats with and without a collar", "cats with and without a collar", "with and without"),
        ("cats or dogs but not both", "cats or dogs but not both", "not both"),
        ("no animals but dogs", "no animals but dogs", "no animals but dogs"),
        ("no cats but kittens", "no cats but kittens", "no cats but kittens"),
        ("no dogs and blurry", "no dogs", "blurry"),
        ("not overexposed people", "not overexposed people", "not overexposed people"),
        ("no overexposed photos of people", "no overexposed photos of people", "no overexposed photos of people"),
        ("overexposed dogs", "overexposed dogs", "overexposed dogs"),
        ("noisy pictures of dogs last", "noisy pictures of dogs last", "noisy pictures of dogs last"),
        ("grainy photos with people in them", "grainy photos with people in them", "grainy photos with people in them"),
        ("blurry photos of nothing", "blurry photos of nothing", "blurry photos of nothing"),
        ("no old men", "no old men", "no old men"),
        ("dogs unless they are with people", "dogs unless they are with people", "unless"),
        ("a dog if possible, otherwise a cat", "a dog if possible, otherwise a cat", "otherwise"),
        ("slightly blurry", "slightly blurry", "slightly blurry"),
        ("dogs without people last", "dogs without people last", "without people last"),
        ("people in a wide room instead of outside", "people in a wide room instead of outside", "instead of"),
    ],
)
def test_what_is_lost_of_a_turn_of_phrase_is_told(sentence, text, unread):
    said = plainly(sentence)
    assert said.text == text
    assert said.doubt.startswith(f"'{unread}' is not understood")


@pytest.mark.parametrize(
    "sentence",
    [
        "no people",
        "no blurry photos",
        "not noisy",
        "no old cars",
        "a cat, not a dog",
        "sharp",
        "not old, young",
        "a dog, no people",
        "no people except children",
        "no one",
        "a house at the end",
        "a slightly open door",
        "a bit of rope",
        "put people at the end",
        "a lighter",
    ],
)
def test_a_denial_is_none(sentence):
    assert (plainly(sentence).text, plainly(sentence).doubt) == (sentence, "")


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("lighter", "brighter"),
        ("a bit darker", "darker"),
        ("brightest", "brightest"),
        ("darkest first", "darkest first"),
        ("lightest photos first", "brightest photos first"),
    ],
)
def test_brightness_is_told_to_be_judged_by_exposure(sentence, text):
    said = plainly(sentence)
    assert said.text == text
    assert said.doubt.startswith(f"'{text}' is judged by exposure")


@pytest.mark.parametrize(
    ("sentence", "is_told"),
    [("smooth photos", True), ("The smoothest pictures first", True), ("smooth skin", False), ("smooth", False)],
)
def test_smoothness_of_pictures_is_told_to_be_judged_by_noise(sentence, is_told):
    assert plainly(sentence) == Said(sentence, OF_NOISE.format(sentence) if is_told else "", of_measure=is_told)


@pytest.mark.parametrize("sentence", ["too dark", "underexposed", "dark picture", "a dark forest", "bright colours"])
def test_what_names_exposure_or_a_thing_is_not_doubted(sentence):
    assert not plainly(sentence).doubt


@pytest.mark.parametrize("sentence", ["badly exposed", "poorly exposed photos"])
def test_bad_light_is_told_to_be_judged_by_darkness(sentence):
    assert plainly(sentence) == Said(sentence, OF_BAD_LIGHT.format(sentence), of_measure=True)


def test_what_is_quoted_of_a_long_sentence_is_cut():
    said = plainly(f"not only {'sun ' * 400}and {'sea ' * 400}, nothing else")
    assert 0 < len(plainly(f"dogs without people {'and sun ' * 99}last").doubt) < 300
    assert len(said.doubt) < 300


@pytest.mark.parametrize("piece", ["(", "a-", "1-", "'", ", (", "dogs over ", "no (cats "])
def test_no_rule_sees_endless_words_or_runs(piece):
    """Of these, rules that look for words took the square of the length."""
    text = plainly(piece * (2000 // len(piece))).text
    assert all(len(word) <= 80 for word in text.split())
    assert not re.search(r"([^\w\s])\1\1", text)


@pytest.mark.parametrize(
    "sentence", ["2-4 dogs", "exactly one dog", "people at the end", "no dogs", "cats first, dogs last"]
)
@pytest.mark.parametrize("padded", ["{}.", "{}!", "{}, please", "{} please", "{}, thanks", " {}  ", '"{}"', "{}..."])
def test_what_changes_nothing_of_the_meaning_changes_nothing(sentence, padded):
    assert plainly(padded.format(sentence)) == plainly(sentence)


@pytest.mark.parametrize(
    "sentence", ["海边日落时在沙滩上奔跑的两只小狗" * 10, "un après-midi d’été à la plage", "หมา" * 60]
)
def test_a_sentence_of_another_language_stays_as_it_is(sentence):
    assert plainly(sentence) == Said(sentence)
