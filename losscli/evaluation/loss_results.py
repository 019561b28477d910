"""`loss_result`: the numbers of a loss from its accumulator."""

import math
from collections.abc import Callable
from typing import TypeAlias

from losscli.accumulators.design import DesignSums
from losscli.accumulators.replicates import percentile_interval
from losscli.accumulators.rows import RowAccumulator
from losscli.losses.spec.binding import BoundLoss
from losscli.results.statistics import Code, LossResult, Reduction
from losscli.stats.distributions import normal_critical, t_critical
from losscli.stats.skewness import Skewness

Interval: TypeAlias = tuple[float, float]


def loss_result(
    bound: BoundLoss,
    rows: RowAccumulator,
    reduction: Reduction,
    level: float,
    line: Callable[[int], int | None] | None = None,
    elements: int = 1,
) -> LossResult:
    """The result of all rows.

    level: of the interval, in (0, 1). line: gives the line of a text file at which a row stands.
    elements: the numbers that a row's loss is the mean of.
    """
    mean, total, weight = rows.mean(), float(rows.numerator), float(rows.denominator)
    count, extremes, skipped, ignored = rows.count, rows.extremes, rows.skipped, rows.ignored
    row, loss = extremes.high_row, bound.loss
    low, high = extremes.low, extremes.high
    if bound.statistic:
        low, high = _apply(bound.transform, low), _apply(bound.transform, high)
    derived = bound.derived(elements)
    clusters = bootstrap_ci = skewness = None
    if rows.design is not None:
        clusters, bootstrap_ci = rows.clusters, _percentiles(bound, rows.design, level)
        skewness = rows.correction()
    stderr = rows.stderr(mean, weight)
    if loss.proportion and stderr is not None and _is_share(bound, mean):
        ci: Interval | None = _score_interval(bound, rows, mean, stderr, level)
        skewness = None
    else:
        freedom = count - 1 if rows.design is None else rows.freedom
        stderr, ci = _spread(bound, mean, stderr, freedom, level, skewness)
    return LossResult(
        label=bound.label,
        loss=loss.name,
        params={k: _plain(value) for k, value in bound.params.items()} if bound.params else {},
        reduction=reduction,
        value=_value(bound, reduction, mean, total, elements),
        mean=mean,
        rows=count + skipped + ignored,
        n=count,
        skipped=skipped,
        ignored=ignored,
        weight_sum=weight,
        sum=total,
        stderr=stderr,
        ci=ci,
        ci_level=level,
        ci_method="hall" if skewness and ci else None,
        clusters=None if clusters is None else len(clusters),
        bootstrap_ci=bootstrap_ci,
        statistic=bound.statistic,
        min=None if row is None else low,
        max=None if row is None else high,
        max_row=row,
        max_line=None if row is None or line is None else line(row),
        penalty=bound.penalty,
        code=tuple([Code(*origin) for origin in bound.code]) if bound.code else (),
        derived={name: _apply(function, mean) for name, function in derived} if derived else {},
        takes_logits=bound.takes_logits,
    )


def _value(
    bound: BoundLoss, reduction: Reduction, mean: float, total: float, elements: int
) -> float | None:
    """The value by the reduction, the penalty included."""
    if reduction == "none":
        return None
    value = mean
    if reduction == "sum":
        by_elements = bound.convention is not None and bound.convention.by_elements
        value = total * (elements if by_elements else 1)
    elif bound.statistic:
        value = _apply(bound.transform, mean)
    return value + (bound.penalty or 0.0)


def _is_share(bound: BoundLoss, mean: float) -> bool:
    """True if the mean is a share of the rows or of their weight."""
    by_rows = bound.convention is not None and bound.convention.by_rows
    return not by_rows and 0.0 <= mean <= 1.0


def _score_interval(
    bound: BoundLoss, rows: RowAccumulator, mean: float, stderr: float, level: float
) -> Interval:
    """The interval of a share, the penalty added; of clusters by Student's t."""
    from losscli.stats.proportions import score_interval

    independent = rows.clusters is None
    critical = normal_critical(level) if independent else t_critical(level, rows.freedom)
    low, high = score_interval(mean, rows.trials(mean, stderr), critical)
    added = bound.penalty or 0.0
    return low + added, high + added


def _percentiles(bound: BoundLoss, design: DesignSums, level: float) -> Interval | None:
    """The percentile interval of the value under the reduction mean; None without resamples."""
    if design.replicates is None:
        return None
    found = percentile_interval(design.replicates.ordered(), level)
    if found is None:
        return None
    added = bound.penalty or 0.0
    low, high = found
    if bound.statistic:
        low, high = _apply(bound.transform, low), _apply(bound.transform, high)
    return low + added, high + added


def _spread(
    bound: BoundLoss,
    mean: float,
    stderr: float | None,
    freedom: int,
    level: float,
    skewness: Skewness | None,
) -> tuple[float | None, tuple[float, float] | None]:
    """The standard error and the interval of the value under the reduction mean.

    stderr: of the mean. freedom: its degrees of freedom. skewness: that of the rows, by which the
    interval is corrected; None where it is not.
    """
    if stderr is None:
        return None, None
    critical, added = t_critical(level, freedom), bound.penalty or 0.0
    if skewness is None:
        low, high = mean - critical * stderr, mean + critical * stderr
    else:
        low, high = skewness.interval(mean, stderr, critical)
    if bound.statistic:  # a root: its slope is 1 / (2 √mean)
        low, high = _apply(bound.transform, low), _apply(bound.transform, high)
        root = _apply(bound.transform, mean)
        stderr = stderr / (2.0 * root) if root else None
    return stderr, (low + added, high + added)


def _apply(function: Callable[[float], float], mean: float) -> float:
    """A statistic of the mean; an end of an interval below 0 has the root 0."""
    return mean if function is float or math.isnan(mean) else function(max(mean, 0.0))


def _plain(value: object) -> object:
    return value.tolist() if hasattr(value, "tolist") else value
