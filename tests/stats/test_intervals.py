"""Quantiles against SciPy."""

import mpmath
import pytest
from scipy import stats

from losscli.stats.distributions import normal_critical, t_critical

LEVELS = [0.01, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.999999]


@pytest.mark.parametrize("level", LEVELS)
def test_the_normal_quantile_is_scipys(level):
    """To twelve digits."""
    assert normal_critical(level) == pytest.approx(stats.norm.isf((1 - level) / 2), rel=1e-12)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("freedom", [1, 2, 3, 5, 10, 30, 441, 1999, 2000, 10_000, 50_000_000])
def test_the_t_quantile_is_scipys(level, freedom):
    """From the smallest number of degrees to many, to nine digits."""
    truth = stats.t.isf((1 - level) / 2, freedom)
    assert t_critical(level, freedom) == pytest.approx(truth, rel=1e-9)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("freedom", [7.5, 40, 82, 110, 120, 130, 500, 1000, 1999, 2000, 20_000])
def test_the_t_quantile_has_the_level(level, freedom):
    """To twelve digits of the quantile, on both sides of the change of method."""
    with mpmath.workdps(30):
        t, n, half = mpmath.mpf(t_critical(level, freedom)), mpmath.mpf(freedom), mpmath.mpf("0.5")
        tail = mpmath.betainc(n / 2, half, 0, n / (n + t * t), regularized=True)
        density = (1 + t * t / n) ** (-(n + 1) / 2) / (mpmath.sqrt(n) * mpmath.beta(half, n / 2))
        assert abs(tail - (1 - mpmath.mpf(level))) / (2 * density) <= 1e-12 * t
