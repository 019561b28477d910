"""Opening the source of an evaluation: its tables, and the columns that each role takes."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from numpy.typing import NDArray

from losscli.errors import UsageError
from losscli.sources.memory import array_table, holds_keys
from losscli.sources.opener import Opener
from losscli.sources.options import ClassLabels, Effort, ReadOptions
from losscli.sources.roles import (
    Reference,
    check_roles,
    check_targets,
    find_groups,
    reference_roles,
    side_roles,
)
from losscli.sources.source import Source
from losscli.sources.table import CLUSTERS, Role, Table

if TYPE_CHECKING:
    from losscli.sources.alignment import Alignment
    from losscli.sources.labels import LabelReader
    from losscli.sources.row_numbers import RowAlignment

_ORDER = ("targets", "weights", "ids", "rows", CLUSTERS)


def open_source(
    preds: Any,
    targets: Any = None,
    *,
    targeted: bool = True,
    pred: Sequence[str] = (),
    target: Sequence[str] = (),
    ids: Sequence[str] = (),
    weights: Any = None,
    cluster: Any = None,
    by: Sequence[Any] | Mapping[str, Any] = (),
    options: ReadOptions = ReadOptions(),  # noqa: B008
    references: Sequence[Reference] = (),
    unmatched: Literal["error", "skip"] = "error",
    rows: Any = None,
    effort: Effort = Effort(),  # noqa: B008
    labels: ClassLabels | None = None,
    columns: Mapping[str, str] = MappingProxyType({}),
) -> Source:
    """The source of an evaluation, its tables open and its columns found.

    preds, targets, weights: paths, arrays, DataFrame columns or tensors; weights may be the name
    of a column of either table. Without targets, preds is a table that holds both.
    targeted: False without targets. pred, target: columns. ids: columns of keys by which rows are
    paired; `a=b` where the targets call it b. unmatched: how rows without a partner are handled.
    cluster: the key of a cluster for each row, given as weights are. by: group keys, each given as
    weights are; a mapping gives their names. references: other predictions of the same rows.
    rows: the target's row number of each prediction, from 0, given as weights are; repeated
    predictions that agree are left out. effort: for pairing rows. labels: how class labels are
    read; None where no loss takes them. columns: more numbers of rows, by role, given so too.

    Raises UsageError for a request that makes no sense, DataError for data that cannot be read.
    """
    opener = Opener(options, texts=labels is not None)
    alignment = _alignment(ids, rows, unmatched, opener, effort)
    try:
        first = opener.open(preds, "preds")
        check_targets(first, targets, targeted, pred, target)
        second = first if targets is None else opener.open(targets, "targets")
        first, second, reader = _with_labels(labels, first, second, pred, target, alignment)
        first, second = _aligned(alignment, first, second, effort, named=bool(pred or target))
        opener.at_hand = (first, second)
        opener.paired = alignment.select if alignment else opener.paired
        roles = side_roles(weights, cluster, columns, opener)
        others = alignment.names() if alignment else []  # not predictions or targets
        for table, field in roles.values():
            others += field.columns if table in opener.at_hand else ()
        groups, by_names = find_groups(by, opener) if len(by) else ({}, ())
        others += [name for _, field in groups.values() for name in field.columns]
        roles["preds"] = _role("preds", first, pred, others)
        roles |= {"targets": _role("targets", second, target, others)} if targeted else {}
        roles |= {} if alignment is None else alignment.roles()
        if references:
            others += roles["targets"][1].columns if targeted and second is first else target
            roles |= reference_roles(references, roles, others, opener.open, alignment, reader)
        check_roles(roles, reader, listed=not any("*" in name for name in (*pred, *target)))
    except BaseException:
        opener.close()
        raise
    return _source(roles, groups, by_names, alignment, columns)


def array_source(preds: NDArray[Any], targets: NDArray[Any]) -> Source:
    """The source of two arrays of numbers in memory; raises DataError as `open_source` does."""
    roles: dict[str, Role] = {}
    for role, array in (("preds", preds), ("targets", targets)):
        table = array_table(array, role)
        roles[role] = table, table.field(role, None, ())
    check_roles(roles)
    return Source(roles)


def _source(
    roles: dict[str, Role],
    groups: Mapping[str, Role],
    by_names: tuple[str, ...],
    alignment: "Alignment | RowAlignment | None",
    columns: Iterable[str],
) -> Source:
    """The source of these roles, in their order; columns: roles of further numbers."""
    if [*roles] != ["preds", "targets"]:
        order = (*_ORDER, *columns)
        first = [role for role in roles if role not in order]  # predictions, then references
        roles = {role: roles[role] for role in (*first, *order) if role in roles}
    source = Source({**roles, **groups} if groups else roles, by_names)
    return source if alignment is None else alignment.finish(source)


def _with_labels(
    labels: ClassLabels | None,
    first: Table,
    second: Table,
    pred: Sequence[str],
    target: Sequence[str],
    alignment: "Alignment | RowAlignment | None",
) -> "tuple[Table, Table, LabelReader | None]":
    """The tables, which read labels that are text, and the reader of labels, if there may be any.

    It finds the labels' numbers once the field of the predictions is known.
    """
    named = labels is not None and labels.given
    if not named and not any(table.names() or holds_keys(table) for table in (first, second)):
        labels = None
    if labels is None:
        return first, second, None
    from losscli.sources.labels import LabelReader  # here: evaluations of arrays need none

    reader = LabelReader(labels, alignment.names() if alignment else ())
    return *reader.wrap(first, second, pred, target), reader


def _role(role: str, table: Table, names: Sequence[str], others: Sequence[str]) -> Role:
    """The columns of a role; without names all of numbers, except others that the table has."""
    excluded = [name for name in others if name in table.names()] if others else ()
    return table, table.field(role, names or None, excluded)


def _alignment(
    ids: Sequence[str], rows: Any, unmatched: str, opener: "Opener", effort: Effort
) -> "Alignment | RowAlignment | None":
    """The alignment by ids or by row numbers; None where rows are paired by position."""
    if ids and rows is not None:
        raise UsageError("--id and --rows both say how rows are paired", hint="leave one out")
    if ids:
        from losscli.sources.alignment import Alignment  # here: it is not needed without ids

        return Alignment(ids, skip=unmatched == "skip", effort=effort)
    if unmatched == "skip":
        raise UsageError("--unmatched skip needs --id", hint="without ids every row has a partner")
    if rows is not None:
        from losscli.sources.row_numbers import RowAlignment

        return RowAlignment(partial(opener.row_numbers, rows), effort)
    return None


def _aligned(
    alignment: "Alignment | RowAlignment | None",
    first: Table,
    second: Table,
    effort: Effort,
    *,
    named: bool,
) -> tuple[Table, Table]:
    """The tables of predictions and targets, the second one in the order of the first.

    named: True if columns of them were given; otherwise a file of one line may be a column.
    """
    if alignment is not None:
        base = alignment.first(first)
        return base, base if second is first else alignment.join(second)
    if first.one_line() + second.one_line() > 1 and not named:
        from losscli.sources.one_line import as_columns

        return as_columns(first, second)
    if second is first or not (first.names() and second.names()):
        return first, second
    from losscli.sources.key_columns import watched

    return watched(first, second, effort)


def with_references(source: Source, references: Sequence[Reference]) -> Source:
    """A source with other predictions of its rows, arrays; the source is closed by its owner."""
    own = source.roles["preds"]
    others = reference_roles(references, source.roles, (), array_table)
    return Source({"preds": own, **others, **source.roles}, source.by, source.positions)
