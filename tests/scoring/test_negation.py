"""Sentences that negate."""

import pytest

from imgrank.scoring.idioms import plainly
from imgrank.scoring.negation import (
    Negation,
    both_denied,
    denied_and_perhaps,
    denied_but_wanted,
    denied_then_wanted,
    denied_together,
    negation_of,
    wanted_without,
)

CLEAR = """
not a cat|no cat|without a cat|anything but a cat|everything except a cat|nothing with a cat|not the cat
is not a cat|isn't a cat|photos without a cat|pictures with no cat|photos that do not show a cat|free of a cat
everything but a cat|anything other than a cat|no cat at all|photos that don't show a cat|cat-free|a photo without a cat
leave the cat for last|put the cat last
please put the cat at the end|the cat comes last please
images not containing a cat|Not a cat.|all pictures without any cat|apart from a cat|photos aside from a cat
photos having no cat|pictures showing no cat|photos where no cat|photos where is no cat
"""
UNCLEAR = """
a dog but not a cat|at least two dogs, no people|a man not wearing a hat|a room without people
no cats and no dogs|a dog that isn't brown|not a cat but a dog|neither a cat nor a dog|a beach with no people
"""
DOGS = ("no dogs", "no cats")
PLAIN = (
    "the last supper|a shoemaker's last|at last|the last|a man at the back|birds at the bottom|put the car in a garage|"
    "buildings that no longer exist|dogs, no matter where|no wonder dogs|a cat no doubt|"
    "a cat|a no parking sign|knot in a rope|a note|free climbing|everything|butter|a nobleman|none|a withered flower"
)


@pytest.mark.parametrize("sentence", CLEAR.strip().replace("\n", "|").split("|"))
def test_one_thing_that_the_whole_sentence_denies_is_understood(sentence):
    found = negation_of(sentence)
    assert found is not None and found.thing is not None
    assert found.thing.split()[-1] == "cat"


@pytest.mark.parametrize("sentence", UNCLEAR.strip().replace("\n", "|").split("|"))
def test_a_denial_inside_a_sentence_is_said_not_to_be_understood(sentence):
    assert negation_of(sentence) == Negation(None)


def test_an_amount_denied_beside_another_is_doubted():
    found = negation_of(plainly("no more people than dogs").text)
    assert found is not None
    assert found.thing is None
    assert found.doubt.startswith("'no more people than dogs' is not understood")


def test_a_long_thing_is_not_repeated_whole():
    found = negation_of(f"{'①' * 2000}, no {'①' * 2000}")
    assert found is not None
    assert len(found.doubt) < 300


@pytest.mark.parametrize("sentence", PLAIN.split("|"))
def test_what_denies_nothing_is_left_alone(sentence):
    assert negation_of(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "doubt"),
    [
        ("no people except children", "'except' after 'no'"),
        ("no animals apart from dogs", "'apart from' after 'no'"),
        ("no people other than children", "'other than' after 'no'"),
        ("a beach without people, except children", "'except' after 'without'"),
        ("no people but children", "'but' after 'no'"),
        ("Nothing but cats", "'but' after 'nothing'"),
        ("everyone but the children", "'but' after 'everyone'"),
        ("everybody except for the kids", "'except' after 'everybody'"),
        ("except for dogs no animals", "'except' after 'no'"),
        ("cats, no cats", "'cats' is both asked for and denied"),
        ("a cat but no cat", "'a cat' is both asked for and denied"),
        ("no cats, cats", "'cats' is both asked for and denied"),
        ("people without people", "'people' is both asked for and denied"),
        ("many dogs, not dogs", "'many dogs' is both asked for and denied"),
        ("a dog and a cat, but not a dog", "'a dog' is both asked for and denied"),
    ],
)
def test_an_exception_and_a_contradiction_are_doubted_however_they_are_read(sentence, doubt):
    found = negation_of(sentence)
    assert found.thing is None and found.doubt.startswith(doubt)


@pytest.mark.parametrize(
    "sentence",
    ["cats, not many cats", "no cats and no cats", "a cat, not a dog", "no dogs but cats", "not a cat but a dog"],
)
def test_what_denies_another_thing_contradicts_nothing(sentence):
    assert negation_of(sentence) is None or not negation_of(sentence).doubt


@pytest.mark.parametrize(
    ("sentence", "denied", "rest"),
    [
        ("no dogs, sharpest first", ["dogs"], "sharpest first"),
        ("without people or dogs, oldest first", ["people", "dogs"], "oldest first"),
        ("no people, no dogs and sharpest first", ["people", "dogs"], "sharpest first"),
        ("no people; less noise", ["people"], "less noise"),
    ],
)
def test_what_stands_behind_a_denial_is_told_from_it(sentence, denied, rest):
    said = denied_then_wanted(sentence)
    assert (list(said.unwanted), said.wanted) == (denied, rest)


@pytest.mark.parametrize(
    "sentence", ["no dogs", "no dogs, no cats", "neither old nor young, sharpest first", "a dog, sharp"]
)
def test_behind_a_denial_may_stand_nothing(sentence):
    assert denied_then_wanted(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "wanted", "unwanted"),
    [
        ("at least two dogs, no people", "at least two dogs", ["people"]),
        ("a beach without people", "a beach", ["people"]),
        ("a dog but not a cat", "a dog", ["cat"]),
        ("A dog, not a cat.", "A dog", ["cat"]),
        ("two dogs; no people", "two dogs", ["people"]),
        ("a beach no people", "a beach", ["people"]),
        ("landscape, no people or cars", "landscape", ["people", "cars"]),
        ("a beach with no people, no dogs and no umbrellas", "a beach", ["people", "dogs", "umbrellas"]),
        ("a bird that has no feathers", "a bird", ["feathers"]),
        ("animals other than dogs", "animals", ["dogs"]),
        ("animals apart from dogs and cats", "animals", ["dogs", "cats"]),
        ("a street without any parked cars please", "a street", ["parked cars"]),
        ("in colour, not black and white", "in colour", ["black and white"]),
    ],
)
def test_what_is_plainly_denied_beside_what_is_wanted(sentence, wanted, unwanted):
    said = wanted_without(sentence)
    assert (said.wanted, list(said.unwanted)) == (wanted, unwanted)


@pytest.mark.parametrize(
    "sentence",
    [
        "a man with no shirt playing the guitar",
        "a man not wearing a hat",
        "a dog without a leash on the beach",
        "a no parking sign",
        "a street with a no entry sign",
        "not only dogs but cats",
        "no dogs but cats",
        "a house standing apart from the village",
        "buildings that no longer exist",
        "a dog without",
        "a dog",
        "without",
        "",
    ],
)
def test_what_is_not_plainly_denied_stays_whole(sentence):
    assert wanted_without(sentence) is None


@pytest.mark.parametrize(
    ("sentences", "denied"),
    [
        ("no dogs, no cats|no dogs and no cats|neither dogs nor cats|no dogs or cats|No dogs, no cats please.", DOGS),
        (
            "without dogs and cats|photos without dogs or cats|nothing with dogs or cats|no dogs at all and no cats",
            DOGS,
        ),
        ("photos with neither dogs nor cats|pictures that do not show dogs or cats|not dogs, not cats", DOGS),
        ("not a dog or a cat|neither a dog nor a cat|without a dog and without a cat", ("no dog", "no cat")),
        ("no people, cars or boats|no people, no cars, no boats", ("no people", "no cars", "no boats")),
        ("neither blurry nor noisy|not blurry, not noisy", ("not blurry", "not noisy")),
    ],
)
def test_several_things_that_the_whole_sentence_denies_are_each_denied(sentences, denied):
    assert [denied_together(sentence) for sentence in sentences.split("|")] == [denied] * len(sentences.split("|"))


@pytest.mark.parametrize(
    "sentence",
    [
        "no dog",
        "no people and a dog",
        "no people, a dog",
        "no people, only dogs",
        "no people, beach",
        "no people and sunset",
        "no black and white photos",
        "not wet and cold",
        "neither old nor young",
        "no old or young people",
        "no dogs but cats",
        "not only dogs but cats",
        "not a dog but a cat",
        "a dog without a leash or a collar",
        "no smoking or parking signs",
        ", ".join(f"no {letter}" for letter in "abcdefghijklmnopqrstuvwxyz"),
    ],
)
def test_what_is_not_plainly_denied_together_is_not_taken_apart(sentence):
    assert denied_together(sentence) == ()


@pytest.mark.parametrize(
    ("sentence", "plain"),
    [
        ("no dogs, and people", "people, no dogs"),
        ("no dogs and with people", "people, no dogs"),
        ("without dogs and with people", "people, no dogs"),
        ("no people and a dog", "a dog, no people"),
        ("no dogs and a cat and a bird", "a cat and a bird, no dogs"),
        ("no cats but kittens", "no cats but kittens"),
        ("no dogs and some people", "people, no dogs"),
        ("no dogs, cats, and people", "no dogs, cats, and people"),
        ("not a dog and a cat", "not a dog and a cat"),
        ("no people with umbrellas", "no people with umbrellas"),
    ],
)
def test_what_is_wanted_behind_a_denial_is_put_before_it(sentence, plain):
    assert denied_but_wanted(sentence) == plain


@pytest.mark.parametrize(
    ("sentence", "denied"),
    [
        ("no dogs, people", ("no dogs", "people")),
        ("no people and sunset", ("no people", "sunset")),
        ("not blurry and dogs", ("not blurry", "dogs")),
        ("no dogs and cats", ("", "")),
        ("no people, sharpest first", ("", "")),
        ("no wet and muddy dogs", ("", "")),
        ("no black and white photos", ("", "")),
    ],
)
def test_what_may_be_denied_or_wanted_is_told_from_what_is_denied(sentence, denied):
    assert denied_and_perhaps(sentence) == denied


@pytest.mark.parametrize(
    ("sentence", "both"),
    [
        ("no dogs and people", ("dogs", "people")),
        ("no dogs and no people", ("", "")),
        ("no dogs or people", ("", "")),
        ("neither dogs and cats", ("", "")),
        ("no dogs", ("", "")),
    ],
)
def test_one_denial_of_two_things(sentence, both):
    assert both_denied(sentence) == both
