"""Shorthand, numbers in signs, and denials that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgrank import Ranker
from imgrank.scoring.shorthand import written_out

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
SAME = {
    "w/o people": "without people",
    "w/out dogs": "without dogs",
    "dogs w/o cats": "dogs without cats",
    "a man w/ hat": "a man with hat",
    "1,000 people": "1000 people",
    "under 5 people": "fewer than 5 people",
    "photos with over 5 people": "photos with more than 5 people",
    "circa 5 people": "about 5 people",
    "~5 dogs": "about 5 dogs",
    "5 people or so": "about 5 people",
    "only a few dogs": "some dogs",
    "enough people": "many people",
    "isn't there a dog?": "is there a dog?",
    "aren't there any dogs?": "are there any dogs?",
    "can't you show me dogs": "can you show me dogs",
    "isnt blurry": "isn't blurry",
    "cant see any dogs": "no dogs",
    "i hate dogs": "no dogs",
    "I don't need the dogs": "no dogs",
    "remove the dogs": "no dogs",
    "I don't want any dogs": "no dogs",
    "do not show me cats": "no cats",
    "hide the blurry ones": "no blurry ones",
    "no more dogs": "no dogs",
    "five sharpest": "sharpest",
    "age ↓": "age descending",
    "dogs < 2": "fewer than 2 dogs",
    "people=0": "no people",
    "people >= 3": "at least 3 people",
    "not a soul": "no people",
    "the 10 best photos": "best photos",
    "top 5 photos of dogs": "photos of dogs",
    "0 people": "no people",
    "cat -dog -people": "cat, no dog, no people",
    "!dog": "no dog",
    "not have dog": "no dogs",
    "it does not have a cat": "no cat",
    "pictures without no people": "pictures without people",
    "without the peoples": "without the people",
    "many childs": "many children",
    "delete people": "no people",
    "I'm sick of dogs": "no dogs",
    "never without my dog": "my dog",
    "nothing beats dogs": "dogs",
    "ｄｏｇ": "dog",
    "dogs (no cats)": "dogs, no cats",
    "dogs – no cats": "dogs, no cats",
    "dogs/no cats": "dogs, no cats",
    "everything, except people": "everything except people",
    "show me everything except dogs": "everything except dogs",
    "except dogs": "no dogs",
    "theres no dogs": "there is no dogs",
    "almost no people": "hardly any people",
    "no dog": "no dogs",
    "without a person": "no people",
}
KEPT = """
a boat under two bridges|person over 60 years old|a large enough room|not enough light|removed furniture
a delete key|i hate it when it rains in the morning|some one|7-eleven|he can't see|a w|people under the bridge|3,5 dogs
isn't blurry|never without|few people|a few more dogs|can't|nothing|aren't|no. of dogs|wont
dogs and/or cats|black-and-white (not colour|no dog food|a dog - a cat|all but forgotten
"""


@pytest.fixture(scope="module")
def ranker():
    with Ranker() as ranker:
        yield ranker


@pytest.mark.parametrize(("short", "long"), SAME.items())
def test_what_is_written_short_says_what_it_says_in_full(short, long):
    assert written_out(short) == long


@pytest.mark.parametrize("sentence", KEPT.strip().replace("\n", "|").split("|"))
def test_what_only_looks_like_it_is_kept(sentence):
    assert written_out(sentence) == sentence


@pytest.mark.parametrize(
    "short", ["w/o people", "dogs w/o cats", "1,000 people", "aren't there any dogs?", "i hate dogs"]
)
def test_shorthand_is_ordered_as_what_it_stands_for(ranker, short):
    orders = [[image.path for image in ranker.rank([PHOTOS], said).images] for said in (short, SAME[short])]
    assert orders[0] == orders[1]
