"""CSV: one line a loss, full precision, LF line ends."""

import csv
from io import StringIO
from typing import TYPE_CHECKING, Any

from losscli.documents import shown
from losscli.errors import LossCliError

if TYPE_CHECKING:
    from losscli.evaluation import Evaluation


def render(result: "Evaluation") -> str:
    """The records of the result; an absent number is an empty cell."""
    return _written(result.to_records())


def render_error(error: LossCliError) -> str:
    """One record, of the error."""
    return _written([error.to_dict()])


def _written(records: list[dict[str, Any]]) -> str:
    stream = StringIO()
    writer = csv.DictWriter(stream, list(records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: _cell(v) for k, v in record.items()} for record in records)
    return stream.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return repr(value)
    if not isinstance(value, str):
        return value
    # A spreadsheet runs a cell that begins like a formula; a terminal obeys controls.
    return shown(f"'{value}" if value[:1] in "=+-@\t\r" and value else value)
