"""Sums and moments of rows by code: of plain Python, with and without compiled code."""

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.accumulators.digits import DigitSums
from losscli.kernels import codes as by_code
from losscli.kernels import machine

FINITE = st.floats(allow_nan=False, allow_infinity=False)
ROWS = st.lists(st.tuples(FINITE, st.integers(0, 5)), min_size=1, max_size=60)
INTEGERS = st.integers(-(2**63), 2**63 - 1) | st.integers(-9, 9) | st.integers(0, 10**6)


@pytest.fixture(params=["compiled", "numpy"], scope="module")
def either(request):
    """The functions with compiled code, and without."""
    if request.param == "compiled" and machine._machine is None:
        pytest.skip("installed without compiled kernels")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machine, "machine", lambda: 0 if request.param == "compiled" else None)
        yield request.param


def columns(rows):
    """Values and codes as arrays."""
    values, codes = zip(*rows, strict=True)
    return np.array(values), np.array(codes, np.int64)


@given(st.lists(INTEGERS, max_size=200), st.booleans())
def test_integers_are_numbered_in_their_order(either, values, ascending):
    """Near to each other and far, in order and not."""
    array = np.array(sorted(values) if ascending else values, np.int64)
    found, codes = by_code.numbered(array)
    assert found.tolist() == sorted(set(values))
    assert found[codes].tolist() == array.tolist()


@pytest.mark.parametrize("low", [-(2**63), -1000, 2**62])
def test_integers_of_a_wide_range_are_numbered(either, low):
    """With gaps, and the ends of words of 64 bits."""
    steps = np.random.default_rng(1).permutation(np.r_[0, 63, 64, 127, np.arange(150, 200_000, 3)])
    found, codes = by_code.numbered(low + np.r_[steps, steps[:99]])
    assert found.tolist() == sorted((low + steps).tolist())
    assert (found[codes] == low + np.r_[steps, steps[:99]]).all()


@given(st.sets(st.integers(0, 40) | st.integers(0, 2**64 - 1)), st.sets(st.integers(0, 40)))
def test_keys_are_merged_in_their_order(either, ours, theirs):
    """Of either side, each once."""
    sides = [np.array(sorted(side), np.uint64) for side in (ours, theirs)]
    keys, *places = by_code.merged_keys(*sides)
    assert keys.tolist() == sorted(ours | theirs)
    for side, at in zip(sides, places, strict=True):
        assert keys[at].tolist() == side.tolist()


@given(ROWS, st.integers(1, 400))
def test_runs_have_the_sums_of_their_rows(either, rows, repeats):
    """Of rows whose keys ascend, also where a run is longer than a chunk; others have no runs."""
    values, keys = columns(sorted(rows, key=lambda row: row[1]))
    values, keys = np.repeat(values, repeats), np.repeat(keys, repeats)
    for wrong in (np.r_[keys, -1], np.r_[-1, keys], np.r_[keys, -(2**63)], np.r_[keys, 9, 8, 9]):
        assert by_code.run_starts(wrong) is None
    starts = by_code.run_starts(keys)
    if either == "numpy":
        assert starts is None
        return
    assert keys[starts[:-1]].tolist() == sorted(set(keys.tolist()))
    assert np.repeat(keys[starts[:-1]], np.diff(starts)).tolist() == keys.tolist()
    first, digits = by_code.run_sums(values, starts)
    for row, key in zip(digits, keys[starts[:-1]], strict=True):
        exact = repeats * sum(Fraction(value) for value, at in rows if at == key)
        assert sum(Fraction(2) ** (32 * k) * int(d) for k, d in enumerate(row, first)) == exact


def test_runs_with_values_that_are_not_finite(either):
    """They count 0, as elsewhere."""
    if either == "numpy":
        return
    values, keys = np.array([1.0, math.inf, math.nan, 2.0, 2.0**1000]), np.array([1, 1, 4, 4, 5])
    starts = by_code.run_starts(keys)
    with np.errstate(all="ignore"):
        high, low = by_code.totals(*by_code.run_sums(values, starts))
    assert (high.tolist(), low.any()) == ([1.0, 2.0, 2.0**1000], False)


BUCKETED = st.lists(
    st.tuples(FINITE | st.floats(-4, 4), st.integers(0, 99) | st.integers(16_300, 16_500)),
    min_size=1,
    max_size=60,
)


@given(st.lists(BUCKETED, min_size=1, max_size=4), st.integers(1, 2))
def test_rows_in_buckets_have_the_sums_of_their_keys(either, parts, ranges):
    """Of keys in several buckets, and of all rows at once where they are few."""
    waiting = [by_code.bucketed(*columns(part)[::-1]) for part in parts]
    if either == "numpy":
        assert waiting == [None] * len(parts)
        return
    kept = [(part, one) for part, one in zip(parts, waiting, strict=True) if one is not None]
    for part, one in kept:
        assert sorted(one.keys().tolist()) == sorted(key for _, key in part)
    if not kept:
        return
    rows, waiting = [row for part, _ in kept for row in part], [one for _, one in kept]
    low, high = min(one.low for one in waiting), max(one.low + len(one.starts) for one in waiting)
    cuts = sorted({low, (low + high) // ranges, high})
    several = [by_code.bucket_sums(waiting, both) for both in pairwise(cuts)]
    for sums in (several, [by_code.sums_of_few(waiting)]):
        keys = [key for own in sums for key in own.keys.tolist()]
        assert keys == sorted({key for _, key in rows})
        for own in sums:
            for key, count, digits in zip(*own[:2], own.digits, strict=True):
                values = [Fraction(value) for value, at in rows if at == key]
                exact = sum(
                    Fraction(2) ** (32 * k) * int(d) for k, d in enumerate(digits, own.first)
                )
                assert (count, exact) == (len(values), sum(values))


def test_rows_are_left_as_they_are_where_buckets_are_no_use(either):
    """Keys below 0, far apart or few for the rows, and values that are not finite or are huge."""
    rows = np.arange(100.0)
    for keys, values in (
        (np.arange(100) - 1, rows),
        (np.arange(100) << 20, rows),
        (np.arange(100) % 9, rows),
        (np.arange(100), np.where(rows == 9, np.inf, rows)),
        (np.arange(100), np.where(rows == 9, 2.0**961, rows)),
        (np.arange(0), rows[:0]),
    ):
        assert by_code.bucketed(keys, values) is None
    assert (by_code.bucketed(np.arange(100), rows) is None) is (either == "numpy")


@given(ROWS)
def test_digits_are_exact(either, rows):
    """Of subnormal numbers, huge ones and both signs; as numbers they are rounded once."""
    values, codes = columns([*rows, (math.inf, 2), (math.nan, 2)])
    first, digits = by_code.digit_sums(values, codes, 6)
    with np.errstate(all="ignore"):
        high, low = by_code.totals(first, digits)
    for code in range(6):
        exact = sum((Fraction(value) for value, at in rows if at == code), Fraction(0))
        assert sum(Fraction(2) ** (32 * k) * int(d) for k, d in enumerate(digits[code], first)) == (
            exact
        )
        if abs(exact) < 2**1000:
            assert (
                abs(Fraction(high[code]) + Fraction(low[code]) - exact)
                <= abs(exact) * Fraction(2) ** -100 + Fraction(2) ** -1074
            )


@given(st.lists(st.integers(-(2**40), 2**40), min_size=6, max_size=6), st.integers(0, 2))
def test_rows_of_digits_are_added_at_their_places(either, digits, offset):
    """Other columns and rows stay."""
    rows = np.array(digits, np.int64).reshape(3, 2)
    sums = np.ones((5, 4), np.int64)
    by_code.add_rows(rows, np.array([0, 2, 3]), offset, sums)
    wanted = np.ones((5, 4), np.int64)
    wanted[[0, 2, 3], offset : offset + 2] += rows
    assert sums.tolist() == wanted.tolist()


@given(ROWS, st.booleans(), st.integers(-1000, 900), st.integers(1, 40), st.data())
def test_one_pass_over_codes_is_all_others(rows, ascending, exponent, unit, data):
    """Digits, moments and extremes have the bits that separate passes give."""
    if machine._machine is None:
        pytest.skip("installed without compiled kernels")
    values, codes = columns(sorted(rows, key=lambda row: row[1]) if ascending else rows)
    values = np.ldexp(values, exponent - np.frexp(np.abs(values).max())[1])
    phase = data.draw(st.integers(0, unit - 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machine, "machine", lambda: 0)
        found = by_code.fold(values, codes, 6, unit, phase)
    cuts = [0, *range(unit - phase, len(values), unit), len(values)]
    assert DigitSums(found.first, found.digits).units() == exact_units(values, codes)
    np.testing.assert_array_equal(found.counts, np.bincount(codes, minlength=6))
    np.testing.assert_array_equal(found.moments, by_code.moments(values, None, codes, 6, cuts))
    for ours, wanted in zip(found[4:], by_code.extremes(values, codes, 6), strict=True):
        np.testing.assert_array_equal(ours, wanted)


@pytest.mark.parametrize("odd", [math.nan, -math.inf, 2.0**1000])
def test_one_pass_over_codes_takes_ordinary_values_only(odd):
    """Others need the separate passes."""
    assert by_code.fold(np.array([1.0, odd]), np.array([0, 1]), 2, 8, 0) is None


@given(st.integers(0, 2**32 - 1), st.integers(-1000, 1000), st.integers(0, 200))
def test_digits_of_runs_are_exact(either, seed, exponent, spread):
    """Of neighbours that have the same code, in chunks of several scales."""
    generator = np.random.default_rng(seed)
    sizes = generator.integers(-spread, spread + 1, 1500) + exponent
    values = np.ldexp(generator.standard_normal(1500), np.clip(sizes, -1074, 1020))
    codes = np.sort(generator.integers(0, 100, 1500))
    found = DigitSums(*by_code.digit_sums(values, codes, 100))
    assert found.units() == exact_units(values, codes, 100)


def exact_units(values, codes, count=6):
    """The sums of each code in units of 2**-1074, by Python's integers."""
    units = [0] * count
    for value, code in zip(values.tolist(), codes.tolist(), strict=True):
        units[code] += int(Fraction(value) * 2**1074)
    return units


@given(ROWS, st.booleans())
def test_extremes_leave_nan_out(either, rows, missing):
    """And the row is the first of the largest."""
    values, codes = columns([*rows, (math.nan if missing else math.inf, 3)])
    low, high, places = by_code.extremes(values, codes, 7)
    for code in range(7):
        own = [(v, k) for k, (v, at) in enumerate(zip(values, codes, strict=True)) if at == code]
        numbers = [(value, k) for value, k in own if value == value]
        assert low[code] == min((value for value, _ in numbers), default=math.inf)
        assert high[code] == max((value for value, _ in numbers), default=-math.inf)
        first = next((k for value, k in numbers if value == high[code]), -1)
        assert places[code] == first


@given(ROWS, st.booleans(), st.integers(0, 60))
def test_moments_are_added_in_row_order(either, rows, weighted, cut):
    """With the bits of a plain loop, in each part of the rows."""
    values, codes = columns(rows)
    b = np.abs(values[::-1]) if weighted else None
    cuts = [0, min(cut, len(values)), len(values)]
    found = by_code.moments(values, b, codes, 6, cuts)
    for part, (start, stop) in zip(found, ((0, cuts[1]), (cuts[1], len(values))), strict=True):
        for code in range(6):
            own = [k for k in range(start, stop) if codes[k] == code]
            a = [np.float64(values[k]) for k in own]
            shares = [np.float64(1.0 if b is None else b[k]) for k in own]
            with np.errstate(all="ignore"):
                pivot = sum(a, np.float64(0)) / sum(shares, np.float64(0))
                pivot = pivot if np.isfinite(pivot) else np.float64(0)
                pairs = [(x - pivot * y, y) for x, y in zip(a, shares, strict=True)]
                wanted = [
                    pivot,
                    sum((e * e for e, _ in pairs), np.float64(0)),
                    sum((e * y for e, y in pairs), np.float64(0)),
                    sum((y * y for _, y in pairs), np.float64(0)),
                ]
            np.testing.assert_array_equal(part[code], wanted)


def test_compiled_code_refuses_what_does_not_fit():
    """Codes out of range, and buffers of another size."""
    if machine._machine is None:
        pytest.skip("installed without compiled kernels")
    compiled = machine._machine
    ones, codes = np.ones(3), np.array([0, 1, 5])
    by_two = (codes[:2].copy(), ones[:2].copy(), ones[:2].copy(), codes[:2].copy())
    for broken in (
        lambda: compiled.add_digits(ones, codes, 0, np.zeros((2, 4), np.int64), 2),
        lambda: compiled.add_digits(ones, codes[:1], -2, np.zeros((6, 4), np.int64), 6),
        lambda: compiled.add_digits(ones, codes, 7, np.zeros((6, 4), np.int64), 6),
        lambda: compiled.add_rows(codes, -codes, 0, np.zeros((6, 1), np.int64), 1),
        lambda: compiled.add_rows(codes, codes, 3, np.zeros((6, 2), np.int64), 2),
        lambda: compiled.extremes_by_code(ones, codes, ones.copy(), ones.copy(), codes.copy()),
        lambda: compiled.moments_by_code(ones, None, codes, np.zeros((2, 4))),
        lambda: compiled.fold_by_code(ones, codes, 8, 0, *by_two, np.zeros((1, 2, 4))),
        lambda: compiled.fold_by_code(ones, codes[:2] * 0, 8, 0, *by_two, np.zeros((1, 2, 4))),
        lambda: compiled.fold_by_code(ones, codes * 0, 2, 0, *by_two, np.zeros((1, 2, 4))),
        lambda: compiled.fold_by_code(ones, codes * 0, 2, 2, *by_two, np.zeros((2, 2, 4))),
        lambda: compiled.number(codes, codes[:2].copy()),
        lambda: compiled.totals(0, codes, np.zeros(2), np.zeros(2)),
        lambda: compiled.fold_pairs(0, (), (), 8, 0),
    ):
        with pytest.raises(ValueError, match=r"buffer|code|digits|wide|programs|unit"):
            broken()
