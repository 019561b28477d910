"""CSV: one line a record, such as a loss or a group and loss; full precision, LF line ends."""

import csv
from io import StringIO
from typing import TYPE_CHECKING, Any

from losscli.errors import LossCliError
from losscli.results.text import escape_cell

if TYPE_CHECKING:
    from losscli.evaluation import Evaluation


def render(result: "Evaluation") -> str:
    """The records of the result, then those of its groups; what is absent is an empty cell.

    The keys of groups are the first columns, where there are groups.
    """
    groups = result.group_records() if getattr(result, "groups", ()) else []
    whole = result.to_records()
    return _written([*whole, *groups], _columns([*groups, *whole]))


def render_error(error: LossCliError) -> str:
    """One record, of the error."""
    record = error.to_dict()
    return _written([record], list(record))


def _columns(records: list[dict[str, Any]]) -> list[str]:
    """Those of all records, in the order in which they come: parts of a run are not all alike."""
    return list(dict.fromkeys(name for record in records for name in record))


def _written(records: list[dict[str, Any]], columns: list[str]) -> str:
    if not records:
        return ""
    stream = StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(map(_cell, columns))  # names of groups' keys are among them
    writer.writerows([_cell(record.get(key, "")) for key in columns] for record in records)
    return stream.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return repr(value)
    return escape_cell(value) if isinstance(value, str) else value
