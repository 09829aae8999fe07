"""A sentence read once."""

import pytest

from imgrank.scoring.parsing import read
from imgrank.scoring.phrasings import phrasings_of
from imgrank.scoring.words import are_opposite, only_begin_alike, stem


@pytest.mark.parametrize(
    "alike",
    [
        "oldest person|the older people|please show me the oldest persons first|most old person",
        "number of dogs|how many dogs|more dogs|lots of dogs|dog count",
        "blurriest|blurrier photos|most blurry image",
        "best photo|better photos|the best pictures",
    ],
)
def test_these_say_the_same(alike):
    assert len({tuple(word.base for word in read(sentence).words) for sentence in alike.split("|")}) == 1
    assert {read(sentence).grades for sentence in alike.split("|")} == {True}


def test_less_turns_and_twice_turns_back():
    assert [read(s).turn for s in ("more contrast", "less contrast", "not less contrast", "lowest number of dogs")] == [
        1, -1, 1, -1,
    ]  # fmt: skip


def test_a_bound_asks_for_many_or_for_few():
    sentences = (
        "at least 3 people",
        "at most two people",
        "no fewer than 3 people",
        "no more than 2 people",
        "the least",
    )
    assert [read(s).turn for s in sentences] == [1, -1, 1, -1, -1]


@pytest.mark.parametrize("sentence", ["newest", "the newest photos first", "most recent pictures", "latest shots"])
def test_asks_for_the_pictures_taken_last(sentence):
    assert read(sentence).asks_when


@pytest.mark.parametrize("sentence", ["newer car", "oldest", "a new photo of a house", "late evening", "new", ""])
def test_asks_for_no_date(sentence):
    assert not read(sentence).asks_when


@pytest.mark.parametrize(
    "family", ["noise noisy noises", "compress compression compressed", "messy messiness", "dark darkness"]
)
def test_words_of_one_family(family):
    assert len({stem(read(word).words[0].base) for word in family.split()}) == 1


def test_opposites_in_any_form_and_words_that_only_begin_alike():
    assert are_opposite("tidiness", "messy") and are_opposite("old", "new") and are_opposite("old", "young")
    assert not are_opposite("old", "red")
    assert only_begin_alike("plate", "platelet") and not only_begin_alike("bright", "brightness")


@pytest.mark.parametrize(
    ("sentence", "alike"),
    [
        ("#  of dogs", "number of dogs"),
        ("no. of people", "number of people"),
        ("bluriest pictres", "blurriest pictures"),
        ("people per image", "number of people"),
        ("sort from old to young", "oldest first"),
        ("sort by contrast, ascending", "lowest contrast"),
        ("youngest last", "not the youngest"),
    ],
)
def test_an_order_may_be_asked_for_in_many_ways(sentence, alike):
    one, other = read(sentence), read(alike)
    assert [word.base for word in one.words] == [word.base for word in other.words]
    assert (one.turn, one.counts, one.grades) == (other.turn, other.counts, True)


def test_less_is_asked_of_what_follows_alone():
    """ "cleanest, least noise" asks for what is clean, and for no noise."""
    assert read("cleanest files with the least noise").turns == (1, -1)


@pytest.mark.parametrize(
    ("sentence", "said_of_pictures"), [("an old photograph", ("old",)), ("the oldest person in the photograph", ())]
)
def test_what_is_said_of_the_photograph_itself(sentence, said_of_pictures):
    assert read(sentence).of_pictures == said_of_pictures


@pytest.mark.parametrize(
    ("phrasings", "scale", "things", "subject"),
    [
        (("older person", "age of the person"), {"old", "age"}, set(), {"person"}),
        (("messier room",), {"messy"}, set(), {"room"}),
        (("more expensive house", "price of the house"), {"expensive", "price"}, set(), {"house"}),
        (("more dogs", "number of dogs"), set(), {"dog"}, set()),
        (("more bars in the chart",), set(), {"bar"}, {"chart"}),
        (("blurry", "grainy photo"), {"blurry", "grainy"}, set(), set()),
    ],
)
def test_scale_things_and_subject_come_from_the_phrasings(phrasings, scale, things, subject):
    found = phrasings_of(phrasings)
    assert (set(found.scale), set(found.things), set(found.subject)) == (scale, things, subject)


@pytest.mark.parametrize("number", ["1740", "1930", "10000007"])
def test_a_number_is_no_word_of_the_dictionary(number):
    assert [word.base for word in read(f"a photo of a tram from {number}").words] == ["tram", number]
