"""Hall's transformation: the interval of a mean, or of a quotient of two, of skewed rows."""

import math
from typing import NamedTuple

_LEAST = 1e-300  # a smaller factor than this changes no t, and cannot be divided by


class Skewness(NamedTuple):
    """The skewness of the terms e = a - R·b of a quotient R = Σa / Σb, as its t statistic has it.

    third: Σe³ / (Σe²)^1.5, which is the skewness of the rows over √n. shared: Σ e·b / (Σb·√Σe²),
    which is 0 where every b is the same.

    By the Edgeworth expansion of t, G(t) = t + c·t² + c²·t³/3 + third/6 is of Student's
    distribution up to terms of order 1 / n, with c = third/3 - shared; the cubic term makes it
    monotone (Hall, Journal of the Royal Statistical Society B 54, 1992). The expansion of a
    quotient adds `shared`, as its standard error depends on the quotient.
    """

    third: float
    shared: float = 0.0

    def corrected(self, t: float) -> float:
        """G(t), to be compared with Student's distribution."""
        factor = self.third / 3.0 - self.shared
        return t + factor * t * t * (1.0 + factor * t / 3.0) + self.third / 6.0

    def inverse(self, critical: float) -> float:
        """The t of which G(t) is a number.

        >>> skewness = Skewness(0.25, 0.02)
        >>> round(skewness.corrected(skewness.inverse(2.0)), 12)
        2.0
        """
        factor, rest = self.third / 3.0 - self.shared, critical - self.third / 6.0
        if abs(factor) < _LEAST:
            return rest
        cube = 3.0 * factor * rest
        root = math.expm1(math.log1p(cube) / 3.0) if cube > -1.0 else math.cbrt(1.0 + cube) - 1.0
        return root / factor

    def interval(self, value: float, stderr: float, critical: float) -> tuple[float, float]:
        """The interval of R = value; critical: Student's, on either side.

        >>> Skewness(0.0).interval(1.0, 0.5, 2.0)
        (0.0, 2.0)
        """
        return value - self.inverse(critical) * stderr, value - self.inverse(-critical) * stderr

    def negated(self) -> "Skewness":
        """The skewness of -R."""
        return Skewness(-self.third, -self.shared)
