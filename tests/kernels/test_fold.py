"""One pass over results: exact sums, extremes and moments, whatever the instruction set."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.accumulators.exact import ExactSum
from losscli.kernels import machine
from tests.kernels.programs import folded, program_of

PIECE = machine.PIECE
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def moments(values, unit, phase):
    """The moments of each unit in NumPy: about the mean of its first rows."""
    cuts = [0, *range(unit - phase, len(values), unit), len(values)]
    for low, high in pairwise(cuts):
        rows = values[low:high]
        pieces = [rows[k : k + PIECE] for k in range(0, len(rows), PIECE)]
        pivot = np.add.reduce(pieces[0]) / len(pieces[0])
        pivot = pivot if np.isfinite(pivot) else 0.0
        sum_e = sum_ee = 0.0
        for piece in pieces:
            e = piece - pivot
            sum_e += np.add.reduce(e)
            sum_ee += np.add.reduce(e * e)
        yield float(pivot), float(sum_ee), float(sum_e), float(len(rows))


def check(values, unit=32768, phase=0):
    """Compare the state of some values with that of NumPy."""
    state = folded(values, unit, phase)
    assert state.total == ExactSum.of(values).units
    assert (state.low, state.high) == (values.min(), values.max())
    assert state.high_row == values.argmax()
    with np.errstate(all="ignore"):
        expected = list(moments(values, unit, phase))
    np.testing.assert_array_equal(np.array(state.units), np.array(expected))


@given(st.lists(FINITE, min_size=1, max_size=300))
def test_any_values_fold_as_numpy_adds_them(each_machine, values):
    """Subnormal, huge and mixed numbers, of both signs, in any number."""
    check(np.array(values))


@given(st.integers(0, 2**32), st.sampled_from([1, 7, 128, 1000, 1024, 1025, 5000]))
def test_long_columns_of_any_range_fold_as_numpy_adds_them(each_machine, seed, count):
    """Exponents near each other, or over the whole range of float64."""
    rng = np.random.default_rng(seed)
    spread = rng.choice([0, 3, 60, 200, 1000])
    exponents = rng.integers(-spread, spread + 1, count).clip(-1074, 1020)
    values = np.ldexp(rng.standard_normal(count), exponents)
    values[rng.random(count) < rng.choice([0.0, 0.3])] = 0.0
    check(values)


@given(st.lists(st.integers(-1074, 1020), min_size=2, max_size=5), st.sampled_from([0, 20, 200]))
def test_parts_of_a_column_may_differ_in_size(each_machine, exponents, spread):
    """Each part has other grids than the one before; parts of zeros have none."""
    rng = np.random.default_rng(len(exponents))
    parts = [np.zeros(700)]
    for exponent in exponents:
        spreads = rng.integers(-spread, 1, 1100)
        parts += [np.ldexp(rng.standard_normal(1100), exponent + spreads), np.zeros(700)]
    check(np.concatenate(parts))


@pytest.mark.parametrize(("unit", "phase"), [(32768, 0), (32768, 30000), (1024, 1), (100, 99)])
def test_moments_are_taken_of_units_of_rows(each_machine, unit, phase):
    """The first unit ends where its rows end, whichever of them come first."""
    check(np.random.default_rng(3).standard_normal(70_001), unit, phase)


BELOW_2 = float(np.nextafter(2.0, 0.0))


@pytest.mark.parametrize(
    "value", [5e-324, 1.7e308, 1.0, 0.0, 2.0**960, BELOW_2, BELOW_2 / 2.0**1023, 2.0**-60 + 1.0]
)
def test_many_equal_values_have_the_exact_sum(each_machine, value):
    """No bin, no carry and no binade of a sum overflows, on either side of 0."""
    check(np.full(5000, value))
    check(np.full(5000, -value))


@pytest.mark.parametrize("small", [2.0**-30, 2.0**-46, 2.0**-60, 2.0**-99, 2.0**-150, 5e-324])
@pytest.mark.parametrize("every", [1, 2, 700])
def test_values_far_below_the_largest_are_not_lost(each_machine, small, every):
    """Alone in a chunk of 512 rows, or many of them, between values that need no second look."""
    values = np.full(5000, BELOW_2)
    values[3::every] = small * 1.2345
    values[1] = BELOW_2
    check(values)
    check(-values)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("at", [0, 1023, 1024, 2999])
def test_a_result_that_is_not_finite_is_reported(each_machine, value, at):
    """The state of such results is left to NumPy."""
    values = np.ones(3000)
    values[at] = value
    assert folded(values) == machine.NOT_FINITE


def test_the_first_of_equal_largest_values_is_found(each_machine):
    """As argmax does."""
    values = np.zeros(4000)
    values[[1500, 1501, 3000]] = 2.0
    assert folded(values).high_row == 1500


@given(
    st.integers(0, 3000),
    st.sampled_from([64, 512, 700, 4096]),
    st.integers(0, 63),
    st.integers(1, 40),
    st.sampled_from(["any", "ascending", "equal", "few"]),
)
def test_the_largest_results_are_found(count, unit, phase, most, kind):
    """The first rows of equal ones, those below a bound left out."""
    random = np.random.default_rng(count)
    values = (
        random.standard_normal(count + 1) if kind != "few" else random.integers(0, 3, count + 1)
    )
    values = np.sort(values) if kind == "ascending" else values * float(kind != "equal")
    order = np.lexsort((np.arange(count + 1), -values))[:most]
    for least in (-np.inf, 0.0, 1.5):
        program = program_of(lambda _, x: x, 1)
        state = machine.fold(program, (values,), unit, phase, None, most, least)
        rows, found = machine.largest_of(state)
        assert (np.diff(rows) > 0).all()
        assert (found == values[rows]).all()
        assert set(order[values[order] >= least].tolist()) <= set(rows.tolist())
        assert (found >= least).all()
        assert len(rows) <= most * machine.PIECE
    assert not len(machine.largest_of(folded(values, unit, phase))[0])
