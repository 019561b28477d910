"""The page of two benchmarks: a table a workload, a caption a direction, then implementations."""

from collections.abc import Iterator, Mapping
from itertools import groupby

from losscli.render.numbers import direction_of, percent, setting_of, short_names
from losscli.render.page import Page, ReportCase, Table, TableRow
from losscli.render.verdicts import STYLES, case_of, count_line, missing_case, one_sided
from losscli.results.document import devices_of
from losscli.results.documents.bench import RowKey
from losscli.results.documents.diff import BenchmarkDiff, TimeDiff
from losscli.results.text import escape
from losscli.stats.formatting import duration

_HEADERS = ("old", "new", "new/old", "95 % interval", "against", "verdict")
_DROP_ORDER = ("old", "new", "95 % interval")


def page(result: BenchmarkDiff) -> Page:
    """The page of a difference between two benchmarks."""
    names = short_names(pair.impl for pair in result.rows)
    workloads = groupby(result.rows, setting_of)
    tables = [_table(escape(title), list(pairs), names) for title, pairs in workloads]
    notes = [note.message for note in result.notes]
    return Page(list(_header(result)), tables, list(_footer(result)), notes)


def report_cases(result: BenchmarkDiff) -> list[ReportCase]:
    """A case a row."""
    fail_on = result.fail_on
    cases = []
    for pair in result.rows:
        ratio = "" if pair.ratio is None else f" ({pair.ratio:.3f} {_interval(pair)})"
        cases.append(case_of(_name(pair), pair.verdict, ratio, pair.reason or "", fail_on))
    return cases + [missing_case(_name(row), fail_on) for row in result.only_old]


def _name(row: RowKey) -> str:
    return f"{row.impl}, {escape(setting_of(row))} {direction_of(row)}"


def _header(result: BenchmarkDiff) -> Iterator[str]:
    for side, saved in (("OLD", result.old), ("NEW", result.new)):
        devices = devices_of(saved.environment or {}).values()
        parts = [saved.path, f"losscli {saved.losscli or 'unknown'}", *devices]
        yield f"{side} {' · '.join(map(escape, parts))}"
    margin = percent(result.margin)
    yield f"new/old is the ratio of times: above 1 is slower; up to {margin} counts as not slower"


def _table(title: str, pairs: list[TimeDiff], names: Mapping[str, str]) -> Table:
    rows: list[TableRow] = []
    for caption, part in groupby(pairs, direction_of):
        rows.append(TableRow((caption,), "dim"))
        rows += [_row(pair, names) for pair in part]
    return Table((title, *_HEADERS), rows, (1, 2, 3), _DROP_ORDER)


def _row(pair: TimeDiff, names: Mapping[str, str]) -> TableRow:
    cells = (
        f"  {escape(names[pair.impl])}",
        *("-" if time is None else duration(time) for time in (pair.old_s, pair.new_s)),
        "-" if pair.ratio is None else f"{pair.ratio:.3f}",
        _interval(pair),
        "-" if pair.used is None else escape(pair.anchor) if pair.anchor else "raw",
        pair.verdict,
    )
    return TableRow(cells, STYLES.get(pair.verdict, ""))


def _interval(pair: TimeDiff) -> str:
    return "-" if pair.ci is None else f"[{pair.ci[0]:.3f}, {pair.ci[1]:.3f}]"


def _footer(result: BenchmarkDiff) -> Iterator[str]:
    yield from _reasons(result)
    yield from one_sided(list(map(_name, result.only_old)), list(map(_name, result.only_new)))
    if any(pair.anchor for pair in result.rows):
        yield (
            "against an implementation: divided by its times in the same rounds, of one version in "
            "both runs"
        )
    if any(pair.used and not pair.anchor for pair in result.rows):
        allowed = percent(result.between_runs)
        yield f"raw: the interval includes a standard deviation of {allowed} between runs"
    yield count_line(result.counts, "the rows", result.exit_code)


def _reasons(result: BenchmarkDiff) -> Iterator[str]:
    """Each reason once, with the rows that it holds for."""
    rows_of: dict[tuple[str, str], list[str]] = {}
    for pair in result.rows:
        if pair.reason:
            rows_of.setdefault((pair.verdict, pair.reason), []).append(escape(_name(pair)))
    for (verdict, reason), names in rows_of.items():
        rows = names[0] if len(names) == 1 else f"{len(names)} rows"
        yield f"{verdict.upper() if verdict == 'wrong now' else verdict}: {escape(reason)} ({rows})"
    across = [pair for pair in result.rows if pair.differs and result.across]
    words = dict.fromkeys(str(other) for pair in across for other in pair.differs)
    if words:
        yield f"decided across: {escape('; '.join(words))} ({len(across)} rows)"
