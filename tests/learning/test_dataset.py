"""Values that cannot belong to the others, and what is held out of answers that share pictures."""

from dataclasses import replace

import numpy as np
import pytest

from imgrank.learning.dataset import held_out, outliers, val_is_known
from tests.learning.making import pair_rows, value_rows

RNG = np.random.default_rng(0)


def test_one_wild_value_is_found():
    values = np.append(np.arange(59.0), 1e6)
    assert np.flatnonzero(outliers(values)).tolist() == [59]
    assert np.flatnonzero(outliers(-values)).tolist() == [59]


@pytest.mark.parametrize(
    "values",
    [
        np.exp(RNG.normal(12, 1, 400)),  # prices
        RNG.poisson(0.3, 400).astype(float),  # counts, most of them 0
        np.r_[np.zeros(95), np.arange(5.0)],
        RNG.standard_cauchy(30).clip(-40, 40),
        np.zeros(20),
        np.array([1.0, 1e9]),
    ],
)
def test_quantities_that_spread_widely_have_none(values):
    assert not outliers(values).any()


def edges(tasks, fold):
    """By task, the pictures of what is learnt and of what is told."""
    sides = [(set(t.pictures(its.learnt)), set(t.pictures(its.told))) for t, its in zip(tasks, fold, strict=True)]
    return set().union(*(one for one, _ in sides)), set().union(*(other for _, other in sides))


@pytest.mark.parametrize(("pictures", "answers"), [(12, 40), (40, 60), (3, 4), (200, 60)])
def test_no_picture_of_an_answer_that_is_told_was_learnt(pictures, answers):
    values, pairs = value_rows(np.arange(pictures)), pair_rows(np.arange(pictures), answers)
    tasks, used = [values, pairs], [np.arange(pictures), np.arange(answers)]
    folds = held_out(tasks, used, seed=0)
    for fold in folds:
        learnt, told = edges(tasks, fold)
        assert not learnt & told
    assert sorted(np.concatenate([fold[0].told for fold in folds])) == list(range(pictures))
    answered = np.concatenate([fold[1].told for fold in folds])
    assert len(answered) == len(set(answered))


def test_over_half_of_answers_that_hang_together_are_told():
    folds = held_out([pair_rows(np.arange(12), 60)], [np.arange(60)], seed=0)
    assert 0.4 < sum(len(fold.told) for (fold,) in folds) / 60 < 0.8


def test_answers_that_fall_into_parts_are_all_told_and_nothing_is_lost_to_learning():
    pairs = pair_rows(np.arange(60), 30)
    apart = replace(pairs, left=np.arange(30), right=np.arange(30, 60), task=replace(
        pairs.task, left=tuple(f"{n}.jpg" for n in range(30)), right=tuple(f"{n}.jpg" for n in range(30, 60))
    ))  # fmt: skip
    folds = [fold for (fold,) in held_out([apart], [np.arange(30)], seed=0)]
    assert sorted(np.concatenate([fold.told for fold in folds])) == list(range(30))
    assert all(len(fold.learnt) + len(fold.told) == 30 for fold in folds)


def test_val_answers_about_pictures_that_were_learnt_do_not_judge():
    pairs = pair_rows(np.arange(20), 300)
    known = pairs.with_splits(["val"] * 150 + ["train"] * 150)
    assert val_is_known(known)
    among = [n for n in range(300) if (pairs.left[n] < 10) == (pairs.right[n] < 10)]
    apart = known.with_splits(["" if n not in among else "val" if pairs.left[n] < 10 else "train" for n in range(300)])
    assert not val_is_known(apart)
