"""JSON: everything, with numbers that read back to the same bits."""

from losscli.errors import LossCliError
from losscli.render.formats import Format
from losscli.render.page import Result
from losscli.results.documents.error import ErrorReport


def _render(result: Result, _encoding: str) -> str:
    return f"{result.to_json()}\n"


def _render_error(error: LossCliError) -> str:
    return ErrorReport.of(error).to_json() + "\n"


FORMAT = Format(_render, _render_error, suffix=".json", machine_readable=True)
