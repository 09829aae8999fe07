"""Scores along a sentence, without training."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgrank.scoring import similarity as room
from imgrank.scoring.similarity import aim_at_picture, length_of, likeness, subject_of, text_axis
from imgrank.tokens import PackedTokens, TextTokens, TokenShape
from tests.adapter.making import packed

WORDS = {"older": 0, "younger": 1, "cat": 2, "nonsense": 3}
SHAPE = TokenShape(1, 1, 5)


def encode(sentence: str) -> TextTokens:
    """Words as axes; the fifth is what every sentence shares."""
    embedding = np.zeros(5, np.float32)
    embedding[4] = 0.3
    for word, axis in WORDS.items():
        embedding[axis] = word in sentence
    return TextTokens(np.zeros((1, 1), np.float32), embedding / np.linalg.norm(embedding))


def pictures(*rows: list[float]) -> PackedTokens:
    made = PackedTokens.empty(len(rows), SHAPE)
    made.embedding[:] = rows
    return made


AGES = pictures([0.1, 0.9, 0, 0, 0.1], [0.5, 0.5, 0, 0, 0.2], [0.9, 0.1, 0, 0, 0.3])


def test_a_comparative_orders_along_its_axis_both_ways() -> None:
    older, younger = (text_axis(f"{word} person", None, encode)(AGES).scores for word in ("older", "younger"))
    assert np.argsort(-older).tolist() == [2, 1, 0]
    assert np.argsort(-younger).tolist() == [0, 1, 2]


def test_what_a_scale_is_about_is_asked_apart_and_moves_no_score() -> None:
    person, nothing = [0.5, 0.5, 0, 0, 0.2], [0, 0, 1, 0, 0]
    for word in ("older", "younger"):
        along = text_axis(f"{word} person", None, encode)(pictures(person, nothing))
        assert along.likeness[0] > along.likeness[1]
        assert along.scores == pytest.approx([0, 0], abs=1e-3)


def test_a_scale_of_any_picture_has_no_subject() -> None:
    assert text_axis("sharpest photo", None, encode).subject is None
    assert subject_of("older person") == "person"


def test_what_is_turned_stands_the_other_way_round() -> None:
    axis = text_axis("a cat", None, encode)
    np.testing.assert_array_equal(axis.turned()(AGES).scores, -axis(AGES).scores)


def test_more_of_a_thing_is_nearness_to_it_and_fewer_the_other_way_round() -> None:
    more, fewer = (text_axis(f"{word} cats", None, encode) for word in ("more", "fewer"))
    assert more(pictures([1, 0, 0, 0, 0.2], [0, 0, 1, 0, 0.2])).scores.argmax() == 1
    assert (more.turn, fewer.turn) == (1, -1)
    np.testing.assert_allclose(more.end.vector, fewer.end.vector)


def test_a_given_opposite_stands_before_the_known_one() -> None:
    axis = text_axis("older person", "cat", encode)
    assert axis.opposite == "cat"
    assert axis.other.vector[WORDS["cat"]] > 0
    assert axis.other.vector[WORDS["younger"]] == 0


def test_without_an_opposite_nearness_to_the_sentence_counts() -> None:
    axis = text_axis("a cat", None, encode)
    assert axis.opposite is None
    assert axis.other is None
    scores = axis(pictures([1, 0, 0, 0, 0.2], [0, 0, 1, 0, 0.2], [0, 1, 0, 0, 0.2])).scores
    assert scores.argmax() == 1


def test_a_picture_is_nearest_to_itself() -> None:
    many = packed(9)
    for row in range(9):
        scores = likeness(many, aim_at_picture(many.embedding[row]))
        assert scores.argmax() == row
        assert scores[row] == pytest.approx(1)


def test_the_length_of_an_embedding_does_not_matter() -> None:
    axis = text_axis("older person", None, encode)
    longer = pictures(*(AGES.embedding.astype(float) * 2).tolist())
    np.testing.assert_allclose(axis(longer).scores, axis(AGES).scores, rtol=1e-12)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 49), min_size=1, max_size=30), st.integers(1, 60))
def test_a_score_does_not_depend_on_who_else_is_asked(rows: list[int], at_once: int) -> None:
    many = packed(50)
    whole = likeness(many, aim_at_picture(many.embedding[0]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "ROWS_AT_ONCE", at_once)
        some = likeness(many[np.array(rows)], aim_at_picture(many.embedding[0]))
    np.testing.assert_array_equal(some, whole[rows])


def test_a_picture_without_embedding_is_no_nan() -> None:
    assert text_axis("a cat", None, encode)(pictures([0, 0, 0, 0, 0])).scores.tolist() == [0.0]


def test_articles_are_no_words_of_a_sentence():
    assert [length_of(said) for said in ("dog", "A dog", "the dog on a sofa", "a", "")] == [1, 1, 3, 1, 1]
