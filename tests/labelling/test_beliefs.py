"""What answers and scores are taken to say: laws of the model, the choice of pairs, and thinking ahead."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgrank.labelling import lesson as lessons
from imgrank.labelling.answer_file import Notebook
from imgrank.labelling.bradley_terry import Answers, Memo, Model, Pair, normal_quantiles, similarity
from imgrank.labelling.knowledge import FEWEST_ANSWERS, consistency, expected_accuracy, knowledge, wilson
from imgrank.labelling.lesson import PairLesson, Pool
from imgrank.labelling.next_pair import CHECK_AFTER, CHECK_EVERY, next_pair, usefulness

COUNT = 7


@st.composite
def some_answers(draw: st.DrawFn) -> Answers:
    """Up to 30 answers about COUNT pictures."""
    place = st.integers(0, COUNT - 1)
    one = st.tuples(place, place, st.sampled_from([1.0, -1.0, 0.0])).filter(lambda row: row[0] != row[1])
    return Answers.of(draw(st.lists(one, max_size=30)))


def scores(seed: int = 0, count: int = COUNT) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=count)


def honest(count: int, scale: float, questions: int, seed: int = 0) -> tuple[Model, Answers, np.ndarray]:
    """A model without any ranker, and answers of a noisy person to the questions it chose; and the truth."""
    rng = np.random.default_rng(seed)
    truth, model, given_ = rng.normal(size=count), Model(np.zeros(count)), []
    for _ in range(questions):
        answers = Answers.of(given_)
        pair = next_pair(model.believe(answers), answers)
        assert pair is not None
        chance = 1 / (1 + np.exp(-scale * (truth[pair.left] - truth[pair.right])))
        given_.append((pair.left, pair.right, 1.0 if rng.random() < chance else -1.0))
    return model, Answers.of(given_), truth


@settings(max_examples=40, deadline=None)
@given(some_answers(), st.permutations(range(COUNT)))
def test_names_of_pictures_mean_nothing(answers: Answers, names: list[int]) -> None:
    names_of = np.array(names)
    renamed = Answers(names_of[answers.left], names_of[answers.right], answers.preferred)
    one = Model(scores()).believe(answers)
    moved = np.empty(COUNT)
    moved[names_of] = scores()
    other = Model(moved).believe(renamed)
    np.testing.assert_allclose(other.mean[names_of], one.mean, atol=1e-3)
    np.testing.assert_allclose(other.covariance[np.ix_(names_of, names_of)], one.covariance, atol=2e-3)


@settings(max_examples=40, deadline=None)
@given(some_answers())
def test_sides_mean_nothing(answers: Answers) -> None:
    flipped = Answers(answers.right, answers.left, -answers.preferred)
    model = Model(scores())
    np.testing.assert_allclose(model.believe(flipped).mean, model.believe(answers).mean, atol=1e-3)


@settings(max_examples=40, deadline=None)
@given(some_answers())
def test_beliefs_are_finite_and_their_covariance_is_one(answers: Answers) -> None:
    beliefs = Model(scores(), similarity(np.random.default_rng(1).normal(size=(COUNT, 5)))).believe(answers)
    assert np.isfinite(beliefs.mean).all()
    np.testing.assert_allclose(beliefs.covariance, beliefs.covariance.T, atol=1e-9)
    assert np.linalg.eigvalsh(beliefs.covariance).min() > 0


def test_before_any_answer_the_order_is_the_rankers() -> None:
    beliefs = Model(scores()).believe(Answers.of([]))
    assert np.argsort(beliefs.mean).tolist() == np.argsort(scores()).tolist()


def test_an_answer_moves_its_pictures_and_a_tie_brings_them_together() -> None:
    model = Model(np.zeros(COUNT))
    more = model.believe(Answers.of([(0, 1, 1.0)])).mean
    assert more[0] > 0 > more[1]
    apart = Model(np.arange(COUNT, dtype=float))
    before, after = (apart.believe(Answers.of(rows)).mean for rows in ([], [(0, 6, 0.0)] * 3))
    assert after[6] - after[0] < before[6] - before[0]


def test_a_ranker_that_answers_gainsay_loses_its_say() -> None:
    count = 30
    truth = np.arange(count, dtype=float)
    pairs = [(a, b, float(np.sign(truth[a] - truth[b]))) for a in range(count) for b in range(a) if (a + b) % 4 == 0]
    wrong = -truth
    beliefs = Model(wrong).believe(Answers.of(pairs))
    assert np.corrcoef(beliefs.mean, truth)[0, 1] > 0.9


def test_pictures_that_look_alike_learn_from_each_other() -> None:
    looks = np.repeat(np.eye(3), 2, axis=0)
    twins = Model(np.zeros(6), similarity(looks)).believe(Answers.of([(0, 2, 1.0)] * 5)).mean
    assert twins[1] > twins[4] > twins[3]


def test_no_answer_can_break_the_model_however_often_it_is_given() -> None:
    beliefs = Model(np.zeros(3)).believe(Answers.of([(0, 1, 1.0)] * 500))
    assert np.isfinite(beliefs.mean).all() and beliefs.mean[0] > beliefs.mean[2] > beliefs.mean[1]


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=20))
def test_quantiles_keep_order_and_ties(values: list[int]) -> None:
    given_ = np.array(values, float)
    quantiles = normal_quantiles(given_)
    assert (np.sign(given_[:, None] - given_) == np.sign(np.round(quantiles[:, None] - quantiles, 12))).all()
    if len(set(values)) == 1:
        assert np.allclose(quantiles, 0)


def test_no_pair_is_asked_twice_but_to_check_and_then_once_with_its_sides_flipped() -> None:
    _, answers, _ = honest(12, 3.0, 60)
    shown = answers.pairs()
    first: dict[tuple[int, int], int] = {}
    repeats = []
    for n, pair in enumerate(shown):
        if pair.key in first:
            repeats.append(n)
            assert shown[first[pair.key]] == Pair(pair.right, pair.left)
            assert n - first[pair.key] > CHECK_AFTER
        first.setdefault(pair.key, n)
    assert repeats == [n for n in range(60) if n % CHECK_EVERY == CHECK_EVERY - 1]
    assert len({shown[n].key for n in repeats}) == len(repeats)


def test_pairs_that_were_skipped_do_not_come() -> None:
    model, none = Model(scores()), Answers.of([])
    seen: set[tuple[int, int]] = set()
    while (pair := next_pair(model.believe(none), none, seen)) is not None:
        assert pair.key not in seen
        seen.add(pair.key)
    assert len(seen) == COUNT * (COUNT - 1) // 2


def test_nothing_can_be_asked_about_one_picture() -> None:
    model, none = Model(np.zeros(1)), Answers.of([])
    assert next_pair(model.believe(none), none) is None


def test_a_pair_whose_answer_is_known_is_less_useful_than_one_that_is_open() -> None:
    open_ = usefulness(Model(np.zeros(4)).believe(Answers.of([(0, 1, 1.0)] * 4)))
    assert open_[2, 3] > open_[0, 1]


def test_both_sides_are_used() -> None:
    _, answers, _ = honest(12, 3.0, 60)
    lower_left = np.mean(answers.left < answers.right)
    assert 0.2 < lower_left < 0.8


def test_the_expected_accuracy_comes_near_the_true_one() -> None:
    told, true = [], []
    for seed in range(6):
        model, answers, truth = honest(25, 4.0, 60, seed)
        beliefs = model.believe(answers)
        told.append(expected_accuracy(beliefs))
        upper = np.triu_indices(25, 1)
        right = np.sign(beliefs.mean[:, None] - beliefs.mean) == np.sign(truth[:, None] - truth)
        true.append(right[upper].mean())
    assert abs(np.mean([share.value for share in told]) - np.mean(true)) < 0.1
    assert all(share.low <= share.value <= share.high for share in told)


def test_consistency_counts_repeated_pairs_alone() -> None:
    answers = Answers.of([(0, 1, 1.0), (2, 3, 1.0), (1, 0, -1.0), (3, 2, 1.0), (4, 5, 0.0)])
    share = consistency(answers)
    assert (share.value, share.of) == (0.5, 2)


@given(st.integers(0, 50), st.integers(0, 50))
def test_wilsons_interval_holds_the_share_and_stays_between_0_and_1(hits: int, more: int) -> None:
    share = wilson(hits, hits + more)
    if share.of:
        assert 0 <= share.low <= share.value + 1e-12 and share.value - 1e-12 <= share.high <= 1


def test_it_says_enough_when_the_order_stands_still_and_not_at_the_start() -> None:
    model, answers, _ = honest(12, 8.0, 40)
    assert not knowledge(model, answers.first(FEWEST_ANSWERS - 20)).enough
    again = Answers.of(
        (int(left), int(right), float(said))
        for left, right, said in zip(
            np.tile(answers.left, 3), np.tile(answers.right, 3), np.tile(answers.preferred, 3), strict=True
        )
    )
    assert knowledge(model, again).enough


def lesson_at(path: Path) -> PairLesson:
    scores = np.linspace(1, 0, 9)
    paths = tuple(str(path.parent / f"{n}.jpg") for n in range(9))
    return PairLesson(Pool("old", paths, scores), Notebook(str(path)))


def test_what_was_thought_ahead_is_what_is_asked_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead, plain = lesson_at(tmp_path / "a.csv"), lesson_at(tmp_path / "b.csv")
    for turn, answer in enumerate((1.0, -1.0, 0.0, 1.0)):
        for answers, passed in ahead.outcomes():
            ahead.think(answers, passed)
        with monkeypatch.context() as patch:
            patch.setattr(lessons, "next_pair", lambda *_: pytest.fail("it was to be known already"))
            ahead.answer(turn, answer)
            question, figures = ahead.question(), ahead.knowledge()
        plain.answer(turn, answer)
        assert question == plain.question() and figures.accuracy == plain.knowledge().accuracy


def test_who_asks_while_another_finds_out_waits_for_that() -> None:
    memo: Memo[int] = Memo(4)
    begun, go_on, made = threading.Event(), threading.Event(), list[int]()

    def make() -> int:
        begun.set()
        go_on.wait(120)
        made.append(1)
        return 7

    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(memo.get("key", make))) for _ in range(3)]
    for thread in threads:
        thread.start()
    begun.wait(120)
    go_on.set()
    for thread in threads:
        thread.join(120)
    assert found == [7, 7, 7] and made == [1]


def test_a_fault_is_raised_and_not_kept() -> None:
    memo: Memo[int] = Memo(4)
    with pytest.raises(ZeroDivisionError):
        memo.get("key", lambda: 1 // 0)
    assert memo.get("key", lambda: 3) == 3
