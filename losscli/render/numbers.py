"""Intervals, percentages, values and names as people write them, the same on every page."""

import math
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from losscli.stats.formatting import exponent, number

if TYPE_CHECKING:
    from losscli.results.documents.bench import RowKey
    from losscli.results.documents.compare import PairResult
    from losscli.results.statistics import Statistic


def value_cells(loss: "Statistic") -> tuple[str, str]:
    """The value of the reduction, the mean under none, and the interval; of metrics alike."""
    is_sum = getattr(loss, "reduction", "mean") == "sum"
    value = loss.of_mean if loss.value is None else loss.value
    ci = "-" if is_sum else interval(loss.ci, loss.stderr)
    return number(value, None if is_sum else loss.stderr), ci


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
    finite = all(math.isfinite(end) for end in (*ci, stderr))
    if not finite or not -4 <= exponent(largest) < 7:
        return f"[{ci[0]:{sign}.4g}, {ci[1]:{sign}.4g}]"
    places = max(0, 3 - exponent(largest), 1 - exponent(stderr) if stderr else 0)
    return f"[{ci[0]:{sign}.{places}f}, {ci[1]:{sign}.{places}f}]"


def signed(pair: "PairResult") -> str:
    """The difference of a pair of models, to two digits of its standard error."""
    text = number(pair.difference, pair.stderr)
    return f"+{text}" if pair.difference > 0 else text


def p_value(p: float | None) -> str:
    """A p-value to three places; a dash for None."""
    if p is None:
        return "-"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def percent(share: float) -> str:
    """A share in percent, such as 95 %."""
    return f"{100 * share:.6g} %"


def short_names(impls: Iterable[str]) -> dict[str, str]:
    """Each implementation's name in a table: `FILE.py:NAME` is NAME where that is unambiguous.

    >>> short_names(["torch", "kernels.py:fused_ce"])
    {'torch': 'torch', 'kernels.py:fused_ce': 'fused_ce'}
    """
    short = {impl: impl.rpartition(":")[2] if ".py:" in impl else impl for impl in impls}
    counts = Counter(short.values())
    return {impl: name if counts[name] == 1 else impl for impl, name in short.items()}


def setting_of(row: "RowKey") -> str:
    """The label, shape, dtype and device of a row; the CPU is not named."""
    where = "" if row.device == "cpu" else f" {row.device}"
    return f"{row.label} {row.size} {row.dtype}{where}"


def direction_of(row: "RowKey") -> str:
    """The pass of a row, and whether its caches were cold."""
    return f"{row.passes}{', cold caches' if row.cold and row.device == 'cpu' else ''}"
