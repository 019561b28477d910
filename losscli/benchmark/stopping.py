"""The rule by which a benchmark has enough rounds."""

import math
from collections.abc import Iterator, Sequence

from losscli.stats.order_statistics import Numbers
from losscli.stats.signed_rank import ratio_interval


def looks(most: int | None = None) -> Iterator[int]:
    """The counts of rounds at which the data are looked at: 12, 16, 20, 24, 30, …, to `most`.

    They grow by about a quarter: every look may stop on an interval that is narrow by chance, so
    there are few, and none so early that a correlation of neighbouring rounds is missed (to begin
    at 8 took up to 3 % off the coverage). All are even: rounds alternate in order, A B
    and B A, and an even number of them holds as many of each.
    """
    n = 12
    while most is None or n <= most:
        yield n
        n += 2 * max(1, round(n / 8))


def settled(log_ratios: Sequence[Numbers], resolve: float, level: float = 0.95) -> bool:
    """True if every row's ratio to the first is known to within `resolve`, 0.01 for 1 %.

    `log_ratios` holds, for each row but the first, log(its time / the first's), one a round. A
    ratio is known if its interval (`ranks.ratio_interval`) reaches at most log(1 + resolve) to
    either side of its middle; one that is NaN or infinite never is. True without any rows.

    Asked at the counts of `looks`, it stops on the width and not on the verdict, and leaves the
    interval's coverage as it is (docs/statistics.md).
    """
    reach = math.log1p(resolve)
    for row in log_ratios:
        _, low, high = ratio_interval(row, level)
        if not 0.5 * (high - low) <= reach:  # so that NaN is not settled
            return False
    return True
