"""The difference of two means: of pairs, or of independent samples by their standard errors."""

import math
from typing import NamedTuple

from losscli.stats.distributions import t_critical, t_sf
from losscli.stats.skewness import Skewness


class Mean(NamedTuple):
    """A mean, or a function of one, with its standard error over `n` rows."""

    value: float
    stderr: float
    n: int


class MeanDifference(NamedTuple):
    """An estimated difference, its standard error, and the degrees of freedom of Student's t.

    skewness: that of its terms, by which t is corrected; None where it is not.
    """

    estimate: float
    stderr: float
    freedom: float
    skewness: Skewness | None = None

    def interval(self, level: float) -> tuple[float, float]:
        """Return the (low, high) of the confidence interval; `level` as in 0.95."""
        if not self.stderr:
            return self.estimate, self.estimate
        critical = t_critical(level, self.freedom)
        if self.skewness is not None:
            return self.skewness.interval(self.estimate, self.stderr, critical)
        half = critical * self.stderr
        return self.estimate - half, self.estimate + half

    def negated(self) -> "MeanDifference":
        """Return the difference in the other direction."""
        skewness = None if self.skewness is None else self.skewness.negated()
        return MeanDifference(-self.estimate, self.stderr, self.freedom, skewness)

    def p_above(self, bound: float) -> float:
        """Return the one-sided p-value of "the difference is above `bound`"."""
        return t_sf(self._t(bound), self.freedom)

    def p_at_most(self, bound: float) -> float:
        """Return the one-sided p-value of "the difference is at or below `bound`"."""
        t = self._t(bound)
        return 0.0 if not self.stderr and t == 0.0 else t_sf(-t, self.freedom)

    def _t(self, bound: float) -> float:
        """Return the distance of the estimate above a bound, in standard errors, corrected."""
        distance = self.estimate - bound
        if self.stderr:
            t = distance / self.stderr
            return t if self.skewness is None else self.skewness.corrected(t)
        return math.copysign(math.inf, distance) if distance else 0.0


def welch_difference(old: Mean, new: Mean) -> MeanDifference:
    """Return `new` minus `old` for two independent samples whose variances may differ.

    The degrees of freedom are Welch's (Biometrika 34, 1947, 28-35). Samples of the same rows are
    not independent but usually positively correlated: then the interval is too wide.

    >>> welch_difference(Mean(1.0, 0.3, 10), Mean(2.0, 0.4, 10)).stderr
    0.5
    """
    scale = max(old.stderr, new.stderr)
    if not scale:
        return MeanDifference(new.value - old.value, 0.0, float(old.n + new.n - 2))
    # Relative to the larger one, since squares of tiny errors would underflow.
    a, b = (old.stderr / scale) ** 2, (new.stderr / scale) ** 2
    freedom = (a + b) ** 2 / (a * a / (old.n - 1) + b * b / (new.n - 1))
    return MeanDifference(new.value - old.value, scale * math.sqrt(a + b), freedom)
