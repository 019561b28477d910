"""Dual numbers carry exact values and the slopes of what is computed from them."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.stats import dual
from losscli.stats.dual import Dual
from losscli.stats.nearest import nearest

FRACTIONS = st.fractions(-1000, 1000, max_denominator=1000)
FUNCTIONS = {
    "quotient": lambda x, y: (x * y + 3 * x) / (2 - y / 7),
    "powers": lambda x, y: (x - y) ** 3 - 1 / (x**2 + 1),
    "root": lambda x, y: dual.sqrt(x * x + y * y + 1),
    "exp": lambda x, y: dual.exp((x - y) / 1000),
    "log": lambda x, y: dual.log(x * x + 1) * y,
    "absolute": lambda x, y: dual.absolute(x - 2000) + dual.total([x, y, -x]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@given(x=FRACTIONS, y=FRACTIONS)
def test_slopes_are_those_of_central_differences(name, x, y):
    function, h = FUNCTIONS[name], Fraction(1, 1 << 20)
    found = function(Dual.variable("x", x), Dual.variable("y", y))
    if not math.isfinite(float(found)) or abs(float(2 - y / 7)) < 0.1:
        return
    for key, dx, dy in (("x", h, 0), ("y", 0, h)):
        ends = (float(function(Dual(x + s * dx), Dual(y + s * dy))) for s in (1, -1))
        high, low = ends
        slope = (high - low) / float(2 * h)
        scale = 1 + abs(slope) + abs(float(found))
        assert found.slopes.get(key, 0.0) == pytest.approx(slope, abs=1e-4 * scale)


@given(x=FRACTIONS, y=FRACTIONS)
def test_arithmetic_is_exact(x, y):
    found = (Dual(x) * y - Dual(y) / 3 + 0.5) ** 2
    assert found.value == (x * y - y / 3 + Fraction(1, 2)) ** 2


@given(st.fractions(0, 10**9))
def test_roots_are_correctly_rounded(x):
    root = Fraction(float(dual.sqrt(Dual(x))))
    spacing = Fraction(math.ulp(float(root))) / 2
    assert (root - spacing) ** 2 <= x <= (root + spacing) ** 2 or root == 0 == x


def test_a_quotient_by_zero_is_undefined():
    assert math.isnan(float(Dual(Fraction(1)) / 0))
    assert math.isnan(float(dual.log(Dual(Fraction(-1)))))


HUGE = Fraction(10) ** 400


@pytest.mark.parametrize(
    ("function", "value", "due"),
    [
        (dual.log, HUGE, 400 * math.log(10)),
        (dual.log, 1 / HUGE, -400 * math.log(10)),
        (dual.exp, -HUGE, 0.0),
        (dual.exp, HUGE, math.inf),
        (dual.sqrt, HUGE, 1e200),
        (dual.sqrt, 1 / HUGE, 1e-200),
        (dual.sqrt, HUGE**4, math.inf),
        (lambda x: -x, HUGE, -math.inf),
        (lambda x: x + math.inf, -HUGE, math.inf),
        (lambda x: x - x, HUGE, 0.0),
        (lambda x: 1.5 / x, HUGE, 0.0),
        (lambda x: dual.sqrt(x) * x, HUGE, math.inf),
        (lambda x: x**3 / x**3, HUGE, 1.0),
        (lambda x: dual.sqrt(x) ** 3, HUGE, math.inf),
        (dual.absolute, -HUGE, math.inf),
        (lambda x: dual.total([x, dual.sqrt(x)]), HUGE, math.inf),
    ],
)
def test_numbers_beyond_float64(function, value, due):
    """Fractions are exact there; floats are infinities, and none is an error."""
    found = function(Dual.variable("x", value))
    assert float(found) == pytest.approx(due, rel=1e-15)
    assert all(isinstance(float(slope), float) for slope in map(nearest, found.slopes.values()))
