"""The other end of a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgrank.scoring.comparatives import OPPOSITES, Scale, opposite_of, scale_of


@pytest.mark.parametrize(
    ("sentence", "opposite"),
    [
        ("older person", "younger person"),
        ("Younger looking people", "older looking people"),
        ("more people", "fewer people"),
        ("fewer dogs", "more dogs"),
        ("more beautiful", "less beautiful"),
        ("more", "less"),
        ("sharper", "blurrier"),
        ("blurry", "sharp"),
        ("a dark photo", "a bright photo"),
        ("an older car", "a newer car"),
        ("a younger man", "an older man"),
        ("the best photo", "the worst photo"),
        ("a cat", None),
        ("a photo of a school bus", None),
        ("an old house", None),
        ("a big dog on a small boat", None),
        ("", None),
        ("a photo", None),
    ],
)
def test_the_first_comparative_is_turned_around(sentence: str, opposite: str | None) -> None:
    assert opposite_of(sentence) == opposite


def test_any_word_will_do_where_only_the_direction_is_asked() -> None:
    assert opposite_of("young people", any_word=True) == "old people"
    assert opposite_of("a big dog", any_word=True) == "a small dog"
    assert opposite_of("a cat", any_word=True) is None


def test_no_word_is_its_own_opposite_and_each_opposite_has_one() -> None:
    for word, other in OPPOSITES.items():
        assert word != other
        assert other in OPPOSITES or other == "more"


@given(st.text(max_size=40))
def test_any_sentence_has_at_most_one_other_end(sentence: str) -> None:
    other = opposite_of(sentence)
    assert other is None or other != sentence


@pytest.mark.parametrize(
    ("sentence", "scale"),
    [
        ("older person", Scale("older person", "younger person")),
        ("messiest room", Scale("messiest room", "tidiest room")),
        ("blurry", Scale("blurry", "sharp")),
        ("more water", Scale("water", None)),
        ("fewer dogs", Scale("dogs", None, down=True)),
        ("Most snow", Scale("snow", None)),
        ("a photo with more snow", Scale("a photo with snow", None)),
        ("more feminine face", Scale("feminine face", "masculine face")),
        ("a more attractive room", Scale("an attractive room", "an unattractive room")),
        ("most colourful", Scale("colourful", "colourless")),
        ("less blurry", Scale("blurry", "sharp", down=True)),
    ],
)
def test_a_comparative_names_a_scale_and_an_amount_what_there_is_more_of(sentence: str, scale: Scale) -> None:
    assert scale_of(sentence) == scale


@pytest.mark.parametrize(
    "sentence",
    [
        *(
            "a cat",
            "ripe banana",
            "an old house",
            "at least two dogs",
            "more than two dogs",
            "more",
            "least",
            "a photo",
            "",
        ),
        "two older women sit on a bench in the park",
    ],
)
def test_a_sentence_that_only_describes_names_no_scale(sentence: str) -> None:
    assert scale_of(sentence) is None


@given(
    st.text(st.characters(categories=["Ll", "Lu"]), min_size=1, max_size=12).filter(
        lambda w: w.lower() not in OPPOSITES
    )
)
def test_more_and_less_of_a_thing_are_two_ends_of_one_scale(thing: str) -> None:
    more, less = scale_of(f"more {thing}"), scale_of(f"less {thing}")
    if more is not None:
        assert more == Scale(thing, None)
        assert less == Scale(thing, None, down=True)


@given(st.text(max_size=40))
def test_any_sentence_has_a_scale_with_two_ends_or_none(sentence: str) -> None:
    scale = scale_of(sentence)
    assert scale is None or (scale.end.strip() and scale.end != scale.other)
