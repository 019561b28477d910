"""Intervals, percentages and values as people write them, the same on every page."""

import math

from losscli.results.documents.eval import LossResult
from losscli.stats.formatting import exponent


def value_of(loss: LossResult) -> float:
    """The value of the reduction; under none the mean, or the statistic derived from it."""
    return loss.of_mean if loss.value is None else loss.value


def significant(value: float | None, digits: int) -> str:
    """A number with so many significant digits; a dash for None."""
    if value is None:
        return "-"
    return f"{value:#.{digits}g}".rstrip(".") if value else "0"


def interval(ci: tuple[float, float] | None, stderr: float | None, sign: str = "") -> str:
    """Both ends, to two digits of the standard error and at least four of their own.

    sign: "+" for an interval of changes, whose positive ends have a sign too.

    >>> interval((41.5193, 47.4547), 1.51)
    '[41.52, 47.45]'
    """
    if ci is None or stderr is None:
        return "-"
    largest = max(abs(end) for end in ci)
    if ci == (0, 0):
        return "[0, 0]"
    finite = all(math.isfinite(number) for number in (*ci, stderr))
    if not finite or not -4 <= exponent(largest) < 7:
        return f"[{ci[0]:{sign}.4g}, {ci[1]:{sign}.4g}]"
    places = max(0, 3 - exponent(largest), 1 - exponent(stderr) if stderr else 0)
    return f"[{ci[0]:{sign}.{places}f}, {ci[1]:{sign}.{places}f}]"


def percent(share: float) -> str:
    """A share in percent, such as 95 %."""
    return f"{100 * share:.6g} %"
