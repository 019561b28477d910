"""The declaration of a metric: columns that a row contributes, and a function of their means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, Self, TypeAlias

from numpy.typing import NDArray

from losscli.accumulators.cells import Cells, CellSums, Column
from losscli.accumulators.exact import Floats
from losscli.losses.core.declaration import Declaration
from losscli.metrics.core.estimate import Estimate, Means, estimate
from losscli.stats.dual import Dual

Array: TypeAlias = NDArray[Any]


class MetricState(Protocol):
    """The state of a metric over rows; `+` merges the state of the rows that follow."""

    def __add__(self, other: Self) -> Self: ...


class Terms(NamedTuple):
    """The contribution of the rows of a block to a metric.

    columns: numbers (n,) by name, or pairs of arrays whose sums are the numbers. cells: the cell of
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
    higher_is_better: None where neither is, such as for bias.
    """

    terms: Callable[..., Terms]
    value: Callable[..., Dual]
    reference: Callable[..., float]
    higher_is_better: bool | None
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "__doc__", self.terms.__doc__)

    def __repr__(self) -> str:
        return f"<metric {self.name}>"

    def state(
        self, pred: Array, target: Array, weight: Floats | None, params: Mapping[str, Any]
    ) -> MetricState:
        """The state of some rows that count; weight: None where all are 1."""
        found = self.terms(pred, target, **params)
        columns = [found.columns[name] for name in self.columns]
        return CellSums.of(len(pred), columns, weight, found.cells)

    def empty(self) -> MetricState:
        """The state of no rows."""
        return CellSums()

    def estimate(self, state: Any, params: Mapping[str, Any]) -> Estimate:
        """The metric of a state, with its standard error."""

        def value(means: Means) -> Dual:
            return self.value(means, **params)

        return estimate(value, state, self.columns)
