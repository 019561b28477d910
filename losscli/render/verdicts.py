"""Wording that the pages of differences between saved results share."""

from collections.abc import Container, Iterator, Mapping, Sequence

from losscli.render.page import ReportCase
from losscli.results.text import escape

STYLES = {
    "worse": "red",
    "slower": "red",
    "wrong now": "red",
    "undecided": "yellow",
    "better": "green",
}
_FAIL_ON = {"worse": "worse", "slower": "slower", "wrong now": "slower"}  # words of --fail-on
_MOST_NAMES = 8  # of the rows that only one of the results has


def case_of(
    name: str, verdict: str, change: str, reason: str, fail_on: Container[str]
) -> ReportCase:
    """The case of a row: a regression fails where `fail_on` has its word, and warns elsewhere."""
    message = f"{verdict}{change}{': ' if reason else ''}{reason}"
    if verdict == "undecided":
        return ReportCase(name, "undecided", message, counts="undecided" in fail_on)
    if verdict not in _FAIL_ON:
        return ReportCase(name, "pass", message)
    fails = _FAIL_ON[verdict] in fail_on
    return ReportCase(name, "fail" if fails else "warn", message, counts=fails)


def missing_case(name: str, fail_on: Container[str], run: str | None = None) -> ReportCase:
    """The case of a row, or a run, that only the old result has."""
    message = "only in the old result"
    return ReportCase(name, "undecided", message, run, "undecided" in fail_on)


def one_sided(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """The lines that name the rows of only one of the results."""
    for side, names in (("OLD", old), ("NEW", new)):
        if names:
            more = f"; and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
            yield f"only in {side}: {'; '.join(map(escape, names[:_MOST_NAMES]))}{more}"


def count_line(counts: Mapping[str, int], family: str, exit_code: int) -> str:
    """The number of rows of each verdict. family: the rows that the Holm correction counts."""
    verdicts = ", ".join(f"{n} {verdict.replace('_', ' ')}" for verdict, n in counts.items() if n)
    code = f"; exit code {exit_code}" if exit_code else ""
    return f"{verdicts}; Holm-corrected over {family}, at 95 %{code}"
