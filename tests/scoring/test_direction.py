"""Marks of order: which end of a scale a sentence puts first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgrank.detail.qualities import AskedQuality, Quality
from imgrank.scoring.detail import quality_in
from imgrank.scoring.direction import Directed, both_ends, directed, too_much
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


@pytest.mark.parametrize(
    ("sentence", "left", "sign"),
    [
        ("dogs first", "dogs", 1),
        ("dogs first please, thanks", "dogs", 1),
        ("last", "", -1),
        ("age ascending", "age", -1),
        ("in ascending order of age", "age", -1),
        ("age, descending", "age", 1),
        ("age, ascending, reversed", "age", 1),
        ("age ascending reversed", "age", 1),
        ("age, descending, the other way round", "age", -1),
        ("starting with the youngest", "the youngest", 1),
        ("ending with the oldest", "the oldest", -1),
        ("starting with the youngest, ending with the oldest", "the youngest", 1),
        ("babies first, grandparents last", "babies", 1),
        ("grandparents last, babies first", "babies", 1),
        ("babies first, dogs, grandparents last", "babies dogs", 1),
        ("babies first, dogs", "babies dogs", 1),
        ("dogs, grandparents last", "dogs grandparents", -1),
        ("the oldest first, but the men last", "the oldest", 1),
        ("older people ahead of all the younger ones", "older people", 1),
    ],
)
def test_marks_of_order_leave_what_is_asked_for(sentence, left, sign):
    assert directed(sentence) == Directed(left, sign, orders=True)


@pytest.mark.parametrize(
    ("sentence", "left"),
    [
        ("oldest to youngest", "oldest"),
        ("dogs, most to fewest", "dogs highest"),
        ("dogs, fewest to most", "dogs lowest"),
        ("from most dogs to fewest", "from most dogs"),
        ("most to fewest dogs", "most dogs"),
        ("from one dog to many", "from fewest dog"),
        ("from single to many dogs", "from fewest dogs"),
        ("from the sharpest to the blurriest photos of dogs", "from the sharpest the photos of dogs"),
        ("from dogs that are old to young", "from dogs that are old"),
        ("the oldest men to the youngest", "the oldest men the"),
        ("hot until cold", "hot"),
        ("hot days until cold days", "hot days days"),
        ("big dogs before small dog", "big dogs dog"),
        ("big dogs before the small dogs", "big dogs the dogs"),
        ("big dogs before dogs that are small", "big dogs dogs that are"),
        ("noise high to low", "noise high"),
        ("dark to bright in the evening", "dark in the evening"),
        ("of all days from the hottest to the coldest", "of all days from the hottest the"),
        ("next to old houses from big to small", "next to old houses from big"),
        ("up to old age from young to old", "up to old age from young"),
    ],
)
def test_of_two_ends_the_first_is_left(sentence, left):
    assert directed(sentence) == Directed(left, 1, orders=True)


@pytest.mark.parametrize(
    ("sentence", "left", "sign"),
    [
        ("babies at the very top of the list", "babies", 1),
        ("babies at the bottom of my page, please", "babies", -1),
        ("babies up front", "babies", 1),
        ("the house that was built first", "the house that was built earliest", 1),
        ("the houses that were made last", "the houses that were made latest", 1),
        ("a cat, sleeping; a dog", "a cat sleeping a dog", 1),
        ("dogs, the smallest group", "dogs lowest", 1),
        ("dogs, the smallest big group", "dogs lowest", 1),
        ("highest value, dogs", "highest dogs", 1),
        ("dogs, large to look at", "dogs large to look at", 1),
        ("dogs, one big crowd", "dogs one big crowd", 1),
        ("the smallest group", "the smallest group", 1),
    ],
)
def test_a_place_or_an_amount_orders_nothing_more(sentence, left, sign):
    assert directed(sentence) == Directed(left, sign, orders=False)


@pytest.mark.parametrize(
    "sentence",
    [
        "an old man talking to a young woman",
        "a small dog next to a big one",
        "a big dog close to small",
        "a dog similar to a small one from big to odd",
        "the smallest dog next to the biggest",
        "the oldest man close to the youngest",
        "old people before their young cats",
        "the old people before their young cats",
        "old men before an old or young woman",
        "big dogs on it before the small cats on it",
        "big dogs before noon before the small cats",
        "biggest to weird smallest",
        "up to the smallest of the biggest",
        "men before a big red house",
        "first of all cats",
        "one dog to many dogs",
        "a big to do",
        "cats to dogs",
        "biggest smallest",
        "most dogs to cat and fewest",
        "old cat bed to young",
    ],
)
def test_words_of_two_ends_alone_are_no_order(sentence):
    assert directed(sentence) == Directed(sentence, 1, orders=False)


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


@pytest.mark.parametrize("word", ["to", "x to", "old to young"])
def test_a_very_long_sentence_ends_being_read(word):
    """Pairs of words are compared only in clauses of a length that people write."""
    sentence = " ".join([word] * 3000)
    assert directed(sentence) == Directed(sentence, 1, False)


@pytest.mark.parametrize(
    ("sentence", "ends"),
    [
        ("neither old nor young", ("old", "young")),
        ("not old, not young", ("old", "young")),
        ("not the old ones and not the young ones", ("old", "young")),
        ("not old, not blurry", None),
        ("from young to old or old to young", ("young", "old")),
        ("oldest to youngest or from youngest to oldest", ("oldest", "youngest")),
        ("from few dogs to many, or many to few", ("few", "many")),
        ("young to old or the other way round", ("young", "old")),
        ("from light to dark and vice versa", ("light", "dark")),
        ("from young to old or so", None),
        ("from old to young and sharp", None),
        ("Old or young people", ("old", "young")),
        ("old people or young people", ("old", "young")),
        ("sharp or blurry photos", ("sharp", "blurry")),
        ("old but not too old", ("old", "not too old")),
        ("not too old, not too young", ("not too old", "not too young")),
        ("sharp but blurry", ("sharp", "blurry")),
        ("background blurred but subject sharp", ("blurred", "sharp")),
        ("sharp but not blurry", None),
        ("Old and young people", ("old", "young")),
        ("sharp, blurry", ("sharp", "blurry")),
        ("old and dark photos", None),
        ("how old or young the person is", None),
        ("more or less sharp", None),
        ("one or more dogs", None),
        ("dogs or cats", None),
        ("from old to young", None),
        ("sharp, not too blurry", None),
        ("not too old", None),
        ("or", None),
    ],
)
def test_both_ends_that_are_named_beside_each_other(sentence, ends):
    assert both_ends(sentence) == ends


@pytest.mark.parametrize(
    ("sentence", "word"),
    [
        ("Not too old", "old"),
        ("not overly dark", "dark"),
        ("isn't too dark", "dark"),
        ("aren’t too dark", "dark"),
        ("not very dark", None),
        ("too old", None),
    ],
)
def test_a_bound_on_how_much(sentence, word):
    assert too_much(sentence) == word
