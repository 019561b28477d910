"""One pass of the compiled machine over a block: check it, compute a loss, accumulate the rows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.backends.rowwise import ROWWISE
from losscli.evaluation.layout import Row
from losscli.evaluation.validity import Mark
from losscli.kernels import machine
from losscli.kernels.machine import Folded, FoldedModels
from losscli.kernels.program import IndexLimit, Limit
from losscli.kernels.recording import UntraceableError
from losscli.losses.core.compiled import Compiled, Limits, compiled_rows
from losscli.losses.core.domain import Domain, Interval
from losscli.losses.spec.binding import BoundLoss
from losscli.sources.source import Block


@dataclass(frozen=True)
class Conditions:
    """The domains of inputs that are more than an interval, as a program examines them.

    roles: of all inputs. domains: of each, None where it is an interval. spacings: the distance of
    1 from the next number in the type of each.
    """

    roles: tuple[str, ...]
    domains: tuple[Domain | None, ...]
    spacings: tuple[float, ...]

    def __call__(self, xp: Any, *inputs: Any) -> tuple[list[Any], dict[Any, Any]]:
        """The masks that must be set in all rows, and by (role, mark) those that leave marks."""
        required: list[Any] = []
        marked: dict[Any, Any] = {}
        given = zip(self.roles, self.domains, self.spacings, inputs, strict=True)
        for role, domain, spacing, x in given:
            if domain is None:
                continue
            if domain.interval_of(x.shape[1:]) is None:
                required.append(domain.holds(xp, x))
            for name, mask in domain.marked(xp, x, spacing).items():
                marked[role, name] = mask
        return required, marked


class Folding(NamedTuple):
    """A loss with the limits of its inputs.

    roles: of its inputs. indexed: True if the targets are class indices.
    """

    loss: BoundLoss
    roles: tuple[str, ...]
    program: Compiled
    limits: Limits
    indexed: bool

    def fold(
        self,
        arrays: Sequence[NDArray[Any]],
        block: Block,
        marks: dict[Mark, frozenset[str]],
        values: NDArray[np.float64] | None = None,
        most: int = 0,
        least: float = -math.inf,
    ) -> Folded | None:
        """The state of all rows; None if one of them is not valid, or its loss not finite.

        arrays: those of its roles, as the machine reads them. marks: takes those that rows leave.
        values: takes the losses of all rows, if they are wanted too. most, least: as of
        `machine.fold`.
        """
        phase = block.first % block.unit
        rest = block.unit, phase, values, most, least
        found = self.program.run(machine.fold, arrays, self.limits, *rest)
        if not isinstance(found, Folded):  # the number of the check that failed
            return None
        if found.seen:
            self.mark(found, marks)
        return found

    def mark(self, state: Folded, marks: dict[Mark, frozenset[str]]) -> None:
        """Add the marks that rows have left."""
        for role, mark in state.seen:
            at = self.loss.label, role
            marks[at] = marks.get(at, frozenset()) | {mark}


def fold_models(
    foldings: Sequence[Folding],
    arrays: Sequence[Sequence[NDArray[Any]]],
    pairs: Sequence[tuple[int, int]],
    block: Block,
    marks: Sequence[dict[Mark, frozenset[str]]],
) -> FoldedModels | None:
    """The states of a loss of several models, and of the differences of pairs of them; or None.

    As `Folding.fold`, for each model.
    """
    phase = block.first % block.unit
    others: list[frozenset[int]] = [frozenset() for _ in foldings]
    while True:
        try:
            programs = [
                folding.program.program_for(own, folding.limits, answers)
                for folding, own, answers in zip(foldings, arrays, others, strict=True)
            ]
        except UntraceableError:  # a branch that is too long
            return None
        found = machine.fold_pairs(programs, arrays, pairs, block.unit, phase)
        if isinstance(found, FoldedModels):
            break
        question = programs[found.program].question(found.status)
        if question is None:
            return None
        others[found.program] |= {question}
    for folding, state, own in zip(foldings, found.models, marks, strict=True):
        folding.mark(state, own)
    return found


def folding_of(
    loss: BoundLoss, pred: Row, target: Row | None, dtypes: tuple[str, ...]
) -> Folding | None:
    """A loss of rows of these shapes in one pass.

    dtypes: of predictions and targets. None where it has no program, or where valid rows may have
    weights other than 1.
    """
    indexed, classes = loss.loss.indexed(target), loss.loss.classes(pred)
    if _weighs(loss, classes if indexed else None):
        return None
    saturates = loss.may_saturate(target)
    limits: list[Limit | IndexLimit] = []
    domains: list[Domain | None] = []
    for number, ((role, domain), row) in enumerate(zip(loss.roles, (pred, target), strict=False)):
        interval = domain.interval_of(row or ())
        as_index = indexed and role == "targets" and classes is not None
        if as_index:
            limits.append(IndexLimit(number, classes or 0))
        elif interval is not None and (saturates or domain.bounded):
            limits.append(Limit(number, *_ends(interval)))
        more = not as_index and (interval is None or domain.leaves_marks)
        domains.append(_read_in(domain, dtypes[number]) if more else None)
    roles = tuple(role for role, _ in loss.roles)
    conditions = None
    if any(domains):
        spacings = tuple(_spacing(dtype) for dtype in dtypes[: len(roles)])
        conditions = Conditions(roles, tuple(domains), spacings)
    program = compiled_rows(loss.loss, loss.params, pred, target, conditions)
    return None if program is None else Folding(loss, roles, program, tuple(limits), indexed)


def _read_in(domain: Domain, dtype: str) -> Domain:
    """The part of a domain that numbers of a type distinguish."""
    return domain.computed_in(dtype) if np.dtype(dtype).kind == "f" else domain


def _spacing(dtype: str) -> float:
    """The distance of 1 from the next number of a type; 0 for integers."""
    return float(np.finfo(dtype).eps) if np.dtype(dtype).kind == "f" else 0.0


def _weighs(loss: BoundLoss, classes: int | None) -> bool:
    """True if rows with valid targets may have weights other than 1."""
    if loss.loss.denominator is None:
        return False
    if classes is None:
        return True
    return loss.loss.denominators(ROWWISE, np.arange(classes), loss.params) is not None


def _ends(interval: Interval) -> tuple[float, float]:
    """The smallest and the largest finite number of an interval."""
    low, high, ends = interval
    low = math.nextafter(low, math.inf) if ends[0] == "(" else low
    return low, math.nextafter(high, -math.inf) if ends[1] == ")" else high
