"""Numbers, seconds and bytes as people write them."""

import math


def duration(value: float) -> str:
    """Seconds with three digits and the unit that suits them."""
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("us", 1e6)):
        if value * factor >= 0.9995:
            return f"{digits(value * factor)} {unit}"
    return f"{digits(value * 1e9)} ns"


def digits(value: float) -> str:
    """Three digits, or all of a larger whole number."""
    return f"{value:.0f}" if value >= 99.95 else f"{value:#.3g}".rstrip(".")


def mebibytes(count: float) -> str:
    """Bytes in the binary unit that suits them."""
    return f"{count / 2**20:.0f} MiB" if count >= 1 << 20 else f"{count / 2**10:.0f} KiB"


def number(value: float, stderr: float | None) -> str:
    """At least six digits, and as many more as two digits of the standard error need."""
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
    """The power of ten of a number's first digit."""
    return math.floor(math.log10(abs(value))) if value else 0


def size(count: int) -> str:
    """Bytes with three digits and the unit that suits them."""
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{digits(count / factor)} {unit}"
    return f"{count} B"


def ulps(value: float | None) -> str:
    """Units in the last place, to a tenth; a dash where there are none to tell of."""
    if value is None:
        return "-"
    if not math.isfinite(value):
        return str(value)
    return f"{value:.1f}" if value < 999.5 else f"{value:.1e}"
