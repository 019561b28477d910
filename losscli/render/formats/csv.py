"""CSV: one line a record, such as a loss or a group and loss; full precision, LF line ends."""

from typing import Any

from losscli.errors import LossCliError
from losscli.render.formats import Format
from losscli.render.page import Result
from losscli.results.documents.error import ErrorReport
from losscli.results.text import escape_cell


def _render(result: Result, _encoding: str) -> str:
    """The records of the result, then those of its groups and of its worst rows.

    An absent value is an empty cell. The keys of groups are the first columns, where there are any.
    """
    groups = result.group_records() if getattr(result, "groups", ()) else []
    losses = result.to_records()
    worst = result.worst_records() if hasattr(result, "worst_records") else []
    return _csv([*losses, *groups, *worst], [*groups, *losses, *worst])


def _render_error(error: LossCliError) -> str:
    record = ErrorReport.of(error).to_dict()
    return _csv([record], [record])


FORMAT = Format(_render, _render_error, suffix=".csv")


def _csv(records: list[dict[str, Any]], ordered: list[dict[str, Any]]) -> str:
    """The records; the columns are their keys, which may differ, as they appear in `ordered`."""
    if not records:
        return ""
    import csv
    from io import StringIO

    columns = dict.fromkeys(name for record in ordered for name in record)
    stream = StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(map(_cell, columns))  # names of groups' keys are among them
    writer.writerows([_cell(record.get(key, "")) for key in columns] for record in records)
    return stream.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return repr(value)
    return escape_cell(value) if isinstance(value, str) else value
