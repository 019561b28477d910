"""Random inputs of a workload, and the validity of inputs, from the domains of its loss."""

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from losscli.checks.generators import Sample, draw
from losscli.implementations.implementation import Workload
from losscli.losses.core.domain import rows_with

Arrays: TypeAlias = tuple[NDArray[Any], ...]


class InputGenerator:
    """Draws inputs of a workload; the same seed gives the same inputs.

    dtype: the dtype of real numbers; for bfloat16 they are drawn in float32.
    """

    def __init__(self, workload: Workload, dtype: Any, seed: int) -> None:
        self._workload = workload
        self._dtype = np.dtype("float32" if str(dtype) == "bfloat16" else dtype)
        self._random = np.random.default_rng(seed)

    def all(self) -> Arrays:
        """All inputs: pred and target, or hidden, weight and target."""
        if not self._workload.linear:
            return self.rows(self._workload.rows, 1.0)
        _, hidden, classes = self._workload.shape
        states, target = self.rows(self._workload.rows, 1.0)
        weight = self._normal((classes, hidden), 1.0 / math.sqrt(hidden))
        return states, weight, target

    def rows(self, count: int, spread: float) -> Arrays:
        """`count` rows of pred (or hidden) and target; spread: the scale of unbounded values."""
        workload = self._workload
        loss, row = workload.loss, workload.shape[1:]
        if workload.linear:
            shape = (count, *workload.shape[1:2])
            hidden = self._normal(shape, 2.0 * spread)
            return hidden, self._random.integers(0, workload.shape[2], count)
        pred_domain, target_domain = loss.domains_of(workload.params)
        classes = loss.classes(row) or 0
        wide = np.float64 if self._dtype == np.float64 else np.float32
        pred = draw(pred_domain, Sample(self._random, (count, *row), 2.0 * spread, classes, wide))
        target_row = loss.rows_of.target_row(row)
        if target_domain is None or target_row is None:
            return (pred.astype(self._dtype, copy=False),)
        target = draw(target_domain, Sample(self._random, (count, *target_row), 1.0, classes, wide))
        if target.dtype.kind == "f":
            target = target.astype(self._dtype, copy=False)
        return pred.astype(self._dtype, copy=False), target

    def choice(self, below: int, count: int) -> NDArray[np.int64]:
        """At most `count` distinct integers in [0, below), ascending."""
        return np.unique(self._random.integers(0, below, count))

    def spread(self) -> float:
        """A spread other than 1, so that the mean changes."""
        return float(self._random.choice([0.25, 0.5, 1.5, 2.0]))

    def _normal(self, shape: tuple[int, ...], scale: float) -> NDArray[Any]:
        wide = np.float64 if self._dtype == np.float64 else np.float32
        drawn = self._random.standard_normal(shape, dtype=wide)
        drawn *= wide(scale)
        values: NDArray[Any] = drawn.astype(self._dtype, copy=False)
        return values


def in_domain(workload: Workload, arrays: Arrays) -> NDArray[np.bool_]:
    """A mask of the rows that are finite and lie inside the domains of the loss."""
    loss = workload.loss
    pred_domain, target_domain = loss.domains_of(workload.params)
    pred, *rest = arrays
    ignore_index = workload.params.get("ignore_index")
    classes = loss.classes(pred.shape[1:])
    masks: list[Any] = [~np.isfinite(array) for array in arrays]
    masks += [*pred_domain.violations(pred, classes)]
    if target_domain is not None and rest:
        masks += target_domain.violations(rest[0], classes, ignore_index)
    good = np.ones(len(pred), np.bool_)
    for mask in masks:
        if mask is not None:
            good &= ~rows_with(mask)
    return good
