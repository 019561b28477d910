"""Three-way decisions about a margin: above it, not above it, or undecided by these data."""

import math
from collections.abc import Sequence
from typing import Literal

Verdict = Literal["slower", "not slower", "undecided"]
Side = Literal["above", "at most", "undecided"]


def compare_to_bound(low: float, high: float, bound: float) -> Side:
    """Return the position of an interval [low, high] relative to a bound.

    Undecided if the interval contains the bound and values above it, or if an end is not finite.

    >>> compare_to_bound(0.1, 0.2, 0.0)
    'above'
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return "undecided"
    if low > bound:
        return "above"
    return "at most" if high <= bound else "undecided"


def three_way(low: float, high: float, margin: float) -> Verdict:
    """Return the verdict for an interval [low, high] of log(new time / old time).

    margin: the fraction of the old time that is tolerated, 0.01 for 1 %. Slower if the whole
    interval is above log(1 + margin), not slower if it is at or below, otherwise undecided; also
    undecided if an end is infinite or NaN.

    Raises ValueError for a margin that is not above -1.
    """
    words: dict[Side, Verdict] = {"above": "slower", "at most": "not slower"}
    return words.get(compare_to_bound(low, high, log_margin(margin)), "undecided")


def log_margin(margin: float) -> float:
    """Return log(1 + margin); raises ValueError unless the fraction is finite and above -1."""
    if not (math.isfinite(margin) and margin > -1.0):
        raise ValueError(f"margin must be a finite fraction above -1, not {margin}")
    return math.log1p(margin)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for their number, in the given order.

    Rejecting those that are at most α keeps the probability of any false rejection at most α,
    for any dependence between them (Holm, Scand. J. Statist. 6, 1979, 65-70). A NaN stays NaN and
    is counted.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda i: (math.isnan(p_values[i]), p_values[i]))
    adjusted = [math.nan] * len(p_values)
    least = 0.0
    for rank, i in enumerate(order):
        if not math.isnan(p_values[i]):
            least = max(least, min(1.0, (len(p_values) - rank) * p_values[i]))
            adjusted[i] = least
    return adjusted
