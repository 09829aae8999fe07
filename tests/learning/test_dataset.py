"""Values that cannot belong to the others."""

import numpy as np
import pytest

from imgrank.learning.dataset import outliers

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
