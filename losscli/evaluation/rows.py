"""The rows of an evaluation: samples, or the positions in them."""

from collections.abc import Sequence

from losscli.evaluation.layout import fits
from losscli.losses.core.bound import Bound
from losscli.plans.evaluate import ClassAxis
from losscli.sources.source import Source
from losscli.sources.table import Role


def by_positions(
    source: Source, losses: Sequence[Bound], class_axis: ClassAxis | None = None
) -> Source:
    """The source with positions for rows, where a loss of classes takes them only; else as it is.

    A leading axis of 1 is dropped where the other array has none. The owner of the source closes
    it: the tables are the same.

    class_axis: the axis of the classes in the predictions, the one after N or the last.

    Raises UsageError where both could be and none is chosen, and where the chosen one cannot be.
    """
    if "targets" not in source.roles:
        return source
    pred, target = (_shape(source.roles[role]) for role in ("preds", "targets"))
    if class_axis is None and pred[0] == target[0] and fits(losses, pred[1:], target[1:]):
        return source
    from losscli.evaluation.positions import with_positions  # here: few evaluations need it

    return with_positions(source, losses, pred, target, class_axis)


def _shape(role: Role) -> tuple[int, ...]:
    """The shape of an array; -1 for a number of rows that is not known."""
    table, field = role
    return (-1 if table.rows is None else table.rows, *field.row)
