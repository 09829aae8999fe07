"""The linear form of relational attention against the naive one, which lives in the tests alone."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from imgrank.adapter import pairs
from imgrank.adapter.pairs import PairHead, Summary
from tests.adapter.making import images, model, words
from tests.adapter.naive import naive_compare


def _summary(count: int, seed: int, relations: int = 4, heads: int = 4, width: int = 16) -> Summary:
    make = torch.Generator().manual_seed(seed)
    return Summary(
        3 * torch.randn(count, relations, heads, generator=make, dtype=torch.float64),
        torch.randn(count, relations, width, generator=make, dtype=torch.float64),
    )


def _head() -> PairHead:
    torch.manual_seed(0)
    return PairHead(16, 4, 8).double()


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 9), st.integers(1, 7), st.integers(0, 1000))
def test_equals_the_naive_attention_over_all_pairs(count: int, tokens: int, seed: int) -> None:
    adapter = model(seed)
    with torch.no_grad():
        z = 3 * adapter.fuse(*images(count, tokens, seed), words())
        summary = adapter.summarise(z)
        linear = adapter.compare(summary, summary)
        naive = naive_compare(adapter.relations, adapter.pair_head, z)
    torch.testing.assert_close(linear, naive, rtol=0, atol=1e-6)


def test_gradients_equal_the_naive_ones() -> None:
    adapter = model()
    z = adapter.fuse(*images(5), words()).detach().requires_grad_()
    mask = torch.randn(5, 5, dtype=torch.float64)
    summary = adapter.summarise(z)
    parameters = [z, *adapter.relations.parameters(), *adapter.pair_head.parameters()]
    linear = torch.autograd.grad((mask * adapter.compare(summary, summary)).sum(), parameters)
    naive = torch.autograd.grad((mask * naive_compare(adapter.relations, adapter.pair_head, z)).sum(), parameters)
    for mine, theirs in zip(linear, naive, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-6, atol=1e-9)


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 1000))
def test_logits_are_antisymmetric_and_an_image_ties_with_itself(first: int, second: int, seed: int) -> None:
    head, a, b = _head(), _summary(first, seed), _summary(second, seed + 1)
    with torch.no_grad():
        torch.testing.assert_close(head.compare(a, b), -head.compare(b, a).T, rtol=0, atol=1e-9)
        assert head.compare(a, a).diagonal().abs().max() < 1e-9


def test_listed_pairs_equal_the_table_of_all() -> None:
    head, a, b = _head(), _summary(7, 1), _summary(7, 2)
    torch.testing.assert_close(head.pairs(a, b), head.compare(a, b).diagonal(), rtol=0, atol=1e-12)


def test_blocks_of_any_size_give_the_same_logits(monkeypatch: pytest.MonkeyPatch) -> None:
    head, a, b = _head(), _summary(11, 1), _summary(1030, 2)
    whole = head.compare(a, b)
    monkeypatch.setattr(pairs, "PAIR_BLOCK_NUMBERS", 1)
    torch.testing.assert_close(head.compare(a, b), whole, rtol=0, atol=1e-12)


def test_masses_far_apart_stay_finite() -> None:
    head, a = _head(), _summary(4, 1)
    far = Summary(a.masses * 1e4, a.means)
    assert head.compare(far, a).isfinite().all()


def test_dropout_leaves_the_comparison_alone() -> None:
    adapter = model(dropout=0.5)
    z = adapter.fuse(*images(4), words())
    adapter.train()
    one, two = (adapter.compare(s, s) for s in (adapter.summarise(z), adapter.summarise(z)))
    assert torch.equal(one, two)


def test_summaries_join_and_part() -> None:
    whole = _summary(6, 1)
    again = Summary.cat([whole[:2], whole[2:]])
    assert len(again) == 6
    assert torch.equal(again.masses, whole.masses) and torch.equal(again.means, whole.means)
