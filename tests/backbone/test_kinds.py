"""Which kinds a sentence names."""

from __future__ import annotations

import pytest

from imgrank.backbone.kinds import Kinds, coverage, read_kinds
from imgrank.paths import weights_dir

SHIPPED = weights_dir() / "mini.kinds.json"


def names(sentence: str) -> list[str]:
    return [kind.name for kind in read_kinds(SHIPPED).named_in(sentence)]


@pytest.mark.parametrize(
    ("sentence", "named"),
    [
        ("a monkey", ["monkey"]),
        ("Monkeys", ["monkey"]),
        ("two dogs running on the grass", ["dog"]),
        ("a fire engine", ["fire engine"]),
        ("tigers and lions", ["tiger", "lion"]),
        ("a dog and another dog", ["dog"]),
        ("a photo of a kitten", ["kitten"]),
        ("musical instruments", ["musical instrument"]),
    ],
)
def test_it_finds_the_things_that_are_named(sentence, named):
    assert names(sentence) == named


@pytest.mark.parametrize(
    "sentence",
    [
        "snow",
        "water",
        "black and white photo",
        "a drawing",
        "a car park",
        "cat food bowls by name",
        "",
        "日本語",
        "light",
    ],
)
def test_words_that_only_look_like_classes_name_none(sentence):
    assert not {"snowplow", "water bottle", "black stork", "cougar", "car", "cat", "torch"} & set(names(sentence))


def test_a_kind_stands_for_all_classes_below_it():
    kinds = read_kinds(SHIPPED)
    (animal,), (dog,), (puppy,) = (kinds.named_in(word) for word in ("animal", "dog", "puppy"))
    assert len(dog.classes) == 118  # the dogs among the thousand classes are 151 to 268
    assert set(dog.classes) == set(range(151, 269))
    assert set(dog.classes) < set(animal.classes)
    assert puppy.classes == dog.classes
    (car,) = kinds.named_in("a car")
    assert 705 not in car.classes  # a railway car


def test_the_longest_name_wins():
    kinds = Kinds({"water": (1,), "water bottle": (2,), "bottle": (3,)})
    assert [kind.name for kind in kinds.named_in("a water bottle")] == ["water bottle"]
    assert [kind.name for kind in kinds.named_in("a bottle of water")] == ["bottle", "water"]


@pytest.mark.parametrize(
    ("sentence", "covered"),
    [("a dog", 1), ("a photo of a fire engine", 1), ("a red dog", 0.5), ("a dog chasing red balls", 0.5)],
)
def test_kinds_cover_as_much_of_a_sentence_as_they_say(sentence, covered):
    assert coverage(sentence, read_kinds(SHIPPED).named_in(sentence)) == pytest.approx(covered)


def test_nothing_covers_nothing():
    assert coverage("", ()) == 0
