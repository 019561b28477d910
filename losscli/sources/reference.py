"""Other predictions of the same rows, with which those of a source are compared."""

import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from losscli.errors import UsageError
from losscli.sources.table import Role, Table

ROLE = "reference"


class Reference(NamedTuple):
    """Reference predictions. preds: a path or an array; it may be the table of the source.

    pred: their columns; usual: the columns of a table for which no others are given.
    """

    preds: Any
    pred: tuple[str, ...] = ()
    usual: tuple[str, ...] = ()


def reference_roles(
    reference: Reference,
    own: Role,
    excluded: Sequence[str],
    ids: Sequence[str],
    opened: Callable[[Any, str], Table],
) -> dict[str, Role]:
    """The roles of the reference, with that of its ids where both are tables.

    own: the role of the predictions that are compared with it. excluded: columns that are not
    predictions.

    Raises UsageError for predictions that are compared with themselves.
    """
    table, field = own
    same = _same(reference.preds, table)
    other = table if same else opened(reference.preds, ROLE)
    names = other.names()
    columns = reference.pred or (reference.usual if names else ())
    taken = other.field(ROLE, columns or None, [name for name in excluded if name in names])
    if same and taken.columns == field.columns:
        raise UsageError(
            f"{table.path} would be compared with itself", hint="name other predictions"
        )
    roles = {ROLE: (other, taken)}
    if ids and names and other is not table:
        roles["reference_ids"] = (other, other.field("reference_ids", ids, ()))
    return roles


def _same(thing: Any, table: Table) -> bool:
    if not isinstance(thing, str | os.PathLike) or table.format == "array":
        return False
    return os.path.realpath(thing) == os.path.realpath(table.path)
