"""Elementary functions: accurate, and the same bits on every processor and from every compiler."""

import hashlib
import math

import mpmath
import numpy as np
import pytest

from tests.kernels.programs import run, same

# By function: its range, the greatest error in ULP, and the digest of its results for `inputs`.
FUNCTIONS = {
    "exp": (-745.0, 709.7, 0.7, "ea2db32cbc986c57"),
    "expm1": (-40.0, 709.7, 1.1, "0b74fd4083cab92a"),
    "log": (5e-324, 1e308, 0.9, "edeb78e7aa8e09d1"),
    "log1p": (-0.99, 1e300, 0.9, "3eea29dedea20063"),
    "tanh": (-22.0, 22.0, 2.5, "93619b4418faef56"),
}
POWERS = {
    4.0: "8cdc09e48ecea12d",
    -0.5: "ccdacb543b7dd9e8",
    1.5: "89e5075edecfd0e9",
    100.25: "387364193aa16651",
}
SPECIAL = [0.0, -0.0, math.inf, -math.inf, math.nan, 1.0, -1.0, 5e-324, -5e-324, 1e308, -1e308]


def inputs(low, high, count=4096):
    """Numbers of both signs and all sizes in a range, made of integers alone, and some special."""
    state, drawn = 12345, []
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        exponent = (state >> 33) % 80 - 70 if state & 1 << 20 else (state >> 33) % 2046 - 1022
        size = math.ldexp(1.0 + (state >> 40) / 2**24, exponent)
        drawn.append(-size if state & 1 << 30 else size)
    kept = [x for x in drawn if low <= x <= high]
    return np.array(kept + SPECIAL)


def digest(results):
    """The first digits of the hash of some results; every nan counts alike."""
    return hashlib.sha256(np.where(np.isnan(results), 0.5, results).tobytes()).hexdigest()[:16]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_bits_of_a_function_are_those_that_were_recorded(each_machine, name):
    """The same on every processor, whatever its instruction set, and from every compiler."""
    low, high, _, recorded = FUNCTIONS[name]
    assert digest(run(lambda xp, x: getattr(xp, name)(x), inputs(low, high))) == recorded


@pytest.mark.parametrize("power", POWERS)
def test_the_bits_of_a_power_are_those_that_were_recorded(each_machine, power):
    """As those of functions."""
    assert digest(run(lambda _, x: x**power, inputs(0.0, 1e308))) == POWERS[power]


@pytest.mark.parametrize(("name", "low", "high", "far"), [("exp", -700.0, 700.0, 705.0),
                                                          ("log1p", 0.0, 1.0, -0.5)])  # fmt: skip
def test_ordinary_numbers_have_the_same_bits_beside_any_other(each_machine, name, low, high, far):
    """Fewer operations compute a part of a column that has no other number."""
    root = math.sqrt(2.0) - 1.0
    edges = [low, high, 0.0, -0.0, 5e-324, 2.0**-54, root, *np.nextafter(root, [0.0, 1.0])]
    x = np.concatenate([np.linspace(low, high, 4001), np.logspace(-300, 0, 400) * high, edges])
    x = x[: len(x) // 8 * 8]
    alone = run(lambda xp, x: getattr(xp, name)(x), x)
    beside = run(lambda xp, x: getattr(xp, name)(x), np.insert(x, np.arange(0, len(x), 4), far))
    kept = np.ones(len(beside), np.bool_)
    kept[::5] = False
    assert (beside[kept].view(np.int64) == alone.view(np.int64)).all()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_near_the_true_value(each_machine, name):
    """Within the bar of the table, in units of the last place of the true value."""
    low, high, bar, _ = FUNCTIONS[name]
    x = inputs(low, high)[: -len(SPECIAL)][:600]
    with mpmath.workprec(200):
        for at, found in zip(x.tolist(), run(lambda xp, x: getattr(xp, name)(x), x), strict=True):
            true = getattr(mpmath, name)(mpmath.mpf(at))
            if abs(true) > 1e-300:
                assert abs((mpmath.mpf(float(found)) - true) / np.spacing(float(abs(true)))) <= bar


@pytest.mark.parametrize("power", POWERS)
def test_a_power_is_near_the_true_value(each_machine, power):
    """Within 0.7 ULP."""
    x = inputs(1e-3, 1e2)[: -len(SPECIAL)][:400]
    with mpmath.workprec(200):
        for at, found in zip(x.tolist(), run(lambda _, x: x**power, x), strict=True):
            true = mpmath.mpf(at) ** power
            if 1e-300 < true < 1e300:
                assert abs((mpmath.mpf(float(found)) - true) / np.spacing(float(true))) <= 0.7


@pytest.mark.parametrize("name", [*FUNCTIONS, "sqrt", "floor", "sign", "abs", "isfinite", "isnan"])
def test_special_values_are_those_of_numpy(each_machine, name):
    """Zeros, infinities, nan, subnormal and huge numbers."""
    x = np.array([*SPECIAL, 710.0, -746.0, 0.5, -0.5, 2.5])
    with np.errstate(all="ignore"):
        true = getattr(np, name)(x)
    found = run(lambda xp, x: getattr(xp, name)(x) * 1.0, x)
    exact = ~np.isfinite(true) | (true == 0) | (true == 1)
    assert same(found[exact], true[exact])
    np.testing.assert_allclose(found, true, rtol=1e-15)


def test_angles_are_those_of_numpy_with_recorded_bits(each_machine):
    """In all quadrants, on the axes, and of infinite and tiny vectors."""
    numbers = np.array([*SPECIAL, *inputs(1e-300, 1e300, 200)[: -len(SPECIAL)]])
    numbers = np.concatenate([numbers, -numbers, numbers[::-1] * 1.25])
    y, x = (one.reshape(-1) for one in np.meshgrid(numbers, numbers))
    found = run(lambda xp, y, x: xp.atan2(y, x), y, x)
    with np.errstate(all="ignore"):
        true = np.arctan2(y, x)
    np.testing.assert_allclose(found, true, rtol=4.5e-16, atol=1e-322)
    assert same(np.copysign(1.0, found[true == 0]), np.copysign(1.0, true[true == 0]))
    assert digest(found) == "9bfbc75099d24b6f"
