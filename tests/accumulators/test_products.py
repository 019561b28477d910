"""Weighted means are exact quotients, rounded once, for weights and losses of any size."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli import evaluate
from losscli.accumulators.products import sum_of_products

SIZES = st.floats(0, 1.7e308)
SIGNED = st.floats(-1.7e308, 1.7e308)


@given(st.lists(st.tuples(SIGNED, SIZES), min_size=1, max_size=30), st.integers(0, 30))
def test_sums_of_products_are_exact(pairs, cut):
    """For numbers of any size, in any division."""
    a, b = (np.array(column) for column in zip(*pairs, strict=True))
    expected = sum(Fraction(x) * Fraction(y) for x, y in pairs)
    whole = sum_of_products(a, b)
    assert Fraction(whole.finest, 1 << 2148) == expected
    if 0 < cut < len(pairs):
        assert sum_of_products(a[:cut], b[:cut]) + sum_of_products(a[cut:], b[cut:]) == whole


@given(st.lists(st.tuples(st.floats(0, 1e300), st.floats(5e-324, 1e308)), min_size=1, max_size=9))
def test_a_weighted_mean_is_the_exact_quotient(pairs):
    """Rounded once."""
    losses, weights = (np.array(column) for column in zip(*pairs, strict=True))
    expected = sum(Fraction(x) * Fraction(y) for x, y in pairs) / sum(map(Fraction, weights))
    found = evaluate(losses, np.zeros(len(losses)), loss="mae", weights=weights)
    assert found.value == float(expected)


@pytest.mark.parametrize("weights", [[1e300, 1e300], [1.7e308, 1.7e308], [5e-324, 5e-324]])
def test_the_scale_of_weights_does_not_matter(weights):
    """Neither overflow nor underflow of the products shows."""
    found = evaluate([0.0, 0.0], [1e10, 3e10], loss="mae", weights=weights)
    assert found.value == 2e10


def test_a_factor_of_zero_makes_zero():
    """Also of an infinity; other infinities stay."""
    found = sum_of_products(np.array([math.inf, 1.0]), np.array([0.0, 2.0]))
    assert float(found) == 2.0
    assert float(sum_of_products(np.array([math.inf, 1.0]), np.array([1.0, 2.0]))) == math.inf


def test_outputs_whose_sum_overflows_have_a_mean():
    """The mean over D is in range where every number is."""
    pred, target = [[1.7e308, 1.7e308]] * 2, [[0.0, 0.0]] * 2
    assert evaluate(pred, target, loss="mae").value == 1.7e308
    assert evaluate([[math.inf, 1.0]], [[0.0, 0.0]], loss="mae", nan="propagate").value == math.inf
