"""Scores from stored tokens: in the query's unit, and the same whoever else is asked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from imgrank.adapter.answering import BLOCK, score_tokens
from imgrank.adapter.folded import FoldedModel
from imgrank.adapter.header import Scorer
from imgrank.adapter.model import TextBatch
from imgrank.errors import AdapterError
from tests.adapter.making import SHAPE, adapter, packed, sentence

ADAPTER = adapter()
MANY = packed(BLOCK + 44)
WHOLE = score_tokens(ADAPTER, MANY, sentence(), ADAPTER.queries[0], summarise=True)


BY_RIDGE = score_tokens(ADAPTER, MANY, sentence(), ADAPTER.queries[1])


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(0, len(MANY) - 1), min_size=1, max_size=40))
def test_a_score_does_not_depend_on_who_else_is_asked(rows: list[int]) -> None:
    for query, whole in zip(ADAPTER.queries, (WHOLE, BY_RIDGE), strict=True):
        some = score_tokens(ADAPTER, MANY[np.array(rows)], sentence(), query)
        np.testing.assert_array_equal(some.value, whole.value[rows])
        np.testing.assert_array_equal(some.relevance, whole.relevance[rows])


def test_a_score_does_not_depend_on_the_number_of_cores() -> None:
    before = torch.get_num_threads()
    try:
        for cores in (1, 3):
            torch.set_num_threads(cores)
            again = score_tokens(ADAPTER, MANY, sentence(), ADAPTER.queries[0])
            np.testing.assert_array_equal(again.value, WHOLE.value)
            assert torch.get_num_threads() == cores
    finally:
        torch.set_num_threads(before)


def test_many_questions_at_once_sum_on_one_core_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """A probe in the midst of them sees how many threads an operation has."""
    seen: list[int] = []

    def watched(name: str) -> None:
        original = getattr(FoldedModel, name)

        def probe(*args: object) -> object:
            seen.append(torch.get_num_threads())
            result = original(*args)
            seen.append(torch.get_num_threads())
            return result

        monkeypatch.setattr(FoldedModel, name, probe)

    for name in ("words", "encode_images", "fuse"):
        watched(name)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with ThreadPoolExecutor(6) as askers:
            asked = [askers.submit(score_tokens, ADAPTER, MANY, sentence(), ADAPTER.queries[0]) for _ in range(40)]
            for one in asked:
                np.testing.assert_array_equal(one.result().value, WHOLE.value)
        assert set(seen) == {1}
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_values_are_the_models_in_the_querys_unit() -> None:
    query = ADAPTER.queries[0]
    with torch.inference_mode():
        z = ADAPTER.model.fuse(
            torch.from_numpy(MANY.tokens()),
            torch.from_numpy(MANY.embedding.astype(np.float32)),
            TextBatch.of(sentence()),
        )
        scores = ADAPTER.model.score(z)
        summary = ADAPTER.model.summarise(z)
    np.testing.assert_allclose(WHOLE.value, query.mean + query.scale * scores.value.numpy(), rtol=1e-4)
    np.testing.assert_allclose(WHOLE.relevance, scores.relevance.sigmoid().numpy(), rtol=1e-4)
    assert WHOLE.summary is not None
    torch.testing.assert_close(WHOLE.summary.means, summary.means, rtol=1e-3, atol=1e-4)


def test_a_ridge_query_is_answered_by_its_axis() -> None:
    query = ADAPTER.queries[1]
    assert query.ridge is not None
    read = np.concatenate([MANY.tokens().mean(1), MANY.embedding], axis=1).astype(np.float64)
    expected = query.mean + query.scale * (read @ query.ridge[:-1] + query.ridge[-1])
    scored = score_tokens(ADAPTER, MANY, sentence(), query)
    np.testing.assert_allclose(scored.value, expected, rtol=1e-5, atol=1e-5)
    assert (scored.relevance == 1).all()


def test_a_ridge_query_may_have_relevance_too() -> None:
    query = replace(ADAPTER.queries[1], relevance=True)
    np.testing.assert_array_equal(score_tokens(ADAPTER, MANY, sentence(), query).relevance, WHOLE.relevance)


@pytest.mark.parametrize("summarise", [False, True])
def test_no_picture_gives_no_score(summarise: bool) -> None:
    none = score_tokens(ADAPTER, packed(1)[:0], sentence(), ADAPTER.queries[0], summarise)
    assert none.value.shape == none.relevance.shape == (0,)
    assert (none.summary is not None and len(none.summary) == 0) == summarise


def test_a_blend_is_mixed_from_the_adapter_and_the_ridge() -> None:
    axis = np.linspace(-1, 1, SHAPE.width + SHAPE.embedding + 1).astype(np.float32)

    def value(scorer: Scorer) -> npt.NDArray[np.float64]:
        query = replace(ADAPTER.queries[0], ridge=axis, scorer=scorer, blend_weight=0.3)
        return score_tokens(ADAPTER, MANY[:5], sentence(), query).value

    np.testing.assert_allclose(value("blend"), 0.3 * value("adapter") + 0.7 * value("ridge"), atol=1e-5)


@pytest.mark.parametrize("tokens", [4, 9])
def test_tokens_of_other_sizes_than_the_file_speaks_of_are_refused(tokens: int) -> None:
    """A file may carry the right fingerprint and still not tell the truth."""
    with pytest.raises(AdapterError, match=f"is for 6 tokens of 24 numbers.*{tokens} tokens of 24 numbers"):
        score_tokens(ADAPTER, packed(3, tokens=tokens), sentence(), ADAPTER.queries[0])
