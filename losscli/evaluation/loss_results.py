"""`loss_result`: the numbers of a loss from its accumulator."""

import math
from collections.abc import Callable

from losscli.accumulators.rows import RowAccumulator
from losscli.losses.spec.binding import BoundLoss
from losscli.results.documents.eval import Code, LossResult, Reduction
from losscli.stats.distributions import t_critical


def loss_result(
    bound: BoundLoss,
    rows: RowAccumulator,
    reduction: Reduction,
    level: float,
    line: Callable[[int], int | None],
    elements: int = 1,
) -> LossResult:
    """The result of all rows.

    level: of the interval, in (0, 1). line: the line of a text file at which a row stands.
    elements: the numbers that a row's loss is the mean of.
    """
    mean, total, extremes = rows.mean(), float(rows.numerator), rows.extremes
    value = _apply(bound.transform, mean)
    stderr, ci = _spread(bound, rows, mean, level)
    each = bound.convention is not None and bound.convention.by_elements
    added = bound.penalty or 0.0
    known = extremes.high_row is not None
    return LossResult(
        label=bound.label,
        loss=bound.loss.name,
        params={name: _plain(value) for name, value in bound.params.items()},
        reduction=reduction,
        value={
            "mean": value + added,
            "sum": total * (elements if each else 1) + added,
            "none": None,
        }[reduction],
        mean=mean,
        rows=rows.rows,
        n=rows.count,
        skipped=rows.skipped,
        ignored=rows.ignored,
        weight_sum=float(rows.denominator),
        sum=total,
        stderr=stderr,
        ci=ci,
        ci_level=level,
        statistic=bound.statistic,
        min=_apply(bound.transform, extremes.low) if known else None,
        max=_apply(bound.transform, extremes.high) if known else None,
        max_row=extremes.high_row,
        max_line=None if extremes.high_row is None else line(extremes.high_row),
        penalty=bound.penalty,
        code=tuple([Code(*origin) for origin in bound.code]),
        derived={
            name: _apply(function, mean)
            for name, function in bound.loss.derived
            if bound.has_derived(elements)
        },
        takes_logits=bound.takes_logits,
    )


def _spread(
    bound: BoundLoss, rows: RowAccumulator, mean: float, level: float
) -> tuple[float | None, tuple[float, float] | None]:
    """The standard error and the interval of the value under the reduction mean."""
    stderr = rows.stderr()
    if stderr is None:
        return None, None
    half = t_critical(level, rows.count - 1) * stderr
    added = bound.penalty or 0.0
    transform = bound.transform
    low, high = _apply(transform, mean - half) + added, _apply(transform, mean + half) + added
    if bound.statistic:  # a root: its slope is 1 / (2 √mean)
        root = _apply(bound.transform, mean)
        stderr = stderr / (2.0 * root) if root else None
    return stderr, (low, high)


def _apply(function: Callable[[float], float], mean: float) -> float:
    """A statistic of the mean; an end of an interval below 0 has the root 0."""
    if function is float or math.isnan(mean):
        return mean
    return function(max(mean, 0.0))


def _plain(value: object) -> object:
    return value.tolist() if hasattr(value, "tolist") else value
