"""Closed-form ridge equals ridge fitted again and again."""

import numpy as np
import pytest

from imgrank.learning.baselines import Axis, features, fit_ridge
from imgrank.tokens import pack


def data(rows, width, noise=0.3, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, width)) + 3
    return x, x @ rng.normal(size=width) + noise * rng.normal(size=rows) + 5


def refitted(x, y, kept, strength):
    centre = x[kept].mean(0)
    a = x[kept] - centre
    weights = np.linalg.solve(a.T @ a + strength * np.eye(a.shape[1]), a.T @ (y[kept] - y[kept].mean()))
    return Axis(weights, y[kept].mean() - centre @ weights)


@pytest.mark.parametrize("width", [4, 60])
@pytest.mark.parametrize("groups", [None, [f"g{n % 5}" for n in range(30)], ["", "", "g"] * 10])
def test_left_out_predictions_are_those_of_a_fit_without_the_group(width, groups, monkeypatch):
    x, y = data(30, width)
    monkeypatch.setattr("imgrank.learning.baselines.STRENGTHS", np.array([0.05]))
    strength = 0.05 * float(np.square(x - x.mean(0)).sum()) / 30
    fit = fit_ridge(x, y, groups)
    key = [n if not groups or not groups[n] else groups[n] for n in range(30)]
    for n in range(30):
        kept = np.array([m for m in range(30) if key[m] != key[n]])
        assert fit.left_out[n] == pytest.approx(refitted(x, y, kept, strength)(x[[n]])[0], rel=1e-5, abs=1e-6)
    assert fit.axis(x) == pytest.approx(refitted(x, y, np.arange(30), strength)(x), rel=1e-6)


def test_noise_asks_for_more_regularisation_than_a_clear_line():
    x, y = data(100, 5, noise=0.0)
    assert fit_ridge(x, y).axis(x) == pytest.approx(y, abs=0.01)
    noise = np.random.default_rng(1).normal(size=100)
    assert fit_ridge(x, noise).axis(x).std() < 0.4 * noise.std()


def test_more_features_than_rows_predicts_unseen_rows():
    x, y = data(80, 200)
    x[:, 3:] *= 0.1
    y = x[:, 0] - 2 * x[:, 1]
    fit = fit_ridge(x[:50], y[:50])
    assert np.corrcoef(fit.axis(x[50:]), y[50:])[0, 1] > 0.9


def test_features_are_the_mean_token_and_the_embedding():
    rng = np.random.default_rng(0)
    packed = pack(rng.normal(size=(5, 4, 3)).astype(np.float32), rng.normal(size=(5, 2)).astype(np.float32))
    expected = np.hstack([packed.tokens().mean(1), packed.embedding])
    assert features(packed) == pytest.approx(expected, abs=1e-6)
    assert features(packed[:0]).shape == (0, 5)
