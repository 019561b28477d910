"""Metrics of several models over the same rows, and the differences of pairs of them.

The difference of two functions of means is a function of the means of both models' columns: its
standard error follows by the delta method, the covariance of the models included.
"""

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
from msgspec import Struct

from losscli.accumulators.cells import Cells, CellSums
from losscli.accumulators.design import Design
from losscli.accumulators.exact import Floats
from losscli.accumulators.groups import Grouping
from losscli.comparison.pairing import Pairs
from losscli.errors import UsageError
from losscli.evaluation.metrics import MetricAccumulator, MetricRows
from losscli.metrics.binding import BoundMetric
from losscli.metrics.core.estimate import Estimate, Means, estimate
from losscli.metrics.core.metric import Metric, Terms
from losscli.stats.dual import Dual, total


def is_comparable(metric: BoundMetric) -> bool:
    """True if the metric is a function of means that has a better direction."""
    kind = type(metric.declared)
    plain = kind.state_of is Metric.state_of and kind.estimate is Metric.estimate
    return plain and metric.declared.higher_is_better is not None


def check_comparable(metrics: Sequence[BoundMetric]) -> None:
    """Raise UsageError for a metric that `is_comparable` refuses."""
    for metric in metrics:
        if not is_comparable(metric):
            raise UsageError(
                f"compare does not take {metric.declared.name}",
                hint="it takes losses, and metrics of means that have a better direction",
            )


class PairedMetric(Struct, frozen=True):
    """The state of one metric of several models, and the joint sums of each pair; `+` merges."""

    models: tuple[MetricAccumulator, ...]
    pairs: tuple[CellSums, ...]

    def __add__(self, other: "PairedMetric") -> "PairedMetric":
        models = zip(self.models, other.models, strict=True)
        pairs = zip(self.pairs, other.pairs, strict=True)
        return PairedMetric(
            tuple(ours + theirs for ours, theirs in models),
            tuple(ours + theirs for ours, theirs in pairs),
        )


class PairedMetricRows(NamedTuple):
    """The rows of a block for one metric of several models, those that count for all of them."""

    metric: Metric
    models: Sequence[MetricRows]
    pairs: Pairs

    @classmethod
    def of(
        cls, metric: BoundMetric, models: Sequence[MetricRows], pairs: Pairs
    ) -> "PairedMetricRows":
        """The rows of models that were checked one by one."""
        return cls(metric.declared, [rows.on_common_rows(models) for rows in models], pairs)

    def accumulate(self, rows: Any = slice(None)) -> PairedMetric:
        """The state of some rows, by a slice or an array of their places in the block."""
        found = [model.terms(rows) for model in self.models]
        _, weight, count, design = found[0]
        terms = [each for each, *_ in found]
        return PairedMetric(
            tuple(model.accumulate(rows) for model in self.models),
            tuple(
                _joint(self.metric, terms[ours], terms[theirs], weight, count, design)
                for ours, theirs in self.pairs
            ),
        )

    def by_groups(self, groups: Grouping) -> list[PairedMetric]:
        """The state of each group."""
        return list(map(self.accumulate, groups.rows))


def difference(metric: BoundMetric, sums: CellSums) -> Estimate:
    """The metric of the first model minus that of the second, from their joint sums."""
    names = metric.declared.columns

    def value(joint: Means) -> Dual:
        sides = [_SideMeans(joint, names, side) for side in (0, 1)]
        ours, theirs = (metric.declared.value(means, **metric.params) for means in sides)
        found: Dual = ours - theirs
        return found

    return estimate(value, sums, (*names, *names))


def _joint(
    metric: Metric,
    ours: Terms,
    theirs: Terms,
    weight: Floats | None,
    rows: int,
    design: Design | None,
) -> CellSums:
    """The sums of the columns of both models, by pairs of cells."""
    columns = [terms.columns[name] for terms in (ours, theirs) for name in metric.columns]
    sides = [terms.cells or Cells(np.zeros(rows, np.intp), [()]) for terms in (ours, theirs)]
    if len(sides[0].keys) == len(sides[1].keys) == 1:
        keys = [(sides[0].keys[0], sides[1].keys[0])]
        return CellSums.of(rows, columns, weight, Cells(sides[0].codes, keys), design)
    width = len(sides[1].keys)
    known, codes = np.unique(sides[0].codes * width + sides[1].codes, return_inverse=True)
    keys = [(sides[0].keys[code // width], sides[1].keys[code % width]) for code in known.tolist()]
    return CellSums.of(rows, columns, weight, Cells(codes, keys), design)


class _SideMeans(Means):
    """The means of one of two models: its cells are sums over the cells of the other.

    joint: the means of the columns of both.
    """

    def __init__(self, joint: Means, names: Sequence[str], side: int) -> None:
        self._joint, self.weight = joint, joint.weight
        self._places = {name: place for place, name in enumerate(names, start=1)}
        self._offset = side * len(names)
        self._parts: dict[Hashable, list[Hashable]] = {}
        for key in joint.cells:
            assert isinstance(key, tuple)
            self._parts.setdefault(key[side], []).append(key)

    @property
    def cells(self) -> list[Hashable]:
        """The cells of this model that have rows."""
        return list(self._parts)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self._joint.rows

    def mean(self, cell: Hashable, place: int) -> Dual:
        """As `Means.mean`."""
        at = place + self._offset if place else 0
        return total([self._joint.mean(key, at) for key in self._parts.get(cell, ())])
