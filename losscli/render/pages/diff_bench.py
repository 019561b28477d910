"""Two benchmarks as a page: one table a workload, a caption a pass, a line an implementation."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

from losscli.gates import Status
from losscli.render.numbers import percent
from losscli.render.page import Page, ReportCase, Table, TableRow
from losscli.results.text import escape
from losscli.stats.formatting import duration

if TYPE_CHECKING:
    from losscli.results.difference import Differences, Pair, Ratio

_HEADS = ("old", "new", "new/old", "95 % interval", "against", "verdict")
_STYLES = {"slower": "red", "wrong now": "red", "undecided": "yellow"}
_STATUS: dict[str, Status] = {"slower": "fail", "wrong now": "fail", "undecided": "undecided"}
_SOME = 8  # rows of one side that a table lists one by one


def page(result: "Differences") -> Page:
    """The page of a comparison."""
    blocks = groupby(result.rows, lambda pair: _setting(pair.new))
    tables = [_table(title, list(rows)) for title, rows in blocks]
    notes = [note.message for note in result.notes]
    return Page(list(_top(result)), tables, list(_tail(result)), notes)


def report_cases(result: "Differences") -> list[ReportCase]:
    """A row that is slower fails where that was asked for, and is a warning elsewhere."""
    strict = {"undecided": "undecided" in result.terms.fail_on}
    strict["fail"] = "slower" in result.terms.fail_on
    found = []
    for pair in result.rows:
        status = _STATUS.get(pair.verdict, "pass")
        counts = strict.get(status, True)
        if status == "fail" and not counts:
            status = "warn"
        ratio = "" if pair.used is None else f" ({pair.used.value:.3f} {_interval(pair.used)})"
        words = f"{pair.verdict}{ratio}{': ' if pair.reason else ''}{pair.reason}"
        found.append(ReportCase(_name(pair.new), status, words, counts=counts))
    for row in result.only_old:
        words = "only in the old result"
        found.append(ReportCase(_name(row), "undecided", words, counts=strict["undecided"]))
    return found


def _name(row: Mapping[str, Any]) -> str:
    return f"{row['impl']}, {_setting(row)} {_pass(row)}"


def _top(result: "Differences") -> Iterator[str]:
    for word, saved in (("OLD", result.old), ("NEW", result.new)):
        devices = saved.document["environment"].get("devices") or {}
        names = [str(name) for name in devices.values()]
        version = saved.document.get("losscli") or "unknown"
        parts = [saved.name, f"losscli {version}", *names]
        yield f"{word} {' · '.join(escape(part) for part in parts)}"
    yield f"new time over old time: above 1 is slower; up to {percent(result.terms.margin)} is none"


def _setting(row: Mapping[str, Any]) -> str:
    where = "" if row["device"] == "cpu" else f" {row['device']}"
    shape = "x".join(map(str, row["shape"]))
    return escape(f"{row['label']} {shape} {row['dtype']}{where}")


def _pass(row: Mapping[str, Any]) -> str:
    cold = row["cache"] == "cold" and row["device"] == "cpu"
    return escape(f"{row['pass']}{', cold caches' if cold else ''}")


def _table(title: str, pairs: "list[Pair]") -> Table:
    lines: list[TableRow] = []
    for caption, part in groupby(pairs, lambda pair: _pass(pair.new)):
        lines.append(TableRow((caption,), "dim"))
        lines += [_line(pair) for pair in part]
    return Table((title, *_HEADS), lines, frozenset({0, 4, 5, 6}), ("old", "new", "95 % interval"))


def _line(pair: "Pair") -> TableRow:
    cells = (
        f"  {escape(str(pair.new['impl']))}",
        *("-" if time is None else duration(time) for time in (pair.old_s, pair.new_s)),
        "-" if pair.used is None else f"{pair.used.value:.3f}",
        _interval(pair.used),
        "-" if pair.used is None else escape(pair.anchor) if pair.anchor else "raw",
        pair.verdict,
    )
    return TableRow(cells, _STYLES.get(pair.verdict, ""))


def _interval(ratio: "Ratio | None") -> str:
    if ratio is None or ratio.ci is None:
        return "-"
    return f"[{ratio.ci[0]:.3f}, {ratio.ci[1]:.3f}]"


def _tail(result: "Differences") -> Iterator[str]:
    yield from _reasons(result)
    for word, rows in (("OLD", result.only_old), ("NEW", result.only_new)):
        names = [escape(_name(row)) for row in rows]
        if names:
            more = f"; and {len(names) - _SOME} more" if len(names) > _SOME else ""
            yield f"only in {word}: {'; '.join(names[:_SOME])}{more}"
    if any(pair.anchor for pair in result.rows):
        yield (
            "against an implementation: its times in the same rounds, of the same version in both "
            "runs, are divided out"
        )
    if any(pair.used and not pair.anchor for pair in result.rows):
        allowed = percent(result.terms.between_runs)
        yield f"raw: the interval allows {allowed} of standard deviation for each run as a whole"
    counts = [f"{count} {verdict}" for verdict, count in result.counts.items() if count]
    code = f"; exit code {result.exit_code}" if result.exit_code else ""
    yield f"{', '.join(counts)}; verdicts by Holm over the rows, at 95 %{code}"


def _reasons(result: "Differences") -> Iterator[str]:
    """Each reason once, with the rows that it holds for."""
    found: dict[tuple[str, str], list[str]] = {}
    for pair in result.rows:
        if pair.reason:
            found.setdefault((pair.verdict, pair.reason), []).append(escape(_name(pair.new)))
    for (verdict, reason), names in found.items():
        rows = names[0] if len(names) == 1 else f"{len(names)} rows"
        yield f"{verdict.upper() if verdict == 'wrong now' else verdict}: {escape(reason)} ({rows})"
    across = [pair for pair in result.rows if pair.differs and result.terms.across]
    words = dict.fromkeys(str(other) for pair in across for other in pair.differs)
    if words:
        yield f"decided across: {escape('; '.join(words))} ({len(across)} rows)"
