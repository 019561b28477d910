"""One pass of the compiled machine over a block: check it, compute a loss, accumulate the rows."""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.accumulators.rows import RowAccumulator
from losscli.backends.rowwise import ROWWISE
from losscli.evaluation.layout import Row
from losscli.evaluation.validity import BlockValidity
from losscli.kernels.program import IndexLimit, Limit
from losscli.losses.core.compiled import Compiled, Limits, compiled_rows
from losscli.losses.core.domain import Numbers
from losscli.losses.spec.binding import BoundLoss
from losscli.sources.source import Block


class Folding(NamedTuple):
    """A loss with the limits of its inputs.

    roles: of its inputs. searched: those whose domains are more than an interval: NumPy searches
    them. indexed: True if the targets are class indices.
    """

    loss: BoundLoss
    roles: tuple[str, ...]
    program: Compiled
    limits: Limits
    searched: tuple[str, ...]
    indexed: bool

    def accumulate(
        self, inputs: Mapping[str, NDArray[Any]], block: Block, validity: BlockValidity
    ) -> RowAccumulator | None:
        """The accumulator of all rows; None if one of them is not valid, or its loss not finite.

        inputs: the arrays by role, as the machine reads them.
        """
        if self.searched and not validity.all_valid(self.loss, self.searched):
            return None
        arrays = [inputs[role] for role in self.roles]
        folded = self.program.fold(arrays, self.limits, block.unit, block.first % block.unit)
        return None if folded is None else RowAccumulator.of_folded(folded, block.first, block.rows)


@lru_cache(256)  # by the identity of the loss: those of the catalogue are bound once
def folding_of(loss: BoundLoss, pred: Row, target: Row | None) -> Folding | None:
    """A loss of rows of these shapes in one pass.

    None where it has no program, or where valid rows may have weights other than 1.
    """
    program = compiled_rows(loss.loss, loss.params, pred, target)
    indexed, classes = loss.loss.indexed(target), loss.loss.classes(pred)
    if program is None or _weighs(loss, classes if indexed else None):
        return None
    saturates = loss.may_saturate(target)
    limits: list[Limit | IndexLimit] = []
    searched = []
    for number, (role, domain) in enumerate(loss.roles):
        if indexed and role == "targets" and classes is not None:
            limits.append(IndexLimit(number, classes))
        elif type(domain) is not Numbers:
            searched.append(role)
        elif saturates or domain.bounded:
            limits.append(Limit(number, *_ends(domain)))
    roles = tuple(role for role, _ in loss.roles)
    return Folding(loss, roles, program, tuple(limits), tuple(searched), indexed)


def _weighs(loss: BoundLoss, classes: int | None) -> bool:
    """True if rows with valid targets may have weights other than 1."""
    if loss.loss.denominator is None:
        return False
    if classes is None:
        return True
    return loss.loss.denominators(ROWWISE, np.arange(classes), loss.params) is not None


def _ends(domain: Numbers) -> tuple[float, float]:
    """The smallest and the largest finite number of a domain."""
    low, high, ends = domain.interval
    low = math.nextafter(low, math.inf) if ends[0] == "(" else low
    return low, math.nextafter(high, -math.inf) if ends[1] == ")" else high
