"""Gates on differences: decided by the interval, which must lie on one side of the margin."""

import math
from collections.abc import Sequence

from losscli.comparison.difference import Comparison, Difference
from losscli.gates import GateResult, GateStatus, Measurement, NotWorse, in_error, outcome
from losscli.stats.formatting import exponent

_PROBABILITIES = "looks_like_probabilities"


def judged(gate: NotWorse, found: Comparison, allowed: Sequence[str] = ()) -> GateResult:
    """The judgement of a gate on a difference; allowed: codes of notes that it may have."""
    difference = found[gate.label]
    if found.probabilities and difference.takes_logits and _PROBABILITIES not in allowed:
        words = f"{_PROBABILITIES}: {found.probabilities[0]}; allow_note takes them as logits"
        return in_error(gate, words)
    words = _no_evidence(difference)
    if words:
        return in_error(gate, words)
    assert difference.ci is not None
    limit = gate.margin.absolute(difference.reference)
    status, words = _decided(gate, difference, limit)
    return outcome(gate, status, words, limit, Measurement(difference.value, difference.stderr))


def _no_evidence(difference: Difference) -> str:
    """Why a difference decides nothing; empty where it does."""
    if not difference.n:
        return "no row counts in both"
    if not math.isfinite(difference.value):
        return "the difference is not a finite number"
    if not math.isfinite(difference.reference):
        return "the mean of the reference is not a finite number"
    if difference.n < 2:
        return "one row makes no interval"
    if difference.ci is None or not all(map(math.isfinite, difference.ci)):
        return "there is no interval"
    return ""


def _decided(gate: NotWorse, difference: Difference, limit: float) -> tuple[GateStatus, str]:
    """The status, and the difference with its interval and the margin in words."""
    assert difference.ci is not None
    low, high = difference.ci
    by_share = gate.margin.relative and difference.reference != 0.0
    words = _signed(difference, 100 / abs(difference.reference) if by_share else 1.0, by_share)
    margin = f"{100 * gate.margin.size:.6g} %" if by_share else f"{limit:.6g}"
    left = _skipped(difference.skipped)
    if high <= limit:
        return "pass", f"{words}, all of it within {margin}{left}"
    if low > limit:
        failed: GateStatus = "fail" if gate.level == "fail" else "warn"
        return failed, f"{words}, all of it beyond {margin}{left}"
    rows = difference.rows_to_exclude(limit)
    more = "" if rows is None else f"; about {_rounded_up(rows):,} rows would do"
    return "undecided", f"{words} spans {margin}{more}{left}"


def _skipped(rows: int) -> str:
    if not rows:
        return ""
    return f"; {rows:,} row{' was' if rows == 1 else 's were'} skipped"


def _signed(difference: Difference, factor: float, by_share: bool) -> str:
    """The difference and its interval, signed, to two digits of the interval's half."""
    assert difference.ci is not None
    numbers = [factor * number for number in (difference.value, *difference.ci)]
    unit = " %" if by_share else ""
    half = 0.5 * (numbers[2] - numbers[1])
    least = 1 if by_share else 3 - exponent(max(map(abs, numbers)))
    places = max(least, 1 - exponent(half) if half else 0, 0)
    form = f"+.{places}f" if places <= 12 and max(map(abs, numbers)) < 1e7 else "+.4g"
    value, low, high = (f"{number:{form}}{unit}" for number in numbers)
    return f"{value} [{low}, {high}]"


def _rounded_up(rows: int) -> int:
    """To two digits."""
    step = int(10 ** max(0, len(str(rows)) - 2))
    return -(-rows // step) * step
