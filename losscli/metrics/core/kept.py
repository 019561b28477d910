"""Rows that are kept as they are, for statistics of their order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from losscli.accumulators.design import Design
from losscli.accumulators.exact import Floats
from losscli.metrics.core.estimate import Estimate
from losscli.metrics.core.metric import Metric


class KeptRows(Struct, frozen=True):
    """Columns of rows in the order of the data; `+` appends the rows that follow.

    blocks: the columns of each block, the last one the weights, or None where all are 1.
    """

    blocks: tuple[tuple[Any, ...], ...] = ()

    def __add__(self, other: "KeptRows") -> "KeptRows":
        return KeptRows(self.blocks + other.blocks)

    def columns(self) -> list[NDArray[Any]]:
        """The columns of all rows; the weights, the last one, are empty where all are 1."""
        parts = zip(*self.blocks, strict=True)
        return [_joined([part for part in column if part is not None]) for column in parts]


def kept(
    terms: Sequence[Any], rows: int, weight: Floats | None, design: Design | None = None
) -> KeptRows:
    """The state of rows with these columns; those that weights count are repeated."""
    if design is not None and design.frequency and weight is not None:
        times = weight.astype(np.intp)
        rows, weight = int(times.sum()), None
        terms = [np.repeat(each, times, axis=0) for each in terms]
    return KeptRows(((*terms, weight),)) if rows else KeptRows()


def _joined(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0)


@dataclass(frozen=True, eq=False, kw_only=True)
class KeptMetric(Metric):
    """A metric of the order of rows.

    terms(pred, target, **params): the columns that are kept of some rows, arrays (n,).
    value(columns, weight, **params): the `Estimate` of at least one row; weight: None where all
    are 1.
    """

    def state_of(
        self, terms: Any, rows: int, weight: Floats | None, design: Design | None = None
    ) -> KeptRows:
        """The state of rows with these terms."""
        return kept(terms, rows, weight, design)

    def estimate(self, state: Any, params: Any) -> Estimate:
        """The metric of a state, with its standard error."""
        if not state.blocks:
            return Estimate(np.nan, None, 0)
        *columns, weight = state.columns()
        found: Estimate = self.value(*columns, weight if weight.size else None, **params)
        return found
