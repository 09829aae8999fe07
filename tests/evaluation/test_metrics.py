"""The laws of the metrics, and SciPy's word on the same numbers."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from imgrank.evaluation import metrics
from imgrank.evaluation.metrics import Resamples, interval, srcc_difference

levels = st.integers(-5, 5).map(float)
columns = st.integers(2, 30).flatmap(
    lambda n: st.tuples(st.lists(levels, min_size=n, max_size=n), st.lists(levels, min_size=n, max_size=n))
)


def varied(pair):
    predicted, true = map(np.array, pair)
    assume(len(set(pair[0])) > 1 and len(set(pair[1])) > 1)
    return predicted, true


@settings(deadline=None)
@given(columns)
def test_correlations_are_scipys(pair):
    predicted, true = varied(pair)
    assert metrics.plcc(predicted, true) == pytest.approx(stats.pearsonr(predicted, true).statistic, abs=1e-9)
    assert metrics.srcc(predicted, true) == pytest.approx(stats.spearmanr(predicted, true).statistic, abs=1e-9)
    assert metrics.krcc(predicted, true) == pytest.approx(stats.kendalltau(predicted, true).statistic, abs=1e-9)


@settings(deadline=None)
@given(columns)
def test_pair_accuracy_counts_each_pair_of_different_values_once(pair):
    predicted, true = varied(pair)
    pairs = [(i, j) for i in range(len(true)) for j in range(i) if true[i] != true[j]]
    right = [np.heaviside((predicted[i] - predicted[j]) * (true[i] - true[j]), 0.5) for i, j in pairs]
    assert metrics.pair_accuracy(predicted, true) == pytest.approx(np.mean(right))


@settings(deadline=None)
@given(columns)
def test_order_metrics_do_not_see_a_rising_change_of_scale(pair):
    predicted, true = varied(pair)
    for metric in (metrics.srcc, metrics.krcc, metrics.pair_accuracy):
        assert metric(np.exp(predicted), true) == pytest.approx(metric(predicted, true), abs=1e-12)


@settings(deadline=None)
@given(columns)
def test_turning_the_order_around_turns_the_figures_around(pair):
    predicted, true = varied(pair)
    for metric in (metrics.srcc, metrics.krcc, metrics.plcc):
        assert metric(-predicted, true) == pytest.approx(-metric(predicted, true), abs=1e-12)
    assert metrics.pair_accuracy(-predicted, true) == pytest.approx(1 - metrics.pair_accuracy(predicted, true))


def test_a_constant_is_no_order_and_one_half_of_the_pairs():
    true = np.array([1.0, 2.0, 2.0, 3.0])
    constant = np.full(4, 0.1)
    assert metrics.pair_accuracy(constant, true) == 0.5
    assert all(np.isnan(metric(constant, true)) for metric in (metrics.srcc, metrics.krcc, metrics.plcc))
    assert np.isnan(metrics.pair_accuracy(true, constant))


def test_class_accuracy_takes_the_nearest_class():
    assert metrics.class_accuracy(np.array([0.4, 1.6, 9.0, 3.0]), np.array([0.0, 2.0, 5.0, 5.0])) == 0.75


@settings(deadline=None)
@given(columns)
def test_figures_of_resamples_are_the_metrics_of_the_rows_drawn(pair):
    predicted, true = varied(pair)
    resamples = Resamples.draw(len(true), seed=3, resamples=5)
    pairs = resamples.pair_figures(predicted, true)
    vectorised = {
        metrics.srcc: resamples.srcc(predicted, true),
        metrics.plcc: resamples.plcc(predicted, true),
        metrics.mae: resamples.mae(predicted, true),
        metrics.krcc: pairs.krcc,
        metrics.pair_accuracy: pairs.pair_accuracy,
    }
    for metric, figures in vectorised.items():
        with np.errstate(all="ignore"):
            one_by_one = [metric(predicted[rows], true[rows]) for rows in resamples.rows]
        assert figures == pytest.approx(one_by_one, abs=1e-6, nan_ok=True), metric


def test_an_interval_holds_the_figure_and_narrows_with_more_pictures():
    rng = np.random.default_rng(0)
    widths = []
    for count in (50, 800):
        true = rng.normal(size=count)
        predicted = true + rng.normal(size=count)
        ci = interval(Resamples.draw(count).srcc(predicted, true))
        assert ci.low < metrics.srcc(predicted, true) < ci.high
        widths.append(ci.high - ci.low)
    assert widths[1] < widths[0] / 2


def test_a_difference_is_real_only_where_there_is_one():
    rng = np.random.default_rng(1)
    true = rng.normal(size=400)
    good, as_good, worse = (true + noise * rng.normal(size=400) for noise in (0.5, 0.5, 2.0))
    assert srcc_difference(good, worse, true).is_real
    assert not srcc_difference(good, as_good, true).is_real
    assert not srcc_difference(good, good, true).is_real


def test_rows_that_belong_together_are_drawn_together():
    groups = ["a", "b", "a", "c", "b", "a"]
    weights = Resamples.draw(6, resamples=50, groups=groups).weights
    for name in "abc":
        mine = weights[:, [n for n, group in enumerate(groups) if group == name]]
        assert (mine == mine[:, :1]).all()
    assert set(weights[:, [0, 1, 3]].sum(axis=1)) == {3.0}


def test_an_interval_over_few_groups_is_wider_than_over_their_many_rows():
    """Thirty rows of one car say where that car stands, thirty times."""
    rng = np.random.default_rng(0)
    car = np.repeat(np.arange(8), 30)
    true = car.astype(float)
    predicted = true + rng.normal(size=8)[car] * 3 + rng.normal(size=len(car)) * 0.1
    widths = []
    for groups in (None, [str(one) for one in car]):
        ci = interval(Resamples.draw(len(car), groups=groups).srcc(predicted, true))
        widths.append(ci.high - ci.low)
    assert widths[1] > 3 * widths[0]


def test_pairs_are_drawn_by_their_pictures():
    left, right = ["a", "a", "b"], ["b", "c", "c"]
    weights = Resamples.draw_pictures(left, right, resamples=200).weights
    assert weights[:, 0].max() > 1
    assert ((weights[:, 0] == 0) | (weights[:, 1] == 0) | (weights[:, 2] > 0)).all()


def test_a_mean_leaves_out_what_is_no_number():
    means = Resamples.draw(3, resamples=20).mean(np.array([1.0, np.nan, 1.0]))
    assert set(means[np.isfinite(means)]) == {1.0}
