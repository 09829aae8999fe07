"""Turns of phrase with a "no" or "not" that deny nothing that is asked for."""

from __future__ import annotations

import pytest

from imgrank.scoring.idioms import plainly


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
        ("lighter", "brighter"),
        ("a bit darker", "darker"),
        ("slightly less noisy", "less noisy"),
        ("lightest photos first", "brightest photos first"),
        ("🚫🐶", "no dog"),
    ],
)
def test_a_turn_of_phrase_is_said_plainly(sentence, text):
    said = plainly(sentence)
    assert (said.text, said.doubt) == (text, "")


@pytest.mark.parametrize(
    ("sentence", "text", "unread"),
    [
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
