"""GitHub Actions: the table of a pipe, annotations below it, and a summary of the step.

Texts only: the file of the summary is the command line's to append to.
"""

from collections.abc import Iterator, Sequence

from losscli.errors import LossCliError
from losscli.gates import worst_first
from losscli.render import Result, markdown, table
from losscli.render.outcomes import outcomes_of
from losscli.render.page import Outcome
from losscli.results.text import LONGEST, escape, escape_ci_commands, truncate

MOST = 10  # annotations of a kind that GitHub shows of a step
SUMMARY_BYTES = (1 << 20) - 1  # of a step's summary; GitHub drops all of a larger one
_TITLE = 200  # characters


def render(result: Result, encoding: str = "utf-8") -> str:
    """The table in characters that an encoding has, and the annotations."""
    return table.render(result, encoding) + annotations(result)


def render_error(error: LossCliError) -> str:
    """One annotation: what, where, mend."""
    return _command("error", "losscli", "; ".join(error.lines())) + "\n"


def annotations(result: Result) -> str:
    """A line for each outcome that is not pass, worst first, at most MOST of a kind."""
    found: dict[str, list[Outcome]] = {"error": [], "warning": []}
    for each in worst_first(outcomes_of(result)):
        if each.status != "pass":
            broken = each.counts and each.status in ("fail", "error")
            found["error" if broken else "warning"].append(each)
    return "".join(f"{line}\n" for line in _lines(found))


def _lines(found: dict[str, list[Outcome]]) -> Iterator[str]:
    for kind, outcomes in found.items():
        for each in outcomes[:MOST]:
            title = " ".join(filter(None, ("losscli", each.run, each.name)))
            yield _command(kind, title, each.words or each.status)
    left = {kind: len(outcomes) - MOST for kind, outcomes in found.items()}
    words = [f"{n} {kind}{'' if n == 1 else 's'}" for kind, n in left.items() if n > 0]
    if words:
        yield f"  not annotated, as GitHub shows {MOST} of a kind: {', '.join(words)}"


def summary(result: Result, room: int) -> str:
    """Markdown of at most so many bytes, cut after a row; empty where nothing fits."""
    text = markdown.render(result)
    return text if len(text.encode()) <= room else _shortened(text.splitlines(), room)


def error_summary(error: LossCliError, room: int) -> str:
    """The same of an error."""
    text = markdown.render_error(error)
    return text if len(text.encode()) <= room else ""


def _shortened(lines: Sequence[str], room: int) -> str:
    """The first lines that leave room for a word about the others."""
    sizes = [len(line.encode()) + 1 for line in lines]
    word = "\n> cut here: {:,} of {:,} lines do not fit into 1 MiB of summaries\n"
    room -= len(word.format(len(lines), len(lines)))
    kept = 0
    while kept < len(lines) and sizes[kept] <= room:
        room -= sizes[kept]
        kept += 1
    if not kept:
        return ""
    return "".join(f"{line}\n" for line in lines[:kept]) + word.format(
        len(lines) - kept, len(lines)
    )


def _command(kind: str, title: str, message: str) -> str:
    """A workflow command; the runner reads its escapes back, % last."""
    title = _line(title, _TITLE).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{kind} title={title}::{_line(message, LONGEST).replace('%', '%25')}"


def _line(text: str, most: int) -> str:
    """`escape` leaves no CR or LF, which would end the command and begin another."""
    return escape_ci_commands(escape(truncate(text, most)))
