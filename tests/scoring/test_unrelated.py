"""Sentences of other things beside the one that was asked."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from imgrank.scoring.question import Evidence
from imgrank.scoring.unrelated import SENTENCES, Unrelated
from imgrank.tokens import PackedTokens, TextTokens, TokenShape

WIDTH = 6


def encode(sentence: str) -> TextTokens:
    draw = np.random.default_rng(list(sentence.encode()))
    return TextTokens(np.zeros((1, 1), np.float32), draw.normal(size=WIDTH).astype(np.float32))


def pictures(count: int) -> PackedTokens:
    packed = PackedTokens.empty(count, TokenShape(1, 1, WIDTH))
    packed.embedding[:] = np.random.default_rng(count).normal(size=(count, WIDTH))
    return packed


def test_sentences_are_many_short_and_different():
    assert len(set(SENTENCES)) == len(SENTENCES) >= 30
    assert all(0 < len(sentence.split()) <= 8 for sentence in SENTENCES)


@settings(deadline=None)
@given(st.integers(1, 300), st.lists(st.integers(0, 300), max_size=4))
def test_the_nearest_of_parts_are_those_of_the_whole(count, cuts):
    packed, unrelated = pictures(count), Unrelated.of(encode)
    likeness = np.random.default_rng(count + 1).normal(size=count)
    edges = [0, *sorted(min(cut, count) for cut in cuts), count]

    def said(start: int, end: int) -> Evidence:
        beside = unrelated.beside(packed[start:end], likeness[start:end])
        return Evidence(unrelated=beside.to_others, ahead=beside.ahead)

    parts = [said(a, b) for a, b in pairwise(edges) if b > a]
    assert sum(parts, Evidence()) == said(0, count)


def test_they_are_cosines_greatest_first():
    packed, unrelated = pictures(9), Unrelated.of(encode)
    near = unrelated.beside(packed, np.zeros(9)).to_others
    rows = packed.embedding.astype(float)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    cosines = -np.sort(-(rows @ unrelated.vectors), axis=0)[:5].T
    assert np.abs(np.array(near) - cosines).max() < 1e-6


def test_a_picture_is_ahead_where_it_prefers_the_sentence_to_all_others():
    packed, unrelated = pictures(9), Unrelated.of(encode)
    likeness = np.zeros(9)
    likeness[4] = 2.0
    first, second = unrelated.beside(packed, likeness).ahead[:2]
    assert first > 2 > second
