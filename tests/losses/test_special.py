"""Special functions beside mpmath, on both namespaces."""

import math

import mpmath
import numpy as np
import pytest
import torch
from array_api_compat import torch as torch_namespace
from hypothesis import given
from hypothesis import strategies as st

from losscli.losses.math.special import erf, log_factorial
from tests.losses.truth import ulps


def on_both(function, x):
    """The function of one number on each namespace."""
    yield float(function(np, np.array([x]))[0])
    yield float(function(torch_namespace, torch.tensor([x], dtype=torch.float64))[0])


def check(function, truth, x, bar):
    """Within a bar of ULP of the truth."""
    with mpmath.workdps(400):
        expected = truth(mpmath.mpf(x))
    for found in on_both(function, x):
        assert ulps(found, expected) <= bar, (x, found, float(expected))


REALS = st.one_of(st.floats(-7, 7), st.floats(-1.1, 1.1), st.floats(-1e300, 1e300))
COUNTS = st.one_of(
    st.floats(0, 12), st.floats(0, 1e6), st.floats(0, 1e300), st.integers(0, 40).map(float)
)


@given(REALS)
def test_erf_is_true_to_two_ulp(x):
    """In the middle, in the tail, and where it is 1."""
    check(erf, mpmath.erf, x, 2.0)


@pytest.mark.parametrize("x", [0.0, 1.0, -1.0, math.nextafter(1, 2), 6.0, 5e-324, math.inf])
def test_erf_at_the_ends_of_its_ranges(x):
    """And where it is exactly 0 or 1."""
    check(erf, mpmath.erf, x, 2.0)


def test_erf_of_nan_is_nan():
    """Clipping hides nothing."""
    assert all(map(math.isnan, on_both(erf, math.nan)))


@given(COUNTS)
def test_log_factorial_is_true_to_a_few_ulp(n):
    """Also near 0 and 1, where it is 0."""
    check(log_factorial, lambda x: mpmath.loggamma(x + 1), n, 6.0)


@pytest.mark.parametrize("near", [0.0, 0.5, 1.0, 1.5, 2.5, 8.5, 9.0, 10.0])
@pytest.mark.parametrize("step", [0.0, 1.0, -1.0, 1e-9, -1e-9])
def test_log_factorial_beside_the_ends_of_its_ranges(near, step):
    """Where one way of computing it ends, and at its zeros."""
    n = math.nextafter(near, step * math.inf) if abs(step) == 1 else near + step
    check(log_factorial, lambda x: mpmath.loggamma(x + 1), max(n, 0.0), 6.0)


def test_log_factorial_of_nan_is_nan():
    """Clipping hides nothing."""
    assert all(map(math.isnan, on_both(log_factorial, math.nan)))


def test_log_factorial_of_a_whole_number_is_the_same_in_any_company():
    """Beside others that no table has, and in any shape."""
    whole = np.array([[0.0, 1.0, 2.0], [5.0, 255.0, 256.0]])
    for namespace, array in ((np, np.asarray), (torch_namespace, torch.from_numpy)):
        alone = [
            float(log_factorial(namespace, array(whole[i : i + 1, j]))[0])
            for i in (0, 1)
            for j in (0, 1, 2)
        ]
        together = log_factorial(namespace, array(whole))
        mixed = log_factorial(namespace, array(np.append(whole, 0.5)))
        assert np.asarray(together).reshape(-1).tolist() == alone
        assert np.asarray(mixed)[:-1].tolist() == alone
