"""One pass of the compiled machine over a block: check it, compute a loss, accumulate the rows."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from numpy.typing import NDArray

from losscli.accumulators.rows import RowAccumulator
from losscli.backends.backend import Backend
from losscli.evaluation.validity import BlockValidity
from losscli.kernels.program import Limit
from losscli.losses.core.compiled import Compiled, compiled
from losscli.losses.core.domain import Domain, Numbers
from losscli.losses.spec.binding import BoundLoss
from losscli.sources.source import Block

_LARGEST = math.nextafter(math.inf, 0)


class Folding(NamedTuple):
    """A loss with the limits of its inputs.

    searched: roles whose domains are more than an interval, so that NumPy searches them.
    """

    loss: BoundLoss
    roles: tuple[str, ...]
    program: Compiled
    limits: tuple[Limit, ...]
    searched: tuple[str, ...]

    @classmethod
    def of(
        cls, loss: BoundLoss, backend: Backend, layout: Mapping[str, tuple[int, ...]]
    ) -> "Folding | None":
        """The loss in one pass; None where its rows are more than numbers, or need weights."""
        single = all(math.prod(row) == 1 for row in layout.values())
        if not single or backend.name != "numpy" or backend.dtype != "float64":
            return None
        program = compiled(loss.loss, "values", loss.params)
        if program is None or loss.loss.denominator is not None:
            return None
        saturates = loss.may_saturate(layout.get("targets"))
        roles = ("preds", "targets") if loss.loss.rows_of.targeted else ("preds",)
        limits, searched = [], []
        for number, (role, domain) in enumerate(zip(roles, dict(loss.roles).values(), strict=True)):
            ends = _ends(domain)
            if ends is None:
                searched.append(role)
            elif saturates or domain.bounded:
                limits.append(Limit(number, *ends))
        return cls(loss, roles, program, tuple(limits), tuple(searched))

    def accumulate(
        self, arrays: Mapping[str, NDArray[Any]], block: Block, validity: BlockValidity
    ) -> RowAccumulator | None:
        """The accumulator of all rows; None if one of them is not valid, or its loss not finite."""
        if self.searched and not validity.all_valid(self.loss, self.searched):
            return None
        inputs: Sequence[NDArray[Any]] = [arrays[role] for role in self.roles]
        folded = self.program.fold(inputs, self.limits, block.unit, block.first % block.unit)
        if folded is None:
            return None
        return RowAccumulator.of_folded(folded, block.first, block.rows)


def _ends(domain: Domain) -> tuple[float, float] | None:
    """The least and the largest finite number of a domain; None if it is not an interval alone."""
    if type(domain) is not Numbers:
        return None
    low, high, ends = domain.interval
    low = math.nextafter(low, math.inf) if ends[0] == "(" else low
    high = math.nextafter(high, -math.inf) if ends[1] == ")" else high
    return low, high
