"""The decision against a margin: beyond it, not beyond it, or not to be told from these data."""

import math
from collections.abc import Sequence
from typing import Literal

Verdict = Literal["slower", "not slower", "undecided"]
Side = Literal["above", "at most", "undecided"]


def compare_to_bound(low: float, high: float, bound: float) -> Side:
    """Where an interval [low, high] lies beside a bound.

    Undecided where it holds the bound with something above it; so are ends that are infinite or
    NaN, since they are no evidence.
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return "undecided"
    if low > bound:
        return "above"
    return "at most" if high <= bound else "undecided"


def three_way(low: float, high: float, margin: float) -> Verdict:
    """The verdict of an interval [low, high] of log(new time / old time).

    `margin` is the fraction of the old time that is tolerated, 0.01 for 1 %. Slower where the
    whole interval lies above log(1 + margin), not slower where it lies at or below, otherwise
    undecided; so are ends that are infinite or NaN, since they are no evidence.

    Raises ValueError for a margin that is not above -1.
    """
    words: dict[Side, Verdict] = {"above": "slower", "at most": "not slower"}
    return words.get(compare_to_bound(low, high, log_margin(margin)), "undecided")


def log_margin(margin: float) -> float:
    """Log(1 + margin), for a fraction; ValueError where it is not above -1 and finite."""
    if not (math.isfinite(margin) and margin > -1.0):
        raise ValueError(f"a margin is a fraction above -1, not {margin}")
    return math.log1p(margin)


def three_way_rows(
    above: Sequence[float], at_most: Sequence[float], level: float = 0.95
) -> list[Verdict]:
    """The verdict of every row of a table, of which all hold at once with probability `level`.

    `above` and `at_most` are the one-sided p-values of "over the margin" and "at or below it"
    (`ranks.p_above` and `ranks.p_at_most` at `log_margin(margin)`), one of each a row. The rows
    are the family: each of the two lists is adjusted by `holm`, and a claim is made where its
    adjusted p-value is at most (1 - level) / 2, since either list may hold a false claim. One row
    alone gets the verdict that `three_way` gives its interval at that level. NaN is undecided.

    Raises ValueError where the lists differ in length.
    """
    tail = 0.5 * (1.0 - level)
    verdicts: list[Verdict] = []
    for up, down in zip(holm(above), holm(at_most), strict=True):
        if up <= tail:
            verdicts.append("slower")
        else:
            verdicts.append("not slower" if down <= tail else "undecided")
    return verdicts


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values adjusted for their number, in the order given (Holm 1979, Scand. J. Stat. 6).

    Claiming what is at most α makes a false claim among all of them with probability at most α,
    however they depend on each other. A NaN stays NaN, and counts as one of them.
    """
    order = sorted(range(len(p_values)), key=lambda i: (math.isnan(p_values[i]), p_values[i]))
    adjusted = [math.nan] * len(p_values)
    least = 0.0
    for rank, i in enumerate(order):
        if not math.isnan(p_values[i]):
            least = max(least, min(1.0, (len(p_values) - rank) * p_values[i]))
            adjusted[i] = least
    return adjusted
