"""When enough was measured."""

from collections.abc import Sequence

from losscli.intervals import ratio_interval


def looks() -> list[int]:
    """The numbers of rounds at which the data are looked at: few, each about a quarter more."""
    found = [8]
    while found[-1] < 400:
        found.append(max(found[-1] + 1, found[-1] * 5 // 4))
    return found


def settled(log_ratios: Sequence[Sequence[float]], resolve: float, level: float = 0.95) -> bool:
    """Whether the half-width of every ratio's interval is at most `resolve`, a fraction."""
    for logs in log_ratios:
        _, low, high = ratio_interval(logs, level)
        if not (high - low) / 2.0 <= resolve:
            return False
    return True
