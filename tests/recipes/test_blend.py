"""A ridge axis beside a trained adapter: stored in its unit, learnt from both splits, and mixed by what val says."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from imgrank.adapter.answering import score_tokens
from imgrank.adapter.files import Adapter, load, save
from imgrank.adapter.header import AdapterHeader, Query
from imgrank.adapter.model import AdapterModel
from imgrank.learning.metrics import srcc
from tests.training.making import CONFIG, Facts, FakeSource

RECIPE = str(Path(__file__).parents[2] / "recipes" / "mini")
sys.path.insert(0, RECIPE)
try:
    from blend import best_part, blend_axis
finally:
    sys.path.remove(RECIPE)

SOURCE = FakeSource()
PACKED = SOURCE.encode([f"{n}.jpg" for n in range(90)]).packed
VALUES = 1900 + np.arange(90) / 2
TEXT = SOURCE.sentence("newer")
TRAIN, VAL, TEST = np.arange(0, 90, 3), np.arange(1, 90, 3), np.arange(2, 90, 3)


def adapter() -> Adapter:
    torch.manual_seed(0)
    query = Query(("newer",), TEXT.embedding[None], "year", mean=1920.0, scale=12.0)
    header = AdapterHeader("made", "fake", Facts().fingerprint, CONFIG, (query,))
    return Adapter(header, AdapterModel(CONFIG).eval())


def test_an_adapter_that_knows_nothing_is_answered_for_by_the_axis(tmp_path):
    made = adapter()
    query = blend_axis(made, made.queries[0], TEXT, PACKED, VALUES, TRAIN, VAL)
    assert query.scorer == "blend" and query.blend_weight < 0.2
    save(tmp_path / "made.safetensors", Adapter(replace(made.header, queries=(query,)), made.model))
    loaded = load(tmp_path / "made.safetensors")
    predicted = score_tokens(loaded, PACKED[TEST], TEXT, loaded.queries[0]).value
    assert srcc(predicted, VALUES[TEST]) > 0.8
    assert np.abs(predicted - VALUES[TEST]).mean() < 0.6 * np.abs(VALUES[TEST] - VALUES.mean()).mean()


def test_rows_of_no_split_are_not_looked_at():
    made, other = adapter(), VALUES.copy()
    other[TEST] = 7.0
    one, same = (blend_axis(made, made.queries[0], TEXT, PACKED, values, TRAIN, VAL) for values in (VALUES, other))
    assert one.blend_weight == same.blend_weight and np.array_equal(one.closed.linear, same.closed.linear)


@given(st.floats(0, 1), st.integers(0, 99))
def test_the_part_of_a_true_mixture_is_found_on_many_rows_and_guessed_as_half_on_few(part, seed):
    one, other = np.random.default_rng(seed).normal(size=(2, 3000))
    true = part * one + (1 - part) * other
    assert best_part(one, other, true) == pytest.approx(part, abs=0.01)
    assert best_part(one[:2], other[:2], true[:2]) == pytest.approx(0.5, abs=0.1)


def test_between_equals_each_has_half_and_a_wrong_one_is_hardly_heard():
    true = np.linspace(-1, 1, 600)
    assert best_part(true, true, true) == 0.5
    assert best_part(-true, true, true) < 0.05
    assert best_part(true, -true, true) > 0.95


def test_many_rows_of_few_groups_move_the_guess_no_more_than_few_rows():
    one, other = np.random.default_rng(0).normal(size=(2, 300))
    true = 0.9 * one + 0.1 * other
    alone, in_three = best_part(one, other, true), best_part(one, other, true, ["a", "b", "c"] * 100)
    assert alone > 0.85 and 0.5 < in_three < 0.65
    assert best_part(one, other, true, [""] * 300) == alone
