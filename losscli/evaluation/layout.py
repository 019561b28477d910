"""The shapes of rows as the losses take them."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias, TypeVar

from losscli.errors import DataError, UsageError
from losscli.losses.core.bound import Bound, columns_of
from losscli.losses.core.probabilities import Simplex
from losscli.sources.naming import listed
from losscli.sources.proposals import is_key_name, is_row_key, propose
from losscli.sources.source import Source

_MOST = 40  # columns that a command names one by one
Row: TypeAlias = tuple[int, ...]
B = TypeVar("B", bound=Bound)


def row_layout(source: Source, losses: Sequence[Bound]) -> dict[str, Row]:
    """The shape of a row of each role as the losses take it; (N, 1) is a column where that fits.

    Raises DataError where a loss does not take these shapes.
    """
    roles = source.roles
    pred, target = roles["preds"][1].row, roles["targets"][1].row if "targets" in roles else None
    pred, target = _reading(tuple(losses), pred, target)
    if len(pred) == 1 and target == ():
        _check_models(source, losses, pred)
    if pred or target:
        _check_columns(source, [loss.variant_for(pred, target) for loss in losses], pred, target)
        _check_labels(source, losses, pred, target)
    if roles["preds"][1].columns:
        _check_keys(source)
    variants(tuple(losses), pred, target)
    layout = {"preds": pred} if target is None else {"preds": pred, "targets": target}
    if "weights" in source.roles:
        weight = source.field("weights").row
        if weight not in ((), (1,)):
            raise UsageError(
                f"--weights takes one number a row; {source.table('weights').path} has rows of "
                f"{weight}"
            )
        layout["weights"] = ()
    for role, name in columns_of(tuple(losses)).items():
        if source.field(role).row not in ((), (1,)):
            raise UsageError(
                f"{name} has rows of {source.field(role).row}; one number a row is expected"
            )
        layout[role] = ()
    return layout


@lru_cache(256)  # by the identity of the losses: those of the catalogue are bound once
def variants(losses: tuple[B, ...], pred: Row, target: Row | None) -> tuple[B, ...]:
    """The losses that their names mean for rows of these shapes.

    Raises as `BoundLoss.variant_for` and `BoundLoss.check_shapes` do.
    """
    found = tuple(loss.variant_for(pred, target) for loss in losses)
    for loss in found:
        loss.check_shapes(pred, target)
    return found


def fits(losses: Sequence[Bound], pred: Row, target: Row | None) -> bool:
    """True if all losses take rows of these shapes, or one of them as a column."""
    return _fits(tuple(losses), pred, target)


def scored(losses: Sequence[Bound], pred: Row) -> bool:
    """True if all losses take rows of this shape as scores of classes, for one label each.

    A row of one number is not a column here: an axis of 1 in the middle is an error, as in torch.
    """
    return all(loss.declared.accepts(pred, ()) for loss in losses)


@lru_cache(256)
def _fits(losses: tuple[Bound, ...], pred: Row, target: Row | None) -> bool:
    pred, label = _reading(losses, pred, target)
    return all(loss.declared.accepts(pred, label) for loss in losses)


@lru_cache(256)
def _reading(losses: tuple[Bound, ...], pred: Row, target: Row | None) -> tuple[Row, Row | None]:
    """The rows as all losses take them, columns before matrices; as they are where none does."""
    label = None if target is None else _column(target)
    for row in (_column(pred), pred):
        if all(loss.declared.accepts(row, label) for loss in losses):
            return row, label
    return pred, target


def _column(row: Row) -> Row:
    return () if row == (1,) else row


def _check_models(source: Source, losses: Sequence[Bound], pred: Row) -> None:
    """Raise DataError for columns of several models where a loss takes one column."""
    field = source.roles["preds"][1]
    columns = field.columns if field.named else ()
    for loss in losses:
        scores = loss.roles[0][1].logit_scale or isinstance(loss.roles[0][1], Simplex)
        if len(columns) > 1 and not scores and not loss.declared.accepts(pred, ()):
            raise DataError(
                f"{loss.label} takes one column of predictions for a column of targets; "
                f"there are {len(columns)}",
                place=f"columns: {listed(columns)}",
                hint=f"several models of one target: --pred {' --pred '.join(columns[:12])}",
            )


def _check_columns(source: Source, losses: Sequence[Bound], pred: Row, target: Row | None) -> None:
    """Raise UsageError where several columns were found and a loss takes one."""

    def takes_one(loss: Bound) -> bool:
        declared = loss.declared
        one = declared.accepts((), target) and not declared.accepts(pred, target)
        return declared.elementwise or one

    loss = next(filter(takes_one, losses), None)
    if loss is None:
        return
    for role, flag in (("preds", "--pred"), ("targets", "--target")):
        table, field = source.roles.get(role, source.roles["preds"])
        if len(field.columns) > 1 and not field.named:
            raise UsageError(
                f"{table.path} has {len(field.columns)} columns of numbers; {loss.label} takes one",
                place=f"columns: {listed(field.columns)}",
                hint=_choice(source, flag, field.columns),
            )


def _check_labels(source: Source, losses: Sequence[Bound], pred: Row, target: Row | None) -> None:
    """Raise UsageError where several columns of targets were found and a loss takes labels."""
    if not target or source.roles["targets"][1].named:
        return
    table, field = source.roles["targets"]
    loss = next((loss for loss in losses if not loss.declared.accepts(pred, target)), None)
    if loss is not None and len(field.columns) > 1 and loss.declared.accepts(pred, ()):
        raise UsageError(
            f"{table.path} has {len(field.columns)} columns of numbers; {loss.label} takes one, "
            f"of labels, or {pred[-1] if pred else 1}",
            place=f"columns: {listed(field.columns)}",
            hint=f"name it: --target {(*propose(field.columns).target, field.columns[0])[0]}",
        )


def _check_keys(source: Source) -> None:
    """Raise UsageError where a column that was not named is a key of rows by its name.

    As data it gives a number that looks right. The only column of a table is data.
    """
    for role, flag, other in (("preds", "--pred", "targets"), ("targets", "--target", "preds")):
        table, field = source.roles.get(role, source.roles["preds"])
        theirs = source.roles[other][0].names() if other in source.roles else ()
        if field.named or len(table.names()) < 2:
            continue
        rest = [name for name in field.columns if not is_row_key(name)]
        keys = [name for name in field.columns if name not in rest]
        if not keys or len(keys) > 1 or not (rest or keys[0] in theirs):
            continue
        pairs = f"--id {keys[0]} pairs the rows by it, and leaves it out; "
        raise UsageError(
            f"{table.path}: is {keys[0]} data? its name is that of a key of rows",
            place=f"columns of numbers: {listed(field.columns)}",
            hint=f"{pairs if keys[0] in theirs else ''}as data: {flag} {_named(rest or keys)}",
        )


def _named(columns: Sequence[str]) -> str:
    """The columns as a flag names them: one by one, or many as a range."""
    return f"{columns[0]}:{columns[-1]}" if len(columns) > _MOST else ",".join(columns)


def _choice(source: Source, flag: str, columns: Sequence[str]) -> str:
    """The flags that leave one column, or take all as the outputs of a row."""
    (table, ours), (other, theirs) = source.roles["preds"], source.roles["targets"]
    if other is not table:
        keys = [name for name in ours.columns if name in theirs.columns and is_key_name(name)]
        if keys:
            return f"--id {keys[0]} pairs the rows by it, and leaves it out"
        if ours.columns == theirs.columns:
            names = _named(columns)
            return f"for rows of {len(columns)} outputs: --pred {names} --target {names}"
    return f"name it: {flag} {columns[-1]}, or leave others out with --id COLUMN"
