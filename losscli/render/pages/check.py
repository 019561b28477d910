"""A check as a page: one row a case and direction, faults below."""

import re
from collections.abc import Iterator

from losscli.render.numbers import short_names
from losscli.render.page import Page, ReportCase, Table, TableRow
from losscli.results.documents.check import Check, CheckRow
from losscli.results.text import escape
from losscli.stats.formatting import ulps

_HEADERS = ("case", "direction", "ULP", "median", "ULP grad", "median grad", "")
_DROP_ORDER = ("median grad", "median")
_LINE = 300  # characters of a line that can still be pasted from a terminal


def page(result: Check) -> Page:
    """The page of a check."""
    name = short_names([result.impl])[result.impl]
    title = f"{escape(name)} as {escape(result.label)}, {result.dtype} on {result.device}"
    rows = [line for row in result.rows for line in _lines(row)]
    table = Table(_HEADERS, rows, (2, 3, 4, 5), _DROP_ORDER)
    return Page((title,), (table,), list(_tail(result)), [note.message for note in result.notes])


def report_cases(result: Check) -> list[ReportCase]:
    """A case passes if it is correct."""
    head = f"{result.impl} as {result.label}, {result.dtype} on {result.device}"
    return [
        ReportCase(
            f"{head}: {row.case}, {row.passes}", "pass" if row.correct else "fail", row.fault or ""
        )
        for row in result.rows
    ]


def _lines(row: CheckRow) -> Iterator[TableRow]:
    cells = (
        escape(row.case),
        row.passes,
        ulps(row.max_ulp),
        ulps(row.median_ulp),
        ulps(row.grad_max_ulp),
        ulps(row.grad_median_ulp),
        "✓ correct" if row.correct else "✗ INCORRECT",
    )
    yield TableRow(cells, "" if row.correct else "red")
    if row.ulp_at is not None:
        where = " near 0" if abs(row.ulp_at) < 1.0 else ""
        torch = "" if row.torch_ulp is None else f"; torch: {ulps(row.torch_ulp)}"
        yield TableRow((f"  {ulps(row.worst)} ULP{where}, within tolerance{torch}",), "dim")


def _tail(result: Check) -> Iterator[str]:
    faults: dict[str, list[CheckRow]] = {}
    for row in result.rows:
        if not row.correct:
            faults.setdefault(re.sub(r"[-+]?\d[\d.,e+-]*", "#", row.fault or ""), []).append(row)
    for first, *more in faults.values():
        like = f" (and {len(more)} like it)" if more else ""
        yield f"INCORRECT {escape(first.case)}, {first.passes}: {escape(str(first.fault))}{like}"
        if first.smallest:
            yield f"  smallest: {escape(first.smallest)}"
    pastes = [row.snippet.splitlines() for row in result.rows if row.snippet]
    short = (lines for lines in pastes if max(map(len, lines)) <= _LINE)
    paste = next(short, [])
    yield from (f"  {escape(line)}" for line in paste)
    if pastes and not paste:
        yield "  lines to paste are too long for a table: --format json has them"
    rule = "incorrect: an error over 16 eps · max(|truth|, 1, |logit|)"
    yield f"{rule} · {_truth(result)} · {result.wall_s:.1f} s"
    checks, incorrect = len(result.rows), sum(not row.correct for row in result.rows)
    outcome = f"{incorrect} of {checks} checks failed" if incorrect else f"{checks} checks passed"
    code = f"; exit code {result.exit_code}" if result.exit_code else ""
    ran = f"{result.cases.run} of {result.cases.planned} cases ran, " if result.cases else ""
    yield f"{ran}{outcome}{code}"


def _truth(result: Check) -> str:
    sources = {row.truth for row in result.rows}
    if len(sources) > 1:
        return "true values by mpmath for few rows, in float64 for many"
    return "true values by mpmath" if sources == {"mpmath"} else "true values in float64"
