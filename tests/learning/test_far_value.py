"""One value far from all others may be a typing error; tails, flags and years are none."""

import numpy as np
import pytest

from imgrank.learning.far_value import far_value

RNG = np.random.default_rng(1)
PRICES = RNG.lognormal(10, 1, 30)


@pytest.mark.parametrize(
    "values",
    [
        [n % 10 == 0 for n in range(30)],  # flags
        [n == 3 for n in range(30)],
        [1930, *(1990 + n % 23 for n in range(29))],  # years
        [*PRICES[:-1], 3 * PRICES.max()],
        [*(n % 4 for n in range(28)), 40, 900],  # counts, many of which are 0
        [*(2**n for n in range(30))],
        [*(20 + n for n in range(28)), 416, 520],  # two are not alone
    ],
)
def test_tails_and_flags_are_no_typing_errors(values):
    assert far_value(np.array(values, float)) is None


@pytest.mark.parametrize("typed", [416, 4160, -999])
def test_a_typing_error_is_found_on_either_side(typed):
    values = np.array([*RNG.normal(100 if typed <= 0 else 40, 8, 40), typed])
    assert far_value(values) == 40
    assert far_value(values[-20:]) is None  # of so few, nobody can tell


def test_among_prices_one_of_another_size_altogether_is_found():
    assert far_value(np.append(RNG.lognormal(10, 0.5, 100), 0.001)) == 100
