"""What a ranker is about, from the pictures that it learns from: its own kind is kept, strangers are told."""

from dataclasses import replace

import numpy as np
import pytest

from imgrank.adapter.answering import score_tokens
from imgrank.adapter.closed import ClosedForm, RowShape
from imgrank.adapter.config import AdapterConfig
from imgrank.adapter.files import Adapter
from imgrank.adapter.header import AdapterHeader, Query
from imgrank.learning.fit_subject import fit_subject
from imgrank.rounding import rounded
from imgrank.scoring.adapter_scorer import AdapterScorer
from imgrank.scoring.choosing import Choice
from imgrank.scoring.question import Question
from imgrank.scoring.scorers import Resources, joined_answer
from imgrank.tokens import PackedTokens, TextTokens, joined, pack
from tests.learning.making import pair_rows, value_rows

PLACES, WIDTH, EMBEDDING = 4, 8, 48
KINDS = np.random.default_rng(0).normal(size=(2, EMBEDDING))
TEXT = TextTokens(np.zeros((2, 6), np.float32), np.ones(EMBEDDING, np.float32) / np.sqrt(EMBEDDING))


def pictures(kind: int, count: int, seed: int, spread: float = 0.25) -> PackedTokens:
    """Pictures of a kind: embeddings around its own direction."""
    rng = np.random.default_rng(seed)
    embedding = KINDS[kind] + spread * rng.normal(size=(count, EMBEDDING))
    tokens = rng.normal(size=(count, PLACES, WIDTH)).astype(np.float32)
    return pack(tokens, (embedding / np.linalg.norm(embedding, axis=1, keepdims=True)).astype(np.float32))


def made(packed: PackedTokens, task=None) -> Adapter:
    """A ranker without a network, about these pictures."""
    task = task or value_rows(np.arange(len(packed)))
    shape = RowShape.of(packed.shape)
    query = Query(
        ("more",),
        TEXT.embedding[None],
        scorer="ridge",
        closed=ClosedForm(shape, np.ones(shape.numbers + 1, np.float32)),
        subject=fit_subject(packed, task, np.arange(len(task))),
    )
    config = AdapterConfig(PLACES, WIDTH, EMBEDDING, 6, width=8, heads=2)
    return Adapter(AdapterHeader("mine", "fake", "0" * 16, config, (query,), has_model=False), None)


def shown(adapter: Adapter, packed: PackedTokens) -> np.ndarray:
    return score_tokens(adapter, packed, TEXT, adapter.queries[0]).relevance


def answer(adapter: Adapter, packed: PackedTokens, **more: bool):
    choice = Choice(adapter.header, adapter.queries[0], 1.0, "test", "more")
    scorer = AdapterScorer(Question("more"), choice, TEXT, **more)
    parts = [scorer._score(adapter, Resources().activations, packed[at : at + 40]) for at in range(0, len(packed), 40)]
    return joined_answer(parts, scorer.verdict)


@pytest.mark.parametrize("count", [12, 30, 300])
def test_own_kind_is_kept_and_strangers_are_told(count):
    adapter = made(pictures(0, count, seed=1))
    assert (shown(adapter, pictures(0, 400, seed=2)) >= 0.5).mean() >= 0.98
    assert (shown(adapter, pictures(1, 400, seed=3)) < 0.5).mean() >= 0.9


def test_any_picture_is_of_the_kind_of_a_broad_set():
    adapter = made(pictures(0, 100, seed=1, spread=10))
    assert (shown(adapter, pictures(1, 200, seed=2)) >= 0.5).mean() >= 0.97


def test_fewer_pictures_than_a_dozen_are_about_nothing():
    assert made(pictures(0, 11, seed=1)).queries[0].subject is None


def test_near_duplicates_do_not_make_strangers_of_their_own_kind():
    few = pictures(0, 10, seed=1)
    again = few[np.repeat(np.arange(10), 6)]
    assert (shown(made(again), pictures(0, 200, seed=2)) >= 0.5).mean() >= 0.98
    groups = [str(n) for n in np.repeat(np.arange(10), 6)]
    by_group = made(again, value_rows(np.arange(60), groups))
    assert (shown(by_group, pictures(0, 200, seed=2)) >= 0.5).mean() >= 0.98
    assert (shown(by_group, pictures(1, 200, seed=3)) < 0.5).mean() >= 0.9


def test_answers_between_pictures_have_a_subject_too():
    adapter = made(pictures(0, 40, seed=1), pair_rows(np.arange(40), 60))
    assert (shown(adapter, pictures(0, 200, seed=2)) >= 0.5).mean() >= 0.97
    assert (shown(adapter, pictures(1, 200, seed=3)) < 0.5).all()


def test_whether_a_picture_shows_it_does_not_depend_on_the_others():
    adapter, many = made(pictures(0, 60, seed=1)), pictures(1, 300, seed=2, spread=1.5)
    whole = rounded(shown(adapter, many))
    np.testing.assert_array_equal(whole, rounded(shown(adapter, many[np.arange(299, -1, -1)]))[::-1])
    for n in range(0, 300, 37):
        np.testing.assert_array_equal(whole[n : n + 1], rounded(shown(adapter, many[n : n + 1])))


def test_strangers_are_counted_and_a_folder_of_them_is_not_confident():
    adapter, own, others = made(pictures(0, 60, seed=1)), pictures(0, 20, seed=2), pictures(1, 30, seed=3)
    said = answer(adapter, joined([own, others]))
    assert said.relevant.tolist() == [True] * 20 + [False] * 30
    assert said.verdict.notes == ("30 images do not seem to show what this ranker was trained on and come last",)
    assert said.verdict.confident
    assert 0.9 < said.verdict.confidence < 1

    strange = answer(adapter, others).verdict
    assert not strange.confident
    assert 0 < strange.confidence < 0.2
    assert strange.notes == ("no image seems to show what this ranker was trained on, so this order means little",)


def test_one_picture_among_very_many_strangers_is_hardly_any():
    adapter, own, others = made(pictures(0, 60, seed=1)), pictures(0, 1, seed=2), pictures(1, 600, seed=3)
    said = answer(adapter, joined([own, others]))
    assert said.relevant[0]
    assert not said.verdict.confident
    few = answer(adapter, joined([pictures(0, 6, seed=2), others]))
    assert few.verdict.confident


def test_where_nothing_is_known_of_a_subject_all_pictures_count():
    adapter = made(pictures(0, 60, seed=1))
    (query,) = adapter.queries
    older = Adapter(replace(adapter.header, queries=(replace(query, subject=None),)), None)
    said = answer(older, pictures(1, 30, seed=3))
    assert said.relevant.all()
    assert (said.verdict.confident, said.verdict.confidence, said.verdict.notes) == (True, 1.0, ())


def test_what_is_negated_keeps_all():
    said = answer(made(pictures(0, 60, seed=1)), pictures(1, 30, seed=3), keeps_all=True)
    assert said.relevant.all()
    assert said.verdict.confident
