"""Workloads of a benchmark: losses by their specs, in the shapes of --size."""

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from losscli.errors import UsageError
from losscli.implementations.implementation import LINEAR, Workload
from losscli.implementations.linear import linear_cross_entropy
from losscli.losses.core.labels import Labels
from losscli.losses.spec.binding import BindContext, BoundLoss, Reader, bind, without_penalty

_LINEAR_SHAPE = (4096, 512, 8192)


def losses_of(specs: Sequence[Any], read: Reader | BindContext) -> list[BoundLoss]:
    """The losses of specs, among them linear_cross_entropy, which only a benchmark has."""
    context = read if isinstance(read, BindContext) else BindContext(read)
    context = context._replace(more={LINEAR: linear_cross_entropy})
    return [without_penalty(loss) for spec in specs for loss in bind(spec, context)]


def workload_of(loss: BoundLoss, size: str | None, default: int) -> Workload:
    """A loss in a shape; size: elements, ROWSxWIDTH or ROWSxHIDDENxCLASSES, None is the default.

    Raises UsageError for a size that the loss cannot take.
    """
    numbers = None if size is None else _numbers(size)
    if _is_linear(loss):
        shape = _linear_shape(loss) if numbers is None else numbers
        if len(shape) != 3:
            raise UsageError(
                f"{LINEAR} takes ROWSxHIDDENxCLASSES, not {size}", hint="--size 4096x512x32000"
            )
        return _workload(loss, shape)
    if loss.statistic is not None:
        raise UsageError(
            f"{loss.statistic} is a statistic of {loss.loss.name}, which has the work",
            hint=f"-l {loss.loss.name}",
        )
    rows_of = loss.loss.rows_of
    row = row_of(loss, rows_of.width)
    wide = row != row_of(loss, rows_of.width + 1)
    shape = numbers or (default,)
    if len(shape) > 2 or (len(shape) == 2 and not wide):
        width = "CLASSES" if isinstance(loss.loss.target, Labels) else "WIDTH"
        taken = f"ROWSx{width} or elements" if wide else "elements"
        raise UsageError(
            f"{loss.label} takes {taken}, not {size}",
            hint=f"--size 4096x{rows_of.width}" if wide else "--size 1e6",
        )
    if len(shape) == 2:
        return _workload(loss, (shape[0], *row_of(loss, shape[1])))
    if wide and shape[0] < math.prod(row):
        row = row_of(loss, max(1, shape[0] // max(1, math.prod(row_of(loss, 1)))))
    return _workload(loss, (max(1, shape[0] // math.prod(row)), *row))


def row_of(loss: BoundLoss, width: int) -> tuple[int, ...]:
    """A row of predictions of a width."""
    return loss.loss.rows_of.pred_row(width)


def _is_linear(loss: BoundLoss) -> bool:
    return loss.loss.name == LINEAR


def _linear_shape(loss: BoundLoss) -> tuple[int, ...]:
    """The usual shape, of as many classes as have weights."""
    weight = loss.params["class_weight"]
    return (*_LINEAR_SHAPE[:2], len(weight)) if np.ndim(weight) else _LINEAR_SHAPE


def _workload(loss: BoundLoss, shape: tuple[int, ...]) -> Workload:
    row = shape[2 if _is_linear(loss) else 1 :]
    loss.loss.check_shapes(row, loss.loss.rows_of.target_row(row), loss.params)
    return Workload(loss.loss.name, loss.label, loss.loss, loss.params, shape, loss.words)


def workload_of_words(loss: str, shape: Sequence[int]) -> Workload:
    """The workload of a spec, in a shape."""
    from losscli.sources.opener import read_array

    (bound,) = losses_of([loss], read_array)
    return _workload(bound, tuple(shape))


def is_size(text: str) -> bool:
    """True for a size; raises UsageError for any other text."""
    return bool(_numbers(text))


def fits(size: str, loss: BoundLoss) -> bool:
    """True if a size is of the kind that a loss takes; elements fit all but the linear one."""
    kind = len(_numbers(size))
    if _is_linear(loss):
        return kind == 3
    return kind == 1 or (kind == 2 and row_of(loss, 2) != row_of(loss, 3))


def _numbers(size: str) -> tuple[int, ...]:
    numbers = []
    for part in re.split(r"[x×*]", size.strip().lower()):
        try:
            number = float(part)
        except ValueError:
            number = -1.0
        if not (1 <= number <= 1e12) or number != int(number):
            raise UsageError(
                f"{size!r} is not a size", hint="--size 1e6, --size 4096x1024 (rows x classes)"
            )
        numbers.append(int(number))
    return tuple(numbers)
