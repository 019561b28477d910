"""The score interval of a proportion."""

import math


def score_interval(share: float, trials: float, critical: float) -> tuple[float, float]:
    """The interval of Wilson (Journal of the American Statistical Association 22, 1927).

    share: the observed one, in [0, 1]. trials: their number, or the effective one of weighted or
    clustered trials (Korn and Graubard, Survey Methodology 24, 1998). critical: the quantile of the
    normal distribution or of Student's t. Never of no width, also at a share of 0 or 1.

    >>> [round(end, 4) for end in score_interval(0.0, 10, 1.959964)]
    [0.0, 0.2775]
    """
    squared = critical * critical / trials
    centre = (share + 0.5 * squared) / (1.0 + squared)
    spread = share * (1.0 - share) * squared + 0.25 * squared * squared
    half = math.sqrt(spread) / (1.0 + squared)
    low = 0.0 if share <= 0.0 else max(0.0, centre - half)
    high = 1.0 if share >= 1.0 else min(1.0, centre + half)
    return low, high


def effective_trials(share: float, stderr: float) -> float | None:
    """The number of independent trials that have this standard error; None at a share of 0 or 1."""
    variance = stderr * stderr
    return share * (1.0 - share) / variance if variance > 0.0 and 0.0 < share < 1.0 else None
