"""A benchmark as a page: one table a workload, a caption a pass, a line an implementation."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from losscli.render.names import short_names
from losscli.render.page import Page, ReportCase, Table, TableRow
from losscli.results.text import escape
from losscli.stats.formatting import digits, duration, mebibytes, size, ulps

if TYPE_CHECKING:
    from losscli.results.documents.bench import Benchmark, BenchmarkRow, Limit

_HEADS = ("median", "+/-", "95 % interval", "GB/s", "% of peak", "memory")
_DROP_ORDER = ("memory", "GB/s", "95 % interval", "ULP grad")


def page(result: "Benchmark") -> Page:
    """The page of a benchmark."""
    names = short_names(row.impl for row in result.rows)
    tables = [
        _table(list(rows), names)
        for _, rows in groupby(
            result.rows, lambda row: (row.label, row.shape, row.dtype, row.device)
        )
    ]
    notes = [note.message for note in result.notes]
    return Page(list(_top(result)), tables, list(_tail(result)), notes)


def report_cases(result: "Benchmark") -> list[ReportCase]:
    """A row passes where it is right, however fast it is."""
    found = []
    for row in result.rows:
        shape = "x".join(map(str, row.shape))
        cold = ", cold caches" if row.cold and row.device == "cpu" else ""
        name = f"{row.impl}, {row.label} {shape} {row.dtype} {row.device} {row.passes}{cold}"
        if row.correct:
            words = "" if row.times is None else duration(row.times.median)
            found.append(ReportCase(name, "pass", words))
        else:
            found.append(ReportCase(name, "fail", row.fault or ""))
    return found


def _top(result: "Benchmark") -> Iterator[str]:
    for device, name in result.devices.items():
        limits = [limit for limit in result.limits if limit.device == device]
        many = f"{result.threads} thread{'' if result.threads == 1 else 's'}"
        threads = f" · {many} each" if device == "cpu" else ""
        yield f"{escape(name)}{threads}{_limit_words(limits)}"
    if result.noise_floor is not None:
        yield f"noise floor {_percent(result.noise_floor)} (A/A)"


def _kind(row: "BenchmarkRow") -> tuple[object, ...]:
    return row.label, row.shape, row.dtype, row.device


def _limit_words(limits: "Sequence[Limit]") -> str:
    if not limits:
        return ""
    first = limits[0]
    words = f" · peak: read {digits(first.read_gb_per_s)} GB/s"
    words += f", copy {digits(first.copy_gb_per_s)} GB/s"
    return words + (f", launch {duration(first.launch_s)}" if first.launch_s else "")


def _table(rows: "list[BenchmarkRow]", names: Mapping[str, str]) -> Table:
    first = rows[0]
    gradients = any(row.both for row in rows)
    where = "" if first.device == "cpu" else f" {first.device}"
    title = f"{escape(first.label)} {'x'.join(map(str, first.shape))} {first.dtype}{where}"
    heads = (title, *_HEADS, "ULP", *(("ULP grad",) if gradients else ()), "speed-up")
    lines: list[TableRow] = []
    for _, part in groupby(rows, lambda row: row.both):
        same = list(part)
        lines.append(TableRow((_caption(same[0]),), "dim"))
        lines += [_line(row, names[row.impl], gradients=gradients) for row in same]
    left = frozenset({0, len(heads) - 1, 2})
    return Table(heads, lines, left, _DROP_ORDER, {"+/-": "95 % interval"})


def _caption(row: "BenchmarkRow") -> str:
    words = f"{row.passes}{', cold caches' if row.cold and row.device == 'cpu' else ''}"
    words += f": moves {size(row.bytes)}"
    if row.limit_time_s is not None:
        words += f", {duration(row.limit_time_s)} at peak bandwidth"
    return words


def _line(row: "BenchmarkRow", name: str, *, gradients: bool) -> TableRow:
    name = f"  {escape(name)}"
    times = row.times
    cells = [
        name if row.correct else f"{name}  WRONG",
        "-" if times is None else duration(times.median),
        "" if times is None or times.ci is None else _plus_minus(times.ci, times.median),
        "-" if times is None or times.ci is None else _between(times.ci),
        "-" if row.gb_per_s is None else digits(row.gb_per_s),
        "-" if row.limit_fraction is None else f"{100 * row.limit_fraction:.0f} %",
        "-" if row.peak_memory_bytes is None else mebibytes(row.peak_memory_bytes),
        ulps(row.max_ulp),
        *((ulps(row.grad_max_ulp),) if gradients else ()),
        _speedup(row),
    ]
    if row.correct:
        return TableRow(tuple(cells))
    if times is not None:
        cells[1] = f"({cells[1]})"
    cells[2:6] = ["", "", "", ""]
    cells[-1] = ""
    return TableRow(tuple(cells), "red dim")


def _speedup(row: "BenchmarkRow") -> str:
    if row.speedup is None:
        return ""
    if row.speedup_ci == (1.0, 1.0):
        return "1"
    if row.speedup_ci is None:
        return f"{row.speedup:.3g}"
    low, high = row.speedup_ci
    digits = max(0, 1 - math.floor(math.log10(high - low))) if high > low else 2
    places = min(digits, 3 if high < 1.0 else 2 if high < 10.0 else 1)
    return f"{row.speedup:.{places}f} [{low:.{places}f}, {high:.{places}f}]"


def _tail(result: "Benchmark") -> Iterator[str]:
    for row in result.rows:
        if not row.correct:
            what = "x".join(map(str, row.shape))
            where = f"{escape(row.label)} {what} {row.passes}"
            yield f"WRONG {escape(row.impl)}, {where}: {escape(str(row.fault))}"
    for impl, label in dict.fromkeys((row.impl, row.label) for row in result.rows if row.fault):
        if ":" in impl:
            of = escape(impl).rpartition("=")[2]
            yield f"      the smallest input that fails: losscli check {of} --as {escape(label)}"
    seen: set[str] = set()
    for note in (note for row in result.rows for note in row.notes):
        if note.message not in seen:
            seen.add(note.message)
            yield f"note: {escape(note.message)}"
    compiled = [row for row in result.rows if row.compile_s]
    if compiled:
        total = math.fsum(row.compile_s or 0.0 for row in compiled)
        yield f"{escape(compiled[0].impl)} compiled in {total:.1f} s, not counted"
    rounds = [row.rounds for row in result.rows]
    least, most = min(rounds), max(rounds)
    words = f"{least}" if least == most else f"{least} to {most}"
    late = sum(row.stopped_by == "time" for row in result.rows)
    why = f", {late} of {len(result.rows)} rows ended by the time" if late else ""
    yield "memory is the peak above the inputs · speed-up above 1 is faster than the first row"
    yield f"{words} rounds, interleaved{why} · {result.wall_s:.0f} s"
    left = [f"{escape(each.impl)} ({escape(each.reason)})" for each in result.left_out]
    if left:
        yield f"left out: {'; '.join(left)}"
    if result.exit_code:
        wrong = sum(not row.correct for row in result.rows)
        yield f"{wrong} row{'s are' if wrong > 1 else ' is'} wrong; exit code {result.exit_code}"


def _between(ends: tuple[float, float]) -> str:
    low, high = ends
    for factor in (1.0, 1e3, 1e6, 1e9):
        if high * factor >= 0.9995:
            break
    width = max(high - low, 1e-12) * factor
    places = min(
        4, max(0, 1 - math.floor(math.log10(width)), 2 - math.floor(math.log10(high * factor)))
    )
    return f"[{low * factor:.{places}f}, {high * factor:.{places}f}]"


def _percent(share: float) -> str:
    return f"{100 * share:.1g} %" if share < 0.0995 else f"{100 * share:.0f} %"


def _plus_minus(ends: tuple[float, float], middle: float) -> str:
    return f"+/-{_percent((ends[1] - ends[0]) / (2.0 * middle))}"
