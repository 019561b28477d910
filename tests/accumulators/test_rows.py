"""The accumulator of a loss's rows against NumPy and SciPy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.accumulators.rows import RowAccumulator, RowLosses

SEED = st.integers(0, 2**32 - 1)


def accumulated(values, cuts, **columns):
    """The sum of the accumulators of consecutive parts."""
    total = RowAccumulator()
    for start, stop in zip([0, *cuts], [*cuts, len(values)], strict=True):
        part = {k: None if v is None else v[start:stop] for k, v in columns.items()}
        total = total + RowLosses(values[start:stop], **part).accumulate(start)
    return total


@given(SEED, st.integers(2, 300), st.floats(-1e6, 1e6))
def test_the_standard_error_is_that_of_the_sample(seed, count, offset):
    """√(s² / n), with n - 1 in s², however far the mean is from 0."""
    values = np.random.default_rng(seed).standard_normal(count) + offset
    found = accumulated(values, [count // 3]).stderr()
    assert found == pytest.approx(values.std(ddof=1) / math.sqrt(count), rel=1e-9)


def test_the_standard_error_keeps_its_digits_far_from_zero():
    """A spread of 1 about a mean of 1e12 is not lost in the squares of the mean."""
    values = np.random.default_rng(0).standard_normal(10_000)
    near, far = accumulated(values, [4000]).stderr(), accumulated(values + 1e12, [4000]).stderr()
    assert far == pytest.approx(near, rel=1e-3)


@given(SEED, st.integers(2, 200))
def test_a_weighted_mean_and_its_error_are_those_of_a_ratio(seed, count):
    """Σ wx / Σ w, and the linearised error √(n/(n-1) Σ w²(x - R)²) / Σ w."""
    rng = np.random.default_rng(seed)
    values, weight = rng.standard_normal(count) + 3, rng.uniform(0.1, 5, count)
    accumulator = accumulated(values, [count // 2], weight=weight)
    mean = (weight * values).sum() / weight.sum()
    squares = (weight**2 * (values - mean) ** 2).sum()
    error = math.sqrt(count / (count - 1) * squares) / weight.sum()
    assert accumulator.mean() == pytest.approx(mean, rel=1e-12)
    assert accumulator.stderr() == pytest.approx(error, rel=1e-9)


@given(SEED, st.integers(2, 100))
def test_weights_of_one_change_nothing(seed, count):
    """The mean has the same bits, and its error the same digits."""
    values = np.random.default_rng(seed).standard_normal(count)
    plain, weighted = accumulated(values, []), accumulated(values, [], weight=np.ones(count))
    assert plain.mean() == weighted.mean()
    assert plain.stderr() == pytest.approx(weighted.stderr(), rel=1e-12)


@given(SEED, st.integers(1, 100))
def test_rows_that_are_left_out_leave_no_trace(seed, count):
    """Skipped and weightless rows are counted, and the numbers are those of the rest."""
    rng = np.random.default_rng(seed)
    values, share = rng.standard_normal(count), rng.choice([0.0, 1.0], count)
    skip = rng.random(count) < 0.3
    values[share == 0] = 0.0
    kept = (share == 1) & ~skip
    found = accumulated(values, [count // 2], denominator=share, skip=skip)
    rest = RowLosses(values[kept]).accumulate(0)
    assert (found.mean(), found.count) == pytest.approx((rest.mean(), rest.count), nan_ok=True)
    assert (found.skipped, found.ignored) == (skip.sum(), ((share == 0) & ~skip).sum())
    assert found.rows == count
    if kept.any():
        ends = found.extremes
        assert (ends.low, ends.high) == (values[kept].min(), values[kept].max())
        assert ends.high_row == np.flatnonzero(kept)[values[kept].argmax()]


def test_a_row_of_weight_zero_is_out_even_at_infinity():
    """0 times an infinite loss adds nothing."""
    accumulator = RowLosses(np.array([math.inf, 2.0]), weight=np.array([0.0, 1.0])).accumulate(0)
    assert accumulator.mean() == 2.0
    assert accumulator.ignored == 1


def test_the_first_of_equal_largest_rows_is_named():
    """Also across blocks, and in the numbering of the whole."""
    accumulator = accumulated(np.array([1.0, 5.0, 0.0, 5.0, 5.0]), [2, 4])
    assert accumulator.extremes.high_row == 1


def test_nan_rows_make_the_mean_nan_and_not_the_extremes():
    """The largest number is still found beside them."""
    accumulator = accumulated(np.array([1.0, math.nan, 7.0, math.nan]), [1])
    assert math.isnan(accumulator.mean())
    assert (accumulator.extremes.low, accumulator.extremes.high, accumulator.extremes.high_row) == (
        1.0,
        7.0,
        2,
    )


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_rows_have_no_error(count):
    """An absent number is None, not 0."""
    assert RowLosses(np.ones(count)).accumulate(0).stderr() is None


@pytest.mark.parametrize("scale", [1e-300, 1e-174, 1e200, 1e300])
def test_an_error_that_cannot_be_computed_is_absent(scale):
    """Squares that vanish or overflow give no 0 and no inf in its place."""
    assert RowLosses(scale * np.array([1.0, 2.0, 3.0])).accumulate(0).stderr() is None


def test_equal_rows_have_no_spread():
    """There 0 is the truth."""
    assert RowLosses(np.full(5, 3.0)).accumulate(0).stderr() == 0.0


@given(SEED, st.integers(2, 60))
def test_rows_that_weigh_nothing_have_their_part_in_the_error(seed, cut):
    """Class weights of 0 with a loss of their own: sorted or not, and however the rows are cut."""
    rng = np.random.default_rng(seed)
    values, share = rng.uniform(1, 2, 100), np.r_[np.zeros(50), np.ones(50)]
    order = rng.permutation(100)
    sorted_rows = accumulated(values, [cut], denominator=share).stderr()
    shuffled = accumulated(values[order], [], denominator=share[order]).stderr()
    assert sorted_rows == pytest.approx(shuffled, rel=1e-9)


@given(SEED, st.integers(1, 4), st.booleans(), st.booleans())
def test_blocks_of_whole_units_give_the_same_moments(seed, blocks, weighted, spread):
    """However many units a block holds: full ones, short ones, and rows left out of some."""
    rng = np.random.default_rng(seed)
    count, unit = 4 * 2048 + int(rng.integers(0, 2048)), 2048
    values = rng.standard_normal(count) + (0 if spread else 1e6)
    columns = {"skip": rng.random(count) < rng.choice([0.0, 1e-3, 0.9])}
    if weighted:
        columns["weight"] = rng.choice([0.0, 1.0, 0.1], count)
    totals = []
    for size in (unit * blocks, count):
        total = RowAccumulator()
        for start in range(0, count, size):
            part = {name: column[start : start + size] for name, column in columns.items()}
            total += RowLosses(values[start : start + size], **part).accumulate(start, unit)
        totals.append(total)
    assert totals[0].stderr() == totals[1].stderr()
    assert totals[0].mean() == totals[1].mean()
