"""What a sentence allows and does not ask for."""

from __future__ import annotations

import pytest

from imgrank.scoring.idioms import plainly
from imgrank.scoring.permitting import without_permissions


@pytest.mark.parametrize(
    ("sentence", "asked"),
    [
        ("water but no boats, people allowed", "water but no boats"),
        ("boats, people ok", "boats"),
        ("dogs, people optional", "dogs"),
        ("cats, people welcome", "cats"),
        ("no boats, people are fine", "no boats"),
        ("dogs, I don't mind people", "dogs"),
        ("dogs but I do not mind cats", "dogs"),
        ("cats with people or not", "cats"),
        ("cats with or without a collar", "cats"),
        ("dogs regardless of people", "dogs"),
        ("a beach, no matter if there are people", "a beach"),
        ("landscape, people may be there", "landscape"),
        ("landscape (people ok)", "landscape"),
        ("dogs welcome, no cats", "no cats"),
        ("people don't matter, dogs", "dogs"),
    ],
)
def test_what_is_only_allowed_is_not_asked_for(sentence, asked):
    said = plainly(sentence)
    assert (said.text, said.doubt) == (asked, "")


@pytest.mark.parametrize(
    "sentence",
    [
        "people welcome",
        "a welcome sign",
        "a fine dog",
        "no dogs allowed",
        "no people, dogs not allowed",
        "old or not",
        "dogs are allowed sign",
        "a man in a fine hat",
        "a dog that may be a wolf",
    ],
)
def test_what_is_asked_for_is_no_permission(sentence):
    assert without_permissions(sentence) == sentence
