"""A check as a page: one line a case and pass, and what is wrong below."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from losscli.render.names import short_names
from losscli.render.page import Page, ReportCase, Table, TableRow
from losscli.results.text import escape
from losscli.stats.formatting import ulps

if TYPE_CHECKING:
    from losscli.results.documents.check import Check, CheckRow

_LINE = 300  # characters of a line that can still be pasted from a terminal


def page(result: "Check") -> Page:
    """The page of a check."""
    name = short_names([result.impl])[result.impl]
    title = f"{escape(name)} as {escape(result.label)}, {result.dtype} on {result.device}"
    heads = (title, "pass", "ULP", "median", "ULP grad", "median", "")
    lines = [_line(row) for row in result.rows]
    table = Table(heads, lines, frozenset({0, 1, 6}))
    return Page((), (table,), list(_tail(result)), [note.message for note in result.notes])


def report_cases(result: "Check") -> list[ReportCase]:
    """A case passes where it is right."""
    head = f"{result.impl} as {result.label}, {result.dtype} on {result.device}"
    return [
        ReportCase(
            f"{head}: {row.case}, {row.passes}", "pass" if row.correct else "fail", row.fault or ""
        )
        for row in result.rows
    ]


def _line(row: "CheckRow") -> TableRow:
    cells = (
        f"  {row.case}",
        row.passes,
        ulps(row.max_ulp),
        ulps(row.median_ulp),
        ulps(row.grad_max_ulp),
        ulps(row.grad_median_ulp),
        "" if row.correct else "WRONG",
    )
    return TableRow(cells, "" if row.correct else "red")


def _tail(result: "Check") -> Iterator[str]:
    faults: dict[str, list[CheckRow]] = {}
    for row in result.rows:
        if not row.correct:
            faults.setdefault(re.sub(r"[-+]?\d[\d.,e+-]*", "#", row.fault or ""), []).append(row)
    for first, *more in faults.values():
        like = f" (and {len(more)} like it)" if more else ""
        yield f"WRONG {escape(first.case)}, {first.passes}: {escape(str(first.fault))}{like}"
        if first.smallest:
            yield f"      smallest: {escape(first.smallest)}"
    pastes = [row.snippet.splitlines() for row in result.rows if row.snippet]
    short = (lines for lines in pastes if max(map(len, lines)) <= _LINE)
    paste = next(short, [])
    yield from (f"      {escape(line)}" for line in paste)
    if pastes and not paste:
        yield "      lines to paste are too long for a table: --format json has them"
    told = {row.truth for row in result.rows}
    words = "true values by mpmath" if told == {"mpmath"} else "truth in float64"
    if len(told) > 1:
        words = "true values by mpmath where rows are few, in float64 elsewhere"
    yield f"wrong is beyond 16 eps · max(|truth|, 1, |logit|) · {words} · {result.wall_s:.1f} s"
    wrong = sum(not row.correct for row in result.rows)
    if wrong:
        of = len(result.rows)
        yield f"{wrong} of {of} checks failed; exit code {result.exit_code}"
    else:
        yield f"{len(result.rows)} checks passed"
