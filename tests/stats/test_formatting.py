"""Numbers, seconds and bytes as text."""

import math

import pytest

from losscli.stats.formatting import digits, duration, exponent, mebibytes, number, size, ulps

DURATIONS = {
    12.0: "12.0 s",
    1.0: "1.00 s",
    0.9996: "1.00 s",
    0.9994: "999 ms",
    0.0123: "12.3 ms",
    1.5e-3: "1.50 ms",
    9.996e-4: "1.00 ms",
    9.994e-4: "999 us",
    2.5e-6: "2.50 us",
    1e-6: "1.00 us",
    9.9e-7: "990 ns",
    1.23e-9: "1.23 ns",
    0.9995: "1.00 s",
    1234.0: "1234 s",
}


@pytest.mark.parametrize("seconds", DURATIONS)
def test_durations_have_three_digits_and_a_unit(seconds):
    """Rounding moves 999.6 ms to the next unit."""
    assert duration(seconds) == DURATIONS[seconds]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (99.94, "99.9"),
        (99.96, "100"),
        (0.5, "0.500"),
        (1234567.0, "1234567"),
        (1.0, "1.00"),
        (100.4, "100"),
    ],
)
def test_digits_are_three_or_those_of_the_integer_part(value, text):
    """Trailing zeros are kept: they are known."""
    assert digits(value) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 KiB"), (1024, "1 KiB"), ((1 << 20) - 600, "1023 KiB"), (1 << 20, "1 MiB"),
     (3 << 30, "3072 MiB")],
)  # fmt: skip
def test_memory_is_in_binary_units(count, text):
    """KiB below a mebibyte."""
    assert mebibytes(count) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (1_500_000, "1.50 MB"), (10**9, "1.00 GB"),
     (2_340_000_000_000, "2.34 TB"), (999_999, "1000 kB")],
)  # fmt: skip
def test_sizes_are_in_decimal_units(count, text):
    """B, kB, MB, GB, TB."""
    assert size(count) == text


NUMBERS = {
    (math.inf, None): "inf",
    (math.nan, 1.0): "nan",
    (0.0, 1.0): "0",
    (1.0, None): "1.00000",
    (3.0, 0.5): "3.00000",
    (123456.0, None): "123456",
    (1234567.0, None): "1.23457e+06",
    (1.23456789, 1e-7): "1.23456789",
    (123.456789123, 1e-5): "123.456789",
    (0.0123456789, 1e-8): "0.012345679",
    (1 / 3, 1e-300): "0.33333333333333331",
    (1.0, math.inf): "1.00000",
    (1.0, 0.0): "1.00000",
}


@pytest.mark.parametrize(("value", "stderr"), NUMBERS)
def test_numbers_have_six_digits_or_two_of_the_standard_error(value, stderr):
    """Never over 17, which are all that float64 has."""
    assert number(value, stderr) == NUMBERS[value, stderr]


def test_exponents_are_of_the_first_digit():
    """0 has none; 0 is as good as any."""
    powers = [exponent(value) for value in (1.0, 9.99, 10.0, -1234.0, 0.05, 0.0)]
    assert powers == [0, 0, 1, 3, -2, 0]


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0.0, "0.0"), (0.54, "0.5"), (999.4, "999.4"), (999.5, "1.0e3"),
     (math.inf, "inf"), (math.nan, "nan")],
)  # fmt: skip
def test_ulps_are_given_to_a_tenth(value, text):
    """Large ones as powers of ten."""
    assert ulps(value) == text
