"""HTML: a page of its own, which opens offline and prints."""

from losscli.errors import LossCliError
from losscli.render.formats import Format
from losscli.render.page import Result


def _render(result: Result, _encoding: str) -> str:
    from losscli.render.report import Source, html

    return html([Source(_name(result), result)])


def _render_error(error: LossCliError) -> str:
    from losscli.render.report import Source, html
    from losscli.results.documents.error import ErrorReport

    return html([Source("losscli", ErrorReport.of(error))])


FORMAT = Format(_render, _render_error, suffix=".html")


def _name(result: Result) -> str:
    config = getattr(result, "config", None)
    return f"losscli {result.document_kind()}" if config is None else str(config.name)
