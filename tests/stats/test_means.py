"""Differences of means, against SciPy."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from losscli.stats.distributions import t_sf
from losscli.stats.means import Mean, MeanDifference, welch_difference


@given(st.floats(-40, 40), st.floats(1, 1e9))
@example(4.0, 2000.0)
@example(37.0, 2000.0)
@example(37.0, 1e6)
def test_the_tail_of_t(t, freedom):
    """Within 1e-7 of the tail, far out as well."""
    assert t_sf(t, freedom) == pytest.approx(stats.t.sf(t, freedom), rel=1e-7, abs=1e-290)


def test_tails_at_the_ends():
    """No distance is a half; an infinite one is certain."""
    assert t_sf(0.0, 5) == 0.5
    assert t_sf(math.inf, 5) == 0.0
    assert t_sf(-math.inf, 5) == 1.0
    assert math.isnan(t_sf(math.nan, 5))


def mean_of(values):
    """A mean with its standard error."""
    return Mean(float(np.mean(values)), float(stats.sem(values)), len(values))


@given(st.integers(0, 10_000), st.integers(2, 3000), st.integers(2, 60), st.floats(1e-3, 1e3))
def test_independent_means_are_welchs(seed, first, second, spread):
    """Its interval and both one-sided p-values."""
    random = np.random.default_rng(seed)
    old, new = random.normal(1.0, 1.0, first), random.normal(1.5, spread, second)
    shift = welch_difference(mean_of(old), mean_of(new))
    welch = stats.ttest_ind(new, old, equal_var=False)
    assert shift.freedom == pytest.approx(welch.df, rel=1e-9)
    wanted = welch.confidence_interval(0.95)
    scale = abs(wanted.high) + abs(wanted.low)
    assert shift.interval(0.95) == pytest.approx((wanted.low, wanted.high), abs=1e-8 * scale)
    for how, found in (("greater", shift.p_above(0.0)), ("less", shift.p_at_most(0.0))):
        p = stats.ttest_ind(new, old, equal_var=False, alternative=how).pvalue
        assert found == pytest.approx(p, rel=1e-5)


@given(
    st.floats(-1e6, 1e6),
    st.floats(1e-6, 1e6),
    st.floats(1, 1e8),
    st.floats(-1e6, 1e6),
)
def test_intervals_and_p_values_agree(estimate, stderr, freedom, bound):
    """A bound lies below the interval where the claim "above it" has a p-value of at most 2.5 %."""
    shift = MeanDifference(estimate, stderr, freedom)
    low, high = shift.interval(0.95)
    assert shift.p_above(bound) + shift.p_at_most(bound) == pytest.approx(1.0)
    if abs(low - bound) > 1e-6 * (abs(low) + stderr):
        assert (low > bound) == (shift.p_above(bound) < 0.025)
    if abs(high - bound) > 1e-6 * (abs(high) + stderr):
        assert (high <= bound) == (shift.p_at_most(bound) < 0.025)


def test_no_spread_is_certain():
    """Losses that are all the same differ, or they do not."""
    shift = welch_difference(Mean(1.0, 0.0, 5), Mean(2.0, 0.0, 5))
    assert shift.interval(0.95) == (1.0, 1.0)
    assert (shift.p_above(0.5), shift.p_at_most(0.5)) == (0.0, 1.0)
    assert (shift.p_above(1.0), shift.p_at_most(1.0)) == (0.5, 0.0)


def test_tiny_errors_do_not_vanish():
    """Their squares underflow; the interval must not become a point."""
    shift = welch_difference(Mean(0.0, 3e-200, 50), Mean(0.0, 4e-200, 50))
    assert shift.stderr == pytest.approx(5e-200)
    assert 90 < shift.freedom < 98


def test_means_without_errors_have_the_degrees_of_freedom_of_both():
    """No spread in either sample: the difference is known, whatever t says."""
    found = welch_difference(Mean(1.0, 0.0, 5), Mean(3.0, 0.0, 4))
    assert found == MeanDifference(2.0, 0.0, 7.0)
    assert found.interval(0.95) == (2.0, 2.0)
