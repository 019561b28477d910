"""Details of the rows of each loss, on request: the worst rows and the distribution."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from losscli.accumulators.distribution import Distribution
from losscli.accumulators.rows import CountedRows, Indices, RowLosses
from losscli.accumulators.worst import KnownWorst, WorstRows, worst_of
from losscli.kernels.machine import Folded, largest_of
from losscli.losses.spec.binding import BoundLoss
from losscli.results.statistics import (
    WIDEST,
    Concentration,
    DistributionResult,
    LossResult,
    WorstRow,
)
from losscli.sources.source import Block, Source
from losscli.sources.texts import texts_of

IDS = "ids"  # the role of the keys of rows


class Details(Struct, frozen=True):
    """The details of one loss, None where not requested; `+` merges those of the rows after."""

    worst: WorstRows | None = None
    distribution: Distribution | None = None

    def __add__(self, other: Self) -> "Details":
        return Details(
            _merged(self.worst, other.worst), _merged(self.distribution, other.distribution)
        )


class DetailFinder:
    """Finds the details of each loss in a block; one object serves all threads.

    count: the number of losses. top: the number of worst rows. distribution: True to keep the
    losses of all rows.
    """

    def __init__(self, count: int, top: int, *, distribution: bool = False) -> None:
        self._top = top
        self.distribution = distribution
        self._known = [KnownWorst(top) for _ in range(count)]

    def of_rows(
        self,
        at: int,
        losses: RowLosses,
        block: Block,
        raw: Mapping[str, NDArray[Any]],
        norms: NDArray[np.float64] | None = None,
    ) -> Details:
        """The details of loss number `at` from its row losses.

        raw: the arrays of the block by role, as the losses take them. norms: the norm of the
        gradient of each row.
        """
        counted = losses.counted()
        found = Details(
            distribution=_distribution(losses, counted, norms) if self.distribution else None
        )
        if not self._top:
            return found
        least = self._known[at].bound.least(block.first)
        kept = _worst_from(least, counted.values, self._top)
        positions = kept if counted.positions is None else counted.positions[kept]
        columns = counted.values[kept], counted.scaled[kept]
        worst = self._worst(at, *columns, positions, block, raw)
        return Details(worst, found.distribution)

    def wanted(self, at: int, block: Block) -> tuple[int, float]:
        """The number of the largest losses of a block that matter, and the least one of them."""
        return self._top, self._known[at].bound.least(block.first)

    def of_folded(
        self, at: int, folded: Folded, block: Block, raw: Mapping[str, NDArray[Any]]
    ) -> Details:
        """The same of a block in one pass, which found the largest losses that are `wanted`."""
        places, losses = largest_of(folded)
        if not len(places):
            return Details(WorstRows.none(self._top))
        kept = worst_of(losses, places, self._top)
        return Details(self._worst(at, losses[kept], losses[kept], places[kept], block, raw))

    def _worst(
        self,
        at: int,
        losses: NDArray[np.float64],
        shares: NDArray[np.float64],
        places: Indices,
        block: Block,
        raw: Mapping[str, NDArray[Any]],
    ) -> WorstRows:
        found = WorstRows(
            self._top,
            losses + 0.0,  # no -0.0, as for the extremes
            shares + 0.0,
            block.first + places.astype(np.int64),
            _columns(block, raw, places),
        )
        if len(places):
            self._known[at].add(found)
        return found


def _merged(one: Any, other: Any) -> Any:
    return None if one is None or other is None else one + other


def _distribution(
    losses: RowLosses, counted: CountedRows, norms: NDArray[np.float64] | None
) -> Distribution:
    """The distribution of the rows that count and have a number for a loss."""
    positions = np.arange(counted.block) if counted.positions is None else counted.positions
    kept = ~np.isnan(counted.values)
    values, positions = counted.values[kept], positions[kept]
    weight = None if losses.weight is None else losses.weight[positions]
    return Distribution.of(values, weight, None if norms is None else norms[positions])


def distribution_of(state: Distribution, bound: BoundLoss, width: int) -> DistributionResult:
    """The distribution of a loss for its result; width: the numbers of a row of predictions."""
    squares = bound.loss.name == "mse" and width == 1 and bound.convention is None
    edges, counts = state.histogram()
    return DistributionResult(
        quantiles={name: bound.transform(each) for name, each in state.quantiles().items()},
        exact=not state.losses.binned,
        edges=tuple(map(bound.transform, edges)),
        counts=tuple(counts),
        worst=tuple(Concentration(*each) for each in state.concentration(squares=squares)),
    )


def _worst_from(least: float, losses: NDArray[np.float64], most: int) -> Indices:
    """The places of the worst of losses in row order that are at least `least`."""
    places = np.flatnonzero(losses >= least)
    found: Indices = places[worst_of(losses[places], places, most)]
    return found


def _columns(
    block: Block, raw: Mapping[str, NDArray[Any]], rows: Indices
) -> dict[str, NDArray[Any]]:
    """The columns that are shown of some rows: their numbers where they are few, and the ids."""
    found = {
        role: array[rows].reshape(len(rows), math.prod(array.shape[1:]))
        for role, array in raw.items()
        if role in ("preds", "targets") and math.prod(array.shape[1:]) <= WIDEST
    }
    if IDS in block.arrays:
        cells = texts_of(block.arrays[IDS]).part(rows).rows()
        found[IDS] = np.fromiter(cells, object, len(cells))
    return found


def worst_rows(
    worst: WorstRows,
    bound: BoundLoss,
    result: LossResult,
    source: Source,
    line: Callable[[int], int | None] | None,
) -> tuple[WorstRow, ...]:
    """The worst rows of a loss whose result is known.

    line: gives the line of a text file at which a row stands.
    """
    total, worst = result.sum, worst.in_order()
    known = math.isfinite(total) and total > 0 and result.min is not None and result.min >= 0
    names = source.field(IDS).columns if IDS in source.roles else ()
    found = []
    for place, row in enumerate(worst.rows.tolist()):
        columns = {role: column[place] for role, column in worst.columns.items()}
        ids = columns.pop(IDS) if names else ()
        found.append(
            WorstRow(
                row=row,
                line=None if line is None else line(row),
                id=dict(zip(names, ids, strict=True)),
                pred=_numbers(columns.get("preds")),
                target=_numbers(columns.get("targets")),
                value=bound.transform(float(worst.losses[place])),
                share=float(worst.shares[place]) / total if known else None,
            )
        )
    return tuple(found)


def _numbers(row: Sequence[Any] | None) -> tuple[float, ...] | None:
    return None if row is None else tuple(map(float, row))
