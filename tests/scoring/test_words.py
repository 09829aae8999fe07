"""Signs that are no words, and letters that a model was not taught."""

from __future__ import annotations

import pytest

from imgrank.scoring.parsing import read
from imgrank.scoring.words import in_words, is_readable, word_of


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("a dog", "a dog"),
        ("🐶", "dog"),
        ("🐱 cat", "cat cat"),
        ("people 👨‍👩‍👧", "people man woman girl"),
        ("👍🏽 photos", "thumbs up sign photos"),
        ("❤️", "heart"),
        ("😀", "grinning face"),
        ("🚫🐶", "no dog"),
        ("🇫🇷 house", "flag house"),
        ("a café", "a café"),
        ("犬", "犬"),
        ("more than 20 °C — “warm”", "more than 20 °C — “warm”"),
    ],
)
def test_an_emoji_is_its_name_and_letters_are_left_alone(sentence, words):
    assert in_words(sentence) == words


def test_a_sentence_is_read_with_its_emoji():
    assert [word.base for word in read("more 🐕").words] == ["dog"]


@pytest.mark.parametrize(
    ("sentence", "readable"),
    [("a dog", True), ("été", True), ("7", True), ("🐶", True), ("犬", False), ("человек", False), ("?!", False)],
)
def test_english_needs_a_latin_letter_or_a_digit(sentence, readable):
    assert is_readable(sentence) == readable


@pytest.mark.parametrize(
    ("word", "base"), [("gentlemen", "gentleman"), ("firemen", "fireman"), ("specimen", "specimen"), ("omen", "omen")]
)
def test_men_are_a_man(word, base):
    assert word_of(word).base == base
