"""The declaration of a metric: columns that a row contributes, and a function of their means."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, NamedTuple, Protocol, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from losscli.accumulators.cells import Cells, CellSums, Column
from losscli.accumulators.design import Design
from losscli.accumulators.exact import Floats
from losscli.backends.arrays import as_array
from losscli.errors import DataError, Place, UsageError
from losscli.losses.core.declaration import Declaration
from losscli.losses.core.domain import Domain
from losscli.losses.core.inputs import RawInputs
from losscli.losses.core.labels import Labels
from losscli.losses.core.one_hot import ONE_HOT
from losscli.losses.core.shapes import LABELLED, VECTORS, Row
from losscli.metrics.core.estimate import Estimate, Means, estimate
from losscli.stats.dual import Dual

Array: TypeAlias = NDArray[Any]


class MetricState(Protocol):
    """The state of a metric over rows; `+` merges the state of the rows that follow."""

    def __add__(self, other: Self) -> Self: ...


class Terms(NamedTuple):
    """The contribution of the rows of a block to a metric.

    columns: numbers (n,) by name, or several arrays whose sums are the numbers. cells: the cell of
    each row; None where all rows are in one.
    """

    columns: Mapping[str, Column]
    cells: Cells | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Metric(Declaration):
    """A metric, declared once.

    terms(pred, target, **params): the `Terms` of some rows, NumPy arrays that were checked.
    columns: their names. value(means, **params): the metric as a function of the means of the
    columns, composed of the operations of `Dual` numbers, so that its slopes are known; it is
    correctly rounded where these are `+ - * /`.
    reference(pred, target, weight, **params): the metric of a few rows, lists of numbers, by the
    plain formula.
    table(means, **params): numbers that belong to it, or functions of the means, by name.
    higher_is_better: None where neither is, such as for bias.
    undefined: the rows for which the metric is nan, in words. memory: bytes a row, in words, where
    the state grows with the rows. variants: metrics that the name means for rows of other shapes.
    """

    terms: Callable[..., Any]
    value: Callable[..., Any]
    reference: Callable[..., float]
    higher_is_better: bool | None
    table: Callable[..., Any] | None = None
    columns: tuple[str, ...] = ()
    undefined: str = ""
    memory: str = ""
    variants: "tuple[Metric, ...]" = ()

    flag = "-m"

    def __post_init__(self) -> None:
        object.__setattr__(self, "__doc__", self.terms.__doc__)

    def __repr__(self) -> str:
        return f"<metric {self.name}>"

    @cached_property
    def known_variants(self) -> "tuple[Metric, ...]":
        """The metrics that the name means for rows of other shapes, one-hot targets among them."""
        indexed = (
            each
            for each in (self, *self.variants)
            if each.rows_of == LABELLED and isinstance(each.target, Labels)
        )
        return (*self.variants, *map(_one_hot, indexed))

    def accepts(self, pred: Row, target: Row | None) -> bool:
        """True if the metric or one of its variants takes rows of these shapes."""
        return any(
            each.rows_of.matches(pred, target if each.rows_of.targeted else None)
            for each in (self, *self.known_variants)
        )

    def variant_for(self, pred: Row, target: Row | None) -> "Metric":
        """The metric that the name means for rows of these shapes; itself where none takes them."""
        matching = (
            each
            for each in (self, *self.known_variants)
            if each.rows_of.matches(pred, target if each.rows_of.targeted else None)
        )
        return next(matching, self)

    def for_params(self, params: Mapping[str, Any]) -> "Metric":  # noqa: ARG002
        """The metric under these parameters, which may change its domains and shapes."""
        return self

    def adopted(self, params: Mapping[str, Any], given: Iterable[str]) -> dict[str, Any]:
        """The parameters of another variant as those of this one; given: those that were given.

        Raises UsageError for a parameter that was given and that this one lacks.
        """
        known = {param.name: param.default for param in self.params}
        for name in given:
            if name not in known:
                raise UsageError(
                    f"{self.name} of {self.rows_of.describe()} has no parameter {name!r}",
                    hint=f"parameters: {', '.join(known) or 'none'}",
                )
        return {name: params.get(name, default) for name, default in known.items()}

    def __call__(self, pred: Any, target: Any = None, weight: Any = None, **params: Any) -> float:
        """The metric of arrays, lists or tensors; weight: one number >= 0 a row.

        NaN where no row counts. Raises DataError without rows, for shapes that do not match and for
        values outside the domain, nan included; UsageError for an unknown or invalid parameter.
        """
        raw = RawInputs.of(self.name, pred, target, targeted=self.rows_of.targeted)
        if not len(raw.pred):
            raise DataError(f"{self.name} takes one row at least")
        row = raw.pred.shape[1:]
        target_row = None if raw.target is None else raw.target.shape[1:]
        given = self.resolve(params)
        metric = self.for_params(given).variant_for(row, target_row)
        given = metric.adopted(given, params)
        metric.check_shapes(row, target_row, given)
        ignored = given.get("ignore_index")
        raw.check_values(metric.name, metric.domains_of(given), metric.classes(row), ignored)
        keep = np.ones(len(raw.pred), np.bool_)
        if ignored is not None and target_row == ():  # one-hot targets have no ignored label
            keep = raw.target != ignored
        weights = None
        if weight is not None:
            weights = _weights(weight, len(raw.pred))
            keep &= weights > 0
            weights = weights[keep]
        if not keep.any():
            return math.nan
        found = raw.pred.astype(np.float64)[keep]
        other = None if raw.target is None else raw.target[keep]
        return metric.estimate(metric.state(found, other, weights, given), given).value

    def state(
        self,
        pred: Array,
        target: Array | None,
        weight: Floats | None,
        params: Mapping[str, Any],
        design: Design | None = None,
    ) -> MetricState:
        """The state of some rows that count; weight: None where all are 1."""
        return self.state_of(self.terms_of(pred, target, params), len(pred), weight, design)

    def terms_of(self, pred: Array, target: Array | None, params: Mapping[str, Any]) -> Any:
        """The terms of some rows that count."""
        if target is not None:
            indexed = isinstance(self.target, Labels)
            one_hot = self.target is ONE_HOT
            target = target.argmax(axis=-1) if one_hot else target
            target = target.astype(np.intp if indexed or one_hot else np.float64, copy=False)
        return self.terms(pred, target, **params)

    def state_of(
        self, terms: Any, rows: int, weight: Floats | None, design: Design | None = None
    ) -> MetricState:
        """The state of rows with these terms.

        design: None where rows are independent and not resampled.
        """
        columns = [terms.columns[name] for name in self.columns]
        return CellSums.of(rows, columns, weight, terms.cells, design)

    def trials(self, state: Any, params: Mapping[str, Any]) -> CellSums | None:  # noqa: ARG002
        """The rows of which the metric is a share; None where it is not one."""
        return state if self.proportion and isinstance(state, CellSums) else None

    def interval(
        self,
        found: Estimate,  # noqa: ARG002
        state: Any,  # noqa: ARG002
        params: Mapping[str, Any],  # noqa: ARG002
        level: float,  # noqa: ARG002
    ) -> tuple[float, float] | None:
        """The interval of an estimate that has a standard error, at a level in (0, 1).

        None where it is the value and Student's t times the standard error on either side.
        """
        return None

    def caution(self, state: Any, params: Mapping[str, Any]) -> tuple[str, str] | None:  # noqa: ARG002
        """The reason why the interval of a state covers less than its level, and what to use.

        None where it is not known to.
        """
        return None

    def estimate(self, state: Any, params: Mapping[str, Any]) -> Estimate:
        """The metric of a state, with its standard error."""

        def value(means: Means) -> Dual:
            found: Dual = self.value(means, **params)
            return found

        table = None if self.table is None else partial(self.table, **params)
        return estimate(value, state, self.columns, table)


def _weights(weight: Any, rows: int) -> Floats:
    """The weights of a call; raises DataError where they are not one finite number >= 0 a row."""
    found = as_array(weight, "weight").astype(np.float64)
    if found.shape != (rows,):
        raise DataError(f"weight is of shape {found.shape}; expected one number a row, ({rows},)")
    wrong = ~(np.isfinite(found) & (found >= 0))
    if wrong.any():
        at = int(wrong.argmax())
        raise DataError(
            f"weight takes finite numbers >= 0; {found[at]} is not one",
            place=Place("weight", row=at),
            count=int(wrong.sum()),
            total=rows,
        )
    return found


def _one_hot(metric: Metric) -> Metric:
    """The same metric for targets of one-hot rows (N, C)."""

    def domains(**params: Any) -> tuple[Domain, Domain]:
        return metric.domains_of(params)[0], ONE_HOT

    return replace(
        metric,
        target=ONE_HOT,
        rows_of=VECTORS,
        variants=(),
        domains=domains if metric.domains else None,
    )
