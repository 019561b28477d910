"""Claims about a difference and a margin: their p-values, and the rows that would decide them.

p-values are two-sided: at most α exactly where the interval of level 1 - α supports the claim.
"""

import math
from bisect import bisect_left
from collections.abc import Mapping
from typing import Literal, TypeAlias

from losscli.stats.distributions import normal_isf, t_critical
from losscli.stats.means import MeanDifference

Test: TypeAlias = Literal["superior", "noninferior", "equivalent"]
Claim: TypeAlias = Literal["better", "worse", "equivalent", "not worse"]

POWER = 0.8  # of the smallest detectable difference
_ROWS = range(2, (1 << 50) + 1)  # the numbers of rows that anybody may have


def claims(harm: MeanDifference, margin: float, test: Test) -> Mapping[Claim, float]:
    """Return the p-value of each claim that a test can support.

    harm: the increase of a loss. superior: better or worse by more than the margin. noninferior:
    not worse by more than the margin, or worse. equivalent: within the margin (two one-sided
    tests: Schuirmann, J. Pharmacokinet. Biopharm. 15, 1987), or beyond it on either side.

    >>> claims(MeanDifference(-1.0, 0.0, 9.0), 0.5, "superior")
    {'worse': 1.0, 'better': 0.0}
    """
    gain = harm.negated()
    found: dict[Claim, float] = {"worse": harm.p_above(margin)}
    if test == "noninferior":
        found["not worse"] = harm.p_at_most(margin)
    else:
        found["better"] = gain.p_above(margin)
    if test == "equivalent":
        found["equivalent"] = max(harm.p_at_most(margin), gain.p_at_most(margin))
    return {claim: min(1.0, 2.0 * p) for claim, p in found.items()}


def rows_to_decide(
    harm: MeanDifference, margin: float, test: Test, n: int, level: float
) -> int | None:
    """Return the rows at which the test would decide, all else as in these n rows.

    None where no number of rows would: the difference lies on a margin, or inside those of a test
    that asks for a difference beyond them.
    """
    if test == "noninferior":
        gap = abs(harm.estimate - margin)
    else:
        gap = abs(abs(harm.estimate) - margin)
        if test == "superior" and abs(harm.estimate) < margin:
            return None
    clusters = harm.freedom + 1.0  # of n / clusters rows each, one where rows are independent
    found = rows_to_exclude(gap, harm.stderr, clusters, level)
    return None if found is None else math.ceil(found * n / clusters)


def rows_to_exclude(gap: float, stderr: float | None, n: float, level: float) -> int | None:
    """Return the rows at which an interval would end within a distance of its estimate.

    stderr: of n rows. None where the distance is 0, or where they would be more than anybody has.
    """
    if not (gap and stderr and math.isfinite(gap)):
        return None
    spread = stderr * math.sqrt(n)

    def excludes(rows: int) -> bool:
        return t_critical(level, rows - 1) * spread < gap * math.sqrt(rows)

    at = bisect_left(_ROWS, True, key=excludes)
    return _ROWS[at] if at < len(_ROWS) else None


def detectable(stderr: float, freedom: float, level: float) -> float:
    """Return the smallest difference that a test at this level finds with a power of 80 %.

    (t + z)·stderr, with t Student's critical value and z that of the power (Bloom, Evaluation
    Review 19, 1995).
    """
    return (t_critical(level, freedom) + normal_isf(1.0 - POWER)) * stderr
