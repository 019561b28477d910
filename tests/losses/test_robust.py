"""Slopes of bells, where the truth's own digits end before the loss's do."""

import mpmath
import pytest

from losscli import losses


@pytest.mark.parametrize("c", [1.0, 1e100, 1e280])
def test_welschs_slope_keeps_its_digits_where_the_exponential_alone_has_none(c):
    """Exp(-729) is subnormal; the slope, far out at a large c, is not."""
    with mpmath.workdps(50):
        error = mpmath.mpf(27.0 * c)
        truth = error * mpmath.exp(-((error / mpmath.mpf(c)) ** 2))
        found = float(losses.welsch.gradient([27.0 * c], [0.0], c=c)[0])
        # The exponent is rounded, and an exponential makes of that 729 ULP.
        slack = abs(truth) * 729 * mpmath.mpf(2) ** -52 + mpmath.mpf(2) ** -1074
        assert abs(found - truth) <= slack
