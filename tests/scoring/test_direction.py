"""Marks of order: which end of a scale a sentence puts first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgrank.detail.qualities import AskedQuality, Quality
from imgrank.scoring.detail import quality_in
from imgrank.scoring.parsing import plain_order, read
from imgrank.scoring.phrasings import phrasings_of

DOGS, PEOPLE = phrasings_of(("more dogs", "number of dogs")), phrasings_of(("more people", "number of people"))
AGE = phrasings_of(("older person", "age of the person", "elderly person"))
NOISE, CONTRAST = phrasings_of(("noisy", "image noise")), phrasings_of(("low contrast",))
SCALES = ("number of dogs", "dog count", "dogs", "how many dogs are there")
ENDS = (("most", "fewest"), ("highest", "lowest"), ("many", "few"), ("largest number", "smallest number"))
RUNS = ("{} to {}", "from {} to {}", "{} -> {}", "{} → {}", "from the {} to the {}", "{} down to {}")


def turn(sentence, query=DOGS):
    return query.turn(query.meant_by(read(sentence)))


@given(st.sampled_from(SCALES), st.sampled_from(ENDS), st.sampled_from(RUNS), st.booleans())
def test_x_to_y_is_the_mirror_of_y_to_x(scale, ends, run, swapped):
    first, second = reversed(ends) if swapped else ends
    assert turn(f"{scale}, {run.format(first, second)}") == (-1 if swapped else 1)
    assert turn(f"{scale}, {run.format(second, first)}") == (1 if swapped else -1)


@given(
    st.sampled_from(("oldest person", "youngest person", "by age", "elderly people")),
    st.sampled_from(
        (("first", "last"), ("at the top", "at the bottom"), ("desc", "asc"), ("at the front", "at the end"),
         ("in descending order", "in ascending order"), ("on top", "in last place"))
    ),
)  # fmt: skip
def test_first_mirrors_last(asked, marks):
    first, last = (turn(f"{asked} {mark}", AGE) for mark in marks)
    assert first == -last
    assert first == (-1 if "young" in asked else 1)


@pytest.mark.parametrize(
    ("sentence", "query", "expected"),
    [
        ("from most dogs to fewest", DOGS, 1),
        ("samples from the fewest dogs to the most", DOGS, -1),
        ("photos of one dog before photos of many dogs", DOGS, -1),
        ("many dogs first, few dogs last", DOGS, 1),
        ("few dogs last, many dogs first", DOGS, 1),
        ("dog_count asc", DOGS, -1),
        ("dogCount desc", DOGS, 1),
        ("by age, starting with the youngest", AGE, -1),
        ("rank the people from the oldest to the youngest", AGE, 1),
        ("youngest -> oldest", AGE, -1),
        ("older people before younger ones", AGE, 1),
        ("reverse order of age", AGE, -1),
        ("image noise, high to low", NOISE, 1),
        ("scans from least noisy to most noisy", NOISE, -1),
        ("worst noise first", NOISE, 1),
        ("worst contrast first", CONTRAST, 1),
        ("contrast, low to high", CONTRAST, 1),
        ("contrast, high to low", CONTRAST, -1),
    ],
)
def test_the_end_that_is_named_first_stands_first(sentence, query, expected):
    assert turn(sentence, query) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "an old man talking to a young woman",
        "a small dog next to a big one",
        "clothes before washing",
        "a cat on top of a car",
        "a dog at the end of the street",
        "a man in front of a church",
    ],
)
def test_a_description_orders_nothing(sentence):
    order = plain_order(sentence)
    assert (order.turn, order.orders, order.text) == (1, False, sentence)


def test_the_photograph_itself_is_ordered_alike():
    assert quality_in("in-focus pictures before out-of-focus ones") == AskedQuality(Quality.sharpness, 1.0)
    assert quality_in("blur, ascending") == AskedQuality(Quality.sharpness, 1.0)
    assert quality_in("sharpest stills last") == AskedQuality(Quality.sharpness, -1.0)
    assert quality_in("noise_level desc") == AskedQuality(Quality.noise, 1.0)
    assert quality_in("worst sensor noise at the top") == AskedQuality(Quality.noise, 1.0)


def test_words_written_as_one_are_told_apart():
    assert read("rbc_count").words == read("RBC count").words == read("rbcCount").words
    assert read("under-exposed").words == read("underexposed").words
    assert read("image-quality").words == read("image quality").words


def test_words_for_what_is_ranked_say_nothing_of_what_it_shows():
    for noun in ["stills", "pics", "snaps", "micrographs", "uploads", "files", "prints", "scans"]:
        assert read(f"the noisiest {noun}").words == read("the noisiest photos").words
