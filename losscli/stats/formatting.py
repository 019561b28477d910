"""Numbers, seconds and bytes as text."""

import math


def duration(value: float) -> str:
    """Format seconds with three digits and a unit.

    >>> duration(0.00123)
    '1.23 ms'
    """
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("us", 1e6)):
        if value * factor >= 0.9995:
            return f"{digits(value * factor)} {unit}"
    return f"{digits(value * 1e9)} ns"


def digits(value: float) -> str:
    """Format with three digits, or with all digits of the integer part if it has more."""
    return f"{value:.0f}" if value >= 99.95 else f"{value:#.3g}"


def mebibytes(count: float) -> str:
    """Format bytes in KiB or MiB."""
    return f"{count / 2**20:.0f} MiB" if count >= 1 << 20 else f"{count / 2**10:.0f} KiB"


def number(value: float, stderr: float | None) -> str:
    """Format with six digits, or more if needed to show two digits of the standard error."""
    if not math.isfinite(value):
        return str(value)
    if value == 0:
        return "0"
    digits = 6
    if stderr and math.isfinite(stderr):
        digits = max(6, exponent(value) - exponent(stderr) + 2)
    text = f"{value:#.{min(digits, 17)}g}"
    return text.rstrip(".")


def exponent(value: float) -> int:
    """Return the power of ten of the first digit; 0 for 0."""
    return math.floor(math.log10(abs(value))) if value else 0


def size(count: int) -> str:
    """Format bytes with three digits and a decimal unit, B to TB."""
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{digits(count / factor)} {unit}"
    return f"{count} B"


def ulps(value: float | None) -> str:
    """Format a number of ULP to a tenth; a dash for None."""
    if value is None:
        return "-"
    if not math.isfinite(value):
        return str(value)
    return (
        f"{value:.1f}" if value < 999.5 else f"{value:.1e}".replace("e+0", "e").replace("e+", "e")
    )
