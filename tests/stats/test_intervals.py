"""Quantiles against SciPy."""

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
    """On both sides of the change of method, to nine digits."""
    truth = stats.t.isf((1 - level) / 2, freedom)
    assert t_critical(level, freedom) == pytest.approx(truth, rel=1e-9)
