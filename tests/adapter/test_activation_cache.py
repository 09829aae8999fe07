"""What is kept between questions: never another's, never more than there is room for."""

from __future__ import annotations

import threading

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from imgrank.adapter.activation_cache import ActivationCache
from imgrank.adapter.answering import BLOCK, score_tokens
from tests.adapter.making import adapter, packed, sentence

ROOM = 3
ONE = torch.zeros(10)


def block(name: int) -> torch.Tensor:
    return ONE + name


@given(st.lists(st.lists(st.integers(0, 7), max_size=12), max_size=6))
def test_what_comes_back_is_what_was_made(questions: list[list[int]]) -> None:
    activations, held = ActivationCache(ROOM * ONE.nbytes), 0
    for names in questions:
        activations.next_question()
        for name in names:
            assert torch.equal(activations.get(b"%d" % name, lambda name=name: block(name)), block(name))
        held = max(held, activations.nbytes)
    assert held <= ROOM * ONE.nbytes


def made_by(activations: ActivationCache, names: list[int]) -> list[int]:
    """Which blocks a question had to make."""
    made: list[int] = []
    activations.next_question()
    for name in names:
        activations.get(b"%d" % name, lambda name=name: made.append(name) or block(name))
    return made


def test_the_same_pictures_are_looked_at_once() -> None:
    activations = ActivationCache(ROOM * ONE.nbytes)
    assert made_by(activations, [1, 2, 3]) == [1, 2, 3]
    assert made_by(activations, [1, 2, 3]) == []
    assert made_by(activations, [3, 1]) == []


def test_more_pictures_than_there_is_room_for_keep_their_places() -> None:
    """A plain "least recently used" would throw out each block just before it is asked for."""
    activations, many = ActivationCache(ROOM * ONE.nbytes), list(range(10))
    made_by(activations, many)
    assert made_by(activations, many) == many[ROOM:]


def test_pictures_of_another_folder_take_the_places_of_those_before() -> None:
    activations = ActivationCache(ROOM * ONE.nbytes)
    made_by(activations, [1, 2, 3])
    made_by(activations, [4, 5, 6])
    assert made_by(activations, [4, 5, 6]) == []


def test_many_may_ask_at_once() -> None:
    activations, wrong = ActivationCache(ROOM * ONE.nbytes), []

    def ask(seed: int) -> None:
        for name in np.random.default_rng(seed).integers(0, 8, 300).tolist():
            if name == 0:
                activations.next_question()
            elif not torch.equal(activations.get(b"%d" % name, lambda name=name: block(name)), block(name)):
                wrong.append(name)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and activations.nbytes <= ROOM * ONE.nbytes


def test_no_score_depends_on_what_was_kept() -> None:
    """Not on the sentence before, the adapter before, nor the pictures before."""
    activations, pictures = ActivationCache(), packed(BLOCK + 9)
    for seed in (0, 1, 0):
        asked = adapter(seed=seed)
        for some in (pictures, pictures[3:], pictures):
            for length in (4, 2):
                text = sentence(length=length)
                fresh = score_tokens(asked, some, text, asked.queries[0], summarise=True)
                kept = score_tokens(asked, some, text, asked.queries[0], summarise=True, activations=activations)
                np.testing.assert_array_equal(kept.value, fresh.value)
                np.testing.assert_array_equal(kept.relevance, fresh.relevance)
                assert kept.summary is not None and fresh.summary is not None
                assert torch.equal(kept.summary.means, fresh.summary.means)
