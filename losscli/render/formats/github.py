"""GitHub Actions: the table of a pipe, annotations below it, and a summary of the step.

Texts only: the command line appends the summary to its file.
"""

from collections.abc import Iterator, Sequence

from losscli.errors import LossCliError
from losscli.gates import worst_first
from losscli.render.formats import Format, markdown, table
from losscli.render.page import ReportCase, Result
from losscli.render.pages import report_cases_of
from losscli.results.text import LONGEST, escape, escape_ci_commands, truncate

MOST = 10  # annotations of a kind that GitHub shows of a step
SUMMARY_BYTES = (1 << 20) - 1  # of a step's summary; GitHub drops all of a larger one
_TITLE = 200  # characters


def _render(result: Result, encoding: str) -> str:
    return table.FORMAT.render(result, encoding) + annotations(result)


def _render_error(error: LossCliError) -> str:
    return _command("error", "losscli", "; ".join(error.lines())) + "\n"


def annotations(result: Result) -> str:
    """A line for each outcome that is not pass, worst first, at most MOST of a kind."""
    by_level: dict[str, list[ReportCase]] = {"error": [], "warning": []}
    for case in worst_first(report_cases_of(result)):
        if case.status != "pass":
            failed = case.counts and case.status in ("fail", "error")
            by_level["error" if failed else "warning"].append(case)
    return "".join(f"{line}\n" for line in _lines(by_level))


def _lines(by_level: dict[str, list[ReportCase]]) -> Iterator[str]:
    for level, cases in by_level.items():
        for case in cases[:MOST]:
            title = " ".join(filter(None, ("losscli", case.run, case.name)))
            yield _command(level, title, case.message or case.status)
    left = {level: len(cases) - MOST for level, cases in by_level.items()}
    words = [f"{n} {kind}{'' if n == 1 else 's'}" for kind, n in left.items() if n > 0]
    if words:
        yield f"  not annotated, as GitHub shows {MOST} of a kind: {', '.join(words)}"


def summary(result: Result | LossCliError, most_bytes: int) -> str:
    """Markdown of at most so many bytes, truncated after a row; empty where nothing fits."""
    if isinstance(result, LossCliError):
        text = markdown.render_error(result)
        return text if len(text.encode()) <= most_bytes else ""
    text = markdown.render(result)
    return text if len(text.encode()) <= most_bytes else _truncated(text.splitlines(), most_bytes)


FORMAT = Format(_render, _render_error, annotations=annotations, summary=summary)


def _truncated(lines: Sequence[str], most_bytes: int) -> str:
    note = "\n> truncated: {:,} of {:,} lines do not fit into 1 MiB of summaries\n"
    left = most_bytes - len(note.format(len(lines), len(lines)))
    kept: list[str] = []
    for line in lines:
        left -= len(line.encode()) + 1
        if left < 0:
            break
        kept.append(f"{line}\n")
    return "".join([*kept, note.format(len(lines) - len(kept), len(lines))]) if kept else ""


def _command(kind: str, title: str, message: str) -> str:
    """A workflow command; the runner reads its escapes back, % last."""
    title = _line(title, _TITLE).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{kind} title={title}::{_line(message, LONGEST).replace('%', '%25')}"


def _line(text: str, most: int) -> str:
    """`escape` leaves no CR or LF, which would end the command and begin another."""
    return escape_ci_commands(escape(truncate(text, most)))
