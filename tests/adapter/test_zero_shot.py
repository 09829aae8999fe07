"""Scores along a sentence, without training."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgrank.adapter import zero_shot
from imgrank.adapter.zero_shot import confidence, like_scores, text_axis, zero_shot_scores
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
    older, younger = (
        zero_shot_scores(AGES, text_axis(f"{word} person", None, encode)) for word in ("older", "younger")
    )
    assert np.argsort(-older).tolist() == [2, 1, 0]
    assert np.argsort(-younger).tolist() == [0, 1, 2]


def test_both_ends_of_a_scale_ask_for_what_it_is_about() -> None:
    person, nothing = [0.5, 0.5, 0, 0, 0.2], [0, 0, 1, 0, 0]
    for word in ("older", "younger"):
        scores = zero_shot_scores(pictures(person, nothing), text_axis(f"{word} person", None, encode))
        assert scores[0] > scores[1]


def test_more_of_a_thing_is_nearness_to_it_and_fewer_the_other_way_round() -> None:
    more, fewer = (text_axis(f"{word} cats", None, encode) for word in ("more", "fewer"))
    assert zero_shot_scores(pictures([1, 0, 0, 0, 0.2], [0, 0, 1, 0, 0.2]), more).argmax() == 1
    np.testing.assert_allclose(more.direction, -fewer.direction)
    np.testing.assert_allclose(more.sentence, fewer.sentence)


def test_a_given_opposite_stands_before_the_known_one() -> None:
    axis = text_axis("older person", "cat", encode)
    assert axis.opposite == "cat"
    assert axis.direction[WORDS["cat"]] < 0
    assert axis.direction[WORDS["younger"]] == 0


def test_without_an_opposite_nearness_to_the_sentence_counts() -> None:
    axis = text_axis("a cat", None, encode)
    assert axis.opposite is None
    np.testing.assert_array_equal(axis.direction, axis.sentence)
    scores = zero_shot_scores(pictures([1, 0, 0, 0, 0.2], [0, 0, 1, 0, 0.2], [0, 1, 0, 0, 0.2]), axis)
    assert scores.argmax() == 1


def test_a_picture_is_nearest_to_itself() -> None:
    many = packed(9)
    for row in range(9):
        scores = like_scores(many, many.embedding[row])
        assert scores.argmax() == row
        assert scores[row] == pytest.approx(1)


def test_the_length_of_an_embedding_does_not_matter() -> None:
    axis = text_axis("older person", None, encode)
    longer = pictures(*(AGES.embedding.astype(float) * 2).tolist())
    np.testing.assert_allclose(zero_shot_scores(longer, axis), zero_shot_scores(AGES, axis), rtol=1e-12)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 49), min_size=1, max_size=30), st.integers(1, 60))
def test_a_score_does_not_depend_on_who_else_is_asked(rows: list[int], at_once: int) -> None:
    many = packed(50)
    whole = like_scores(many, many.embedding[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zero_shot, "ROWS_AT_ONCE", at_once)
        some = like_scores(many[np.array(rows)], many.embedding[0])
    np.testing.assert_array_equal(some, whole[rows])


def test_a_sentence_that_no_picture_shows_is_less_confident() -> None:
    cat, nonsense = (confidence(pictures([0, 0, 1, 0, 0.2]), text_axis(s, None, encode)) for s in ("a cat", "nonsense"))
    assert cat > 0.9
    assert nonsense < zero_shot.CONFIDENT_FROM


def test_a_picture_without_embedding_is_no_nan() -> None:
    assert zero_shot_scores(pictures([0, 0, 0, 0, 0]), text_axis("a cat", None, encode)).tolist() == [0.0]
