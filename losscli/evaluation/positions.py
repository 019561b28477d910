"""Layouts of several positions a sample: (N, C, d...) as torch has it, and (N, d..., C)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from losscli.errors import UsageError
from losscli.evaluation.layout import Row, fits, scored
from losscli.losses.core.bound import Bound
from losscli.plans.evaluate import ClassAxis
from losscli.sources.positions import Grid, PositionsTable, RepeatedTable
from losscli.sources.roles import REFERENCE
from losscli.sources.source import Source
from losscli.sources.table import Role

_AXES: tuple[ClassAxis, ...] = ("first", "last")
_CHOICES = "--class-axis first: (N, C, ...) as torch has it; --class-axis last: (N, ..., C)"


class _Layout(NamedTuple):
    """The positions of predictions and of targets."""

    pred: Grid
    target: Grid


def with_positions(
    source: Source,
    losses: Sequence[Bound],
    pred: Row,
    target: Row,
    class_axis: ClassAxis | None,
) -> Source:
    """The source with positions for rows, where the losses take them; else as it is.

    pred, target: the shapes of the arrays; -1 for a number of rows that is not known.

    Raises UsageError where both axes could be that of the classes and none is chosen, and where the
    chosen one cannot be.
    """
    layout = _layout(losses, *_aligned(pred, target), class_axis)
    if layout is not None:
        roles = dict(_roles(source, pred, layout))
        return Source(roles, source.by, layout.pred.positions)
    if class_axis is not None and not fits(losses, pred[1:], target[1:]):
        raise UsageError(
            f"--class-axis {class_axis} does not fit predictions of shape {pred} with targets "
            f"of shape {target}",
            hint=_CHOICES,
        )
    return source


def _aligned(pred: Row, target: Row) -> tuple[Row, Row]:
    """The shapes without a leading axis of 1 that only one of them has."""
    if pred[0] == 1 and pred[1:2] == target[:1]:
        return pred[1:], target
    if target[0] == 1 and target[1:2] == pred[:1]:
        return pred, target[1:]
    return pred, target


def _layout(
    losses: Sequence[Bound], pred: Row, target: Row, class_axis: ClassAxis | None
) -> _Layout | None:
    """The positions of aligned arrays of these shapes; None where the losses take none of them."""
    if pred[0] != target[0] or pred[0] < 0:
        return None
    if fits(losses, pred[1:], target[1:]) and (class_axis is None or len(pred) < 3):
        return _Layout(Grid(pred[0], (), pred[1:]), Grid(target[0], (), target[1:]))
    axes = _AXES if class_axis is None else (class_axis,)
    found = [
        layout for axis in axes for layout in _with_axis(losses, pred, target, last=axis == "last")
    ]
    if len(found) > 1:
        raise UsageError(
            f"the classes of predictions of shape {pred} with targets of shape {target} could be "
            "on either axis",
            hint=_CHOICES,
        )
    return found[0] if found else None


def _with_axis(losses: Sequence[Bound], pred: Row, target: Row, *, last: bool) -> Iterator[_Layout]:
    """The layout with the classes on the last axis, or on the first, if the losses take it."""
    if len(pred) < 3:
        return
    classes, shape = (pred[-1:], pred[1:-1]) if last else (pred[1:2], pred[2:])
    grid = Grid(pred[0], shape, classes, last)
    if target[1:] in (shape, (*shape, 1), (1, *shape)) and scored(losses, classes):
        yield _Layout(grid, Grid(target[0], shape))
    elif target == pred and fits(losses, classes, classes):
        yield _Layout(grid, grid)


def _roles(source: Source, pred: Row, layout: _Layout) -> Iterator[tuple[str, Role]]:
    """The roles of the source, each by positions."""
    grid = layout.pred
    for role, (table, field) in source.roles.items():
        whole = (table.rows, *field.row)
        if role == "targets":
            wrapper: PositionsTable | RepeatedTable = PositionsTable((table, field), layout.target)
        elif role == "preds" or (role.startswith(REFERENCE) and whole == pred):
            wrapper = PositionsTable((table, field), grid)
        elif whole == (grid.samples, *grid.shape):
            wrapper = PositionsTable((table, field), Grid(grid.samples, grid.shape))
        elif table.rows == grid.samples * grid.positions:
            yield role, (table, field)  # one value a position
            continue
        else:
            wrapper = RepeatedTable((table, field), grid)
        yield role, (wrapper, wrapper.field(role, None, ()))
