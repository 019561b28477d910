"""The exact sum against rational arithmetic."""

import math
import struct
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.accumulators.exact import _CHUNK, ExactSum

FLOATS = st.floats(allow_nan=False, allow_infinity=False)


def exact(values):
    return sum(map(Fraction, map(float, values)), Fraction())


def rational(total):
    """The finite part of an exact sum."""
    return Fraction(total.units, 1 << 1074)


def mean_of(total):
    """Its quotient by the number of values, rounded once."""
    return total.over(ExactSum.ones(total.count))


@given(st.lists(FLOATS, max_size=200))
def test_a_sum_equals_that_of_rational_numbers(values):
    """Whatever the exponents and signs, nothing is rounded."""
    assert rational(ExactSum.of(np.array(values, np.float64))) == exact(values)


@given(st.lists(st.floats(), max_size=99), st.integers(0, 99))
def test_cutting_a_column_anywhere_changes_no_bit(column, cut):
    """The sums of the parts add up to the sum of the whole, nan and infinities included."""
    whole = np.array(column, dtype=np.float64)
    assert ExactSum.of(whole[:cut]) + ExactSum.of(whole[cut:]) == ExactSum.of(whole)


@given(st.lists(st.floats(), max_size=50))
def test_the_sum_of_none_is_the_zero_of_addition(column):
    """`ExactSum()` added on either side changes nothing."""
    total = ExactSum.of(np.array(column, dtype=np.float64))
    assert ExactSum() + total == total == total + ExactSum()


@given(st.lists(FLOATS, min_size=1, max_size=100))
def test_a_mean_is_the_rational_mean_rounded_once(values):
    """The mean has the bits of the rounded quotient; past the largest float64 it is infinite."""
    mean = exact(values) / len(values)
    assert mean_of(ExactSum.of(np.array(values))) == float(mean)


@given(st.lists(FLOATS, max_size=60))
def test_the_float_of_a_sum_is_fsum(values):
    """Rounded once, as math.fsum does, which fails where the sum overflows."""
    try:
        truth = math.fsum(values)
    except OverflowError:
        return
    assert float(ExactSum.of(np.array(values, np.float64))) == truth


# What vectorised extraction finds hard, each of several thousand values.
FAMILIES = {
    "normal": lambda r, n: r.standard_normal(n),
    "squares of float32 differences": lambda r, n: (
        (r.standard_normal(n, np.float32).astype(float) - r.standard_normal(n, np.float32)) ** 2
    ),
    "random bits": lambda r, n: finite(r.integers(0, 2**64, n, np.uint64).view(np.float64)),
    "subnormals": lambda r, n: r.integers(0, 2**52, n).view(np.float64) * r.choice([-1, 1], n),
    "around the least normal": lambda r, n: r.standard_normal(n) * 2.0**-1021,
    "just under powers of two": lambda r, n: np.nextafter(2.0 ** r.integers(-50, 50, n), 0),
    "equal": lambda r, n: np.full(n, np.nextafter(2.0 ** int(r.integers(-900, 900)), 0)),
    "ties of the grid": lambda r, n: 1.0 + r.integers(0, 4, n) * 2.0**-46 + 2.0**-47,
    "cancelling": lambda r, n: np.concatenate([v := r.standard_normal(n // 2) * 1e10, -v]),
    "zeros of both signs": lambda r, n: np.where(
        r.random(n) < 0.5, r.choice([0.0, -0.0], n), r.standard_normal(n)
    ),
    "log-uniform": lambda r, n: 10.0 ** r.uniform(-300, 300, n),
    "huge": lambda r, n: r.uniform(-1, 1, n) * 1.7e308,
    "huge and tiny": lambda r, n: np.where(r.random(n) < 0.01, 1e308, 5e-324),
    "few small ones": lambda r, n: np.where(r.random(n) < 0.001, 1e-40, 1.0 + r.random(n)),
    "negative": lambda r, n: -r.random(n),
}


def finite(values):
    return values[np.isfinite(values)]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("seed", range(3))
def test_hard_families_are_exact(family, seed):
    """Long columns of each hard kind equal the sum of their rational numbers."""
    rng = np.random.default_rng(seed)
    values = np.ascontiguousarray(FAMILIES[family](rng, int(rng.integers(2, 3000))))
    assert rational(ExactSum.of(values)) == exact(values)


@pytest.mark.deep
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("seed", range(3, 60))
def test_hard_families_are_exact_at_length(family, seed):
    """The same, more often and longer."""
    rng = np.random.default_rng(seed)
    values = np.ascontiguousarray(FAMILIES[family](rng, int(rng.integers(2, 20_000))))
    assert rational(ExactSum.of(values)) == exact(values)


@pytest.mark.parametrize("extra", [-1, 0, 1, 1000])
def test_columns_longer_than_a_chunk_are_exact(extra):
    """The internal cut leaves no seam, at full chunks of the largest parts."""
    values = np.full(_CHUNK + extra, np.nextafter(1.0, 0.0))
    assert rational(ExactSum.of(values)) == Fraction(float(values[0])) * len(values)


def test_the_values_are_left_as_they_were():
    """The block is read and not written."""
    values = np.random.default_rng(0).standard_normal(1000)
    before = values.copy()
    values.flags.writeable = False
    ExactSum.of(values)
    assert (values == before).all()


@pytest.mark.parametrize(
    ("values", "mean"),
    [
        ([math.inf, 1.0], math.inf),
        ([-math.inf, 1.0], -math.inf),
        ([math.inf, -math.inf], math.nan),
        ([math.nan, math.inf], math.nan),
        ([], math.nan),
        ([1.7e308] * 3, 1.7e308),
        ([5e-324, 0.0], 0.0),
        ([5e-324, 5e-324, 5e-324, 0.0], 5e-324),
    ],
)
def test_means_of_what_is_not_ordinary(values, mean):
    """Infinities, nan, no values, sums past the largest number, and ties of subnormals."""
    found = mean_of(ExactSum.of(np.array(values, np.float64)))
    assert struct.pack("d", found) == struct.pack("d", mean)


def test_a_sum_past_the_largest_number_is_infinite():
    """Its mean is not: the sum is kept, and only the answer is rounded."""
    total = ExactSum.of(np.array([1.7e308, 1.7e308]))
    assert float(total) == math.inf
    assert mean_of(total) == 1.7e308


@given(st.lists(FLOATS, min_size=1, max_size=30), st.lists(FLOATS, min_size=1, max_size=30))
def test_a_quotient_of_sums_is_rounded_once(tops, bottoms):
    """As the rational quotient is; nan over zero."""
    top, bottom = exact(tops), exact(bottoms)
    found = ExactSum.of(np.array(tops)).over(ExactSum.of(np.array(bottoms)))
    if not bottom:
        assert math.isnan(found)
        return
    quotient = top / bottom
    try:
        truth = float(quotient)
    except OverflowError:
        truth = math.inf if quotient > 0 else -math.inf
    assert found == truth
