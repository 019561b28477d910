"""Metrics in the pass of an evaluation: their states over the rows, and their results."""

import math
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, Self

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from losscli.accumulators.design import Design
from losscli.accumulators.exact import Floats
from losscli.accumulators.groups import Grouping
from losscli.accumulators.replicates import percentile_interval
from losscli.evaluation.validity import BlockValidity
from losscli.losses.core.domain import Mask
from losscli.metrics.binding import BoundMetric
from losscli.metrics.core.estimate import Estimate, Table
from losscli.metrics.core.metric import MetricState
from losscli.plans.evaluate import NanPolicy
from losscli.results.statistics import MetricResult, MetricTable
from losscli.stats.distributions import normal_critical, t_critical


class MetricAccumulator(Struct, frozen=True):
    """The state of one metric over rows; `+` merges the state of the rows that follow.

    rows: all rows seen. skipped: rows without a value. ignored: rows that do not count, such as
    those of weight 0. missing: True if a row that counts has a missing value.
    clustered: True if rows lie in clusters. lag: as of `Design`. resampled: True if a percentile
    interval is requested.
    """

    state: MetricState
    rows: int
    skipped: int = 0
    ignored: int = 0
    missing: bool = False
    clustered: bool = False
    lag: int | None = None
    resampled: bool = False

    def __add__(self, other: Self) -> "MetricAccumulator":
        return MetricAccumulator(
            self.state + other.state,
            self.rows + other.rows,
            self.skipped + other.skipped,
            self.ignored + other.ignored,
            self.missing or other.missing,
            self.clustered or other.clustered,
            self.lag,
            self.resampled or other.resampled,
        )

    @property
    def count(self) -> int:
        """The rows that count."""
        return self.rows - self.skipped - self.ignored


class MetricRows:
    """The rows of a block for one metric, checked.

    raw: the arrays by role, as they were read. validity: takes missing values under --nan error.
    """

    def __init__(
        self,
        bound: BoundMetric,
        raw: Mapping[str, NDArray[Any]],
        validity: BlockValidity,
        nan: NanPolicy,
        design: Design | None = None,
    ) -> None:
        self._bound = bound
        self._pred = np.asarray(raw["preds"], np.float64)
        self._target = raw["targets"] if bound.declared.rows_of.targeted else None
        self._weight = np.asarray(raw["weights"], np.float64) if "weights" in raw else None
        self._columns = {
            param: np.asarray(raw[name.role], np.float64) for param, name in bound.columns
        }
        self._out = validity.excluded(bound)
        validity.record_infinite(bound, self._out)
        missing = validity.missing(bound, everywhere=True)
        self._missing = np.zeros_like(self._out) if missing is None else missing & ~self._out
        if self._missing.any():
            validity.record_missing(bound, self._missing)
        self._nan, self._design = nan, design

    def accumulate(self, rows: Any = slice(None)) -> MetricAccumulator:
        """The accumulator of some rows, by a slice or an array of their places in the block."""
        out, missing = self._out[rows], self._missing[rows]
        keep = ~(out | missing)
        count = int(np.count_nonzero(missing))
        state = self._bound.declared.state(
            self._pred[rows][keep],
            None if self._target is None else self._target[rows][keep],
            None if self._weight is None else self._weight[rows][keep],
            self._params_of(rows, keep),
            self._design_of(rows, keep),
        )
        return MetricAccumulator(
            state,
            len(out),
            count if self._nan == "skip" else 0,
            int(np.count_nonzero(out)),
            missing=count > 0 and self._nan != "skip",
            clustered=self._design is not None and self._design.clusters is not None,
            lag=None if self._design is None else self._design.lag,
            resampled=self._design is not None and self._design.draws is not None,
        )

    def _params_of(self, rows: Any, keep: Mask) -> Mapping[str, Any]:
        """The parameters, with the numbers of the rows that count where they have some."""
        own = {param: column[rows][keep] for param, column in self._columns.items()}
        return {**self._bound.params, **own} if own else self._bound.params

    def _design_of(self, rows: Any, keep: Mask) -> Design | None:
        """The design of the rows that count, of some rows."""
        if self._design is None:
            return None
        places = np.arange(len(self._out))[rows][keep]
        return self._design.at(places)

    def on_common_rows(self, others: "Sequence[MetricRows]") -> "MetricRows":
        """The same rows, those that are out or missing in others too."""
        found = copy(self)
        for other in others:
            found._out = found._out | other._out
            found._missing = found._missing | other._missing
        found._missing = found._missing & ~found._out
        return found

    def terms(self, rows: Any = slice(None)) -> tuple[Any, Floats | None, int, Design | None]:
        """The terms of the rows that count, their weights, None for 1, their number and design."""
        keep = ~(self._out[rows] | self._missing[rows])
        target = None if self._target is None else self._target[rows][keep]
        weight = None if self._weight is None else self._weight[rows][keep]
        pred = self._pred[rows][keep]
        terms = self._bound.declared.terms_of(pred, target, self._params_of(rows, keep))
        return terms, weight, len(pred), self._design_of(rows, keep)

    def by_groups(self, groups: Grouping) -> list[MetricAccumulator]:
        """The accumulator of each group."""
        return list(map(self.accumulate, groups.rows))


def metric_result(bound: BoundMetric, rows: MetricAccumulator, level: float) -> MetricResult:
    """The result of a metric. level: of the interval, in (0, 1)."""
    found = bound.declared.estimate(rows.state, bound.params)
    value = math.nan if rows.missing else found.value
    known = (not rows.clustered or found.clusters is not None) and (
        rows.lag is None or found.correlation is not None
    )
    stderr = found.stderr if known and not math.isnan(value) else None
    ci = None if stderr is None else _interval(bound, rows, found._replace(stderr=stderr), level)
    bootstrap_ci = None
    if found.replicates is not None:
        bootstrap_ci = percentile_interval(np.sort(found.replicates), level)
    return MetricResult(
        label=bound.label,
        metric=bound.declared.name,
        params={name: _plain(given) for name, given in bound.params.items()},
        value=value,
        higher_is_better=bound.declared.higher_is_better,
        rows=rows.rows,
        n=rows.count,
        skipped=rows.skipped,
        ignored=rows.ignored,
        stderr=stderr,
        ci=ci,
        ci_level=level,
        clusters=found.clusters,
        effective_clusters=found.effective_clusters,
        correlation=found.correlation,
        bootstrap_ci=bootstrap_ci,
        missing=rows.missing,
        table=None if found.table is None else _table(found.table),
    )


def _table(table: Table) -> MetricTable:
    return MetricTable(table.corner, table.columns, dict(table.rows))


def _plain(value: object) -> object:
    return value.tolist() if hasattr(value, "tolist") else value


def _interval(
    bound: BoundMetric, rows: MetricAccumulator, found: Estimate, level: float
) -> tuple[float, float]:
    """The interval of a metric that has a standard error."""
    value, stderr, n = found.value, found.stderr or 0.0, found.clusters or found.n
    critical = t_critical(level, n - 1)
    shared = bound.declared.trials(rows.state, bound.params)
    if shared is not None and 0.0 <= value <= 1.0:
        from losscli.stats.proportions import effective_trials, score_interval

        trials = effective_trials(value, stderr)
        if found.effective_clusters is not None:
            trials = min(trials or found.effective_clusters, float(found.n))
            return score_interval(value, trials, critical)
        trials = shared.effective_rows() if trials is None else trials * n / (n - 1)
        return score_interval(value, trials, normal_critical(level))
    own = bound.declared.interval(found, rows.state, bound.params, level)
    half = critical * stderr
    return (value - half, value + half) if own is None else own


def metric_results(
    metrics: Sequence[BoundMetric], accumulators: Sequence[MetricAccumulator], level: float
) -> tuple[MetricResult, ...]:
    """The results of all metrics."""
    pairs = zip(metrics, accumulators, strict=True)
    return tuple(metric_result(bound, rows, level) for bound, rows in pairs)
