"""Rows of several outputs, some of which are missing: `--nan mask`."""

import math
from typing import Any

import numpy as np

from losscli.accumulators.rows import RowLosses
from losscli.backends.backend import Backend
from losscli.errors import UsageError
from losscli.losses.core.domain import Mask
from losscli.losses.spec.binding import BoundLoss


def check_masking(loss: BoundLoss) -> None:
    """Raise UsageError for a loss whose rows have no outputs of their own."""
    if not loss.loss.elementwise:
        raise UsageError(
            f"--nan mask is for losses of single outputs; a row of {loss.label} is one whole",
            hint="--nan skip leaves such rows out",
        )


def masked(
    loss: BoundLoss, rows: RowLosses, holes: Mask, inputs: tuple[Any, Any], backend: Backend
) -> RowLosses:
    """The rows with the mean of the outputs that they have, by which they count.

    rows: their losses as if nothing were missing. holes: (n, D), True for missing outputs. inputs:
    predictions and targets (n, D) of the backend.
    """
    flat = holes.reshape(len(holes), -1)
    at = np.flatnonzero(flat.any(axis=1) & ~flat.all(axis=1))
    values = rows.values.copy()
    values[flat.all(axis=1)] = np.nan
    if not at.size:
        return rows._replace(values=values)
    # Any valid output of the row stands in for those that it lacks.
    columns = np.where(flat[at], flat[at].argmin(axis=1)[:, None], np.arange(flat.shape[1]))
    pred, target = (_filled(array, at, columns, holes.shape) for array in inputs)
    present = ~flat[at]
    counts = present.sum(axis=1)
    each = loss.loss.values(backend.xp, pred, target, **loss.params)
    values[at] = _means(backend.to_numpy(each), present, counts)
    weight = np.ones(len(values)) if rows.weight is None else rows.weight.copy()
    weight[at] *= counts / math.prod(holes.shape[1:])
    denominator = rows.denominator
    if denominator is not None and loss.loss.denominator is not None:
        shares = loss.loss.denominator(backend.xp, target, **loss.params)
        denominator = denominator.copy()
        denominator[at] = _means(backend.to_numpy(shares), present, counts)
    return rows._replace(values=values, denominator=denominator, weight=weight)


def _filled(array: Any, at: Any, columns: Any, shape: tuple[int, ...]) -> Any:
    """Some rows, with the outputs at these columns."""
    rows = array.reshape(shape[0], -1)
    return rows[at[:, None], columns].reshape(len(at), *shape[1:])


def _means(each: Any, present: Mask, counts: Any) -> Any:
    return np.where(present, each.reshape(present.shape), 0.0).sum(axis=1) / counts
