"""A benchmark as a page: a table a workload, a caption a direction, a row an implementation."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from losscli.render.numbers import direction_of, setting_of, short_names
from losscli.render.page import Page, Quantity, ReportCase, Table, TableRow
from losscli.results.documents.bench import Against, Benchmark, BenchmarkRow, Conclusion, Limit
from losscli.results.text import escape
from losscli.stats.formatting import digits, duration, mebibytes, size, ulps

_HEADS = ("median", "+/-", "95 % interval", "GB/s", "% of peak", "memory", "ULP")
_DROP_ORDER = ("memory", "GB/s", "95 % interval", "ULP grad")


def page(result: Benchmark) -> Page:
    """The page of a benchmark."""
    names = short_names(row.impl for row in result.rows)
    tables = [_table(list(rows), names) for _, rows in groupby(result.rows, _workload)]
    notes = [note.message for note in result.notes]
    return Page(list(_top(result)), tables, list(_tail(result)), notes)


def report_cases(result: Benchmark) -> list[ReportCase]:
    """A row passes if it is correct, however fast it is."""
    cases = []
    for row in result.rows:
        setting = f"{row.label} {row.size} {row.dtype} {row.device}"
        name = f"{row.impl}, {setting} {direction_of(row)}"
        time = "" if row.times is None else duration(row.times.median)
        message = time if row.correct else row.fault or ""
        cases.append(ReportCase(name, "pass" if row.correct else "fail", message))
    return cases


def quantities(result: Benchmark) -> Iterator[Quantity]:
    """The median time and the memory of the correct rows; a wrong result is not a fast one."""
    for row in result.rows:
        if not row.correct:
            continue
        setting = {"impl": row.impl, "shape": row.size, "dtype": row.dtype, "device": row.device}
        setting |= {"pass": row.passes, "cache": row.cache}
        if row.times is not None:
            yield Quantity("time", row.label, row.times.median, setting, row.times.ci)
        if row.peak_memory_bytes is not None:
            yield Quantity("memory", row.label, row.peak_memory_bytes, setting)


def _top(result: Benchmark) -> Iterator[str]:
    for device, name in result.devices.items():
        limits = [limit for limit in result.limits if limit.device == device]
        many = f"{result.threads} thread{'' if result.threads == 1 else 's'}"
        threads = f" · {many} each" if device == "cpu" else ""
        yield f"{escape(name)}{threads}{_limit_words(limits)}"
    if result.noise_floor is not None:
        yield f"noise floor {_percent(result.noise_floor)} (A/A)"


def _limit_words(limits: Sequence[Limit]) -> str:
    if not limits:
        return ""
    first = limits[0]
    text = f" · peak: read {digits(first.read_gb_per_s)} GB/s"
    text += f", copy {digits(first.copy_gb_per_s)} GB/s"
    return text + (f", launch {duration(first.launch_s)}" if first.launch_s else "")


def _table(rows: list[BenchmarkRow], names: Mapping[str, str]) -> Table:
    first = rows[0]
    gradients = any(row.both for row in rows)
    of_gradients = ("ULP grad",) if gradients else ()
    heads = (escape(setting_of(first)), *_HEADS, *of_gradients, "speed-up")
    lines: list[TableRow] = []
    for _, part in groupby(rows, lambda row: row.both):
        same = list(part)
        lines.append(TableRow((_caption(same[0]),), "dim"))
        lines += [_line(row, names[row.impl], gradients=gradients) for row in same]
    right = (1, *range(3, len(heads) - 1))
    return Table(heads, lines, right, _DROP_ORDER, {"+/-": "95 % interval"})


def _caption(row: BenchmarkRow) -> str:
    text = f"{direction_of(row)}: moves {size(row.bytes)}"
    if row.limit_time_s is not None:
        text += f", {duration(row.limit_time_s)} at peak bandwidth"
    return text


def _line(row: BenchmarkRow, name: str, *, gradients: bool) -> TableRow:
    name = f"  {escape(name)}"
    times = row.times
    cells = [
        name if row.correct else f"{name}  INCORRECT",
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


def _speedup(row: BenchmarkRow) -> str:
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


def _tail(result: Benchmark) -> Iterator[str]:
    for row in result.rows:
        if not row.correct:
            where = f"{escape(row.label)} {row.size} {row.passes}"
            yield f"INCORRECT {escape(row.impl)}, {where}: {escape(str(row.fault))}"
    for impl, label in dict.fromkeys((row.impl, row.label) for row in result.rows if row.fault):
        if ":" in impl and impl not in result.other_version:
            of = escape(impl).rpartition("=")[2]
            yield f"  the smallest input that fails: losscli check {of} --as {escape(label)}"
    for message in dict.fromkeys(note.message for row in result.rows for note in row.notes):
        yield f"note: {escape(message)}"
    compiled = [row for row in result.rows if row.compile_s]
    if compiled:
        total = math.fsum(row.compile_s or 0.0 for row in compiled)
        yield f"{escape(compiled[0].impl)} compiled in {total:.1f} s, not part of its times"
    rounds = [row.rounds for row in result.rows]
    least, most = min(rounds), max(rounds)
    counts = f"{least}" if least == most else f"{least} to {most}"
    late = sum(row.stopped_by == "time" for row in result.rows)
    why = f", {late} of {len(result.rows)} rows ended by --time" if late else ""
    base = "the first row" if result.against is None else f"{escape(result.against.name)}"
    yield f"memory is the peak above the inputs · speed-up above 1 is faster than {base}"
    yield f"{counts} rounds, interleaved{why} · {result.wall_s:.0f} s"
    left = [f"{escape(each.impl)} ({escape(each.reason)})" for each in result.left_out]
    if left:
        yield f"left out: {'; '.join(left)}"
    yield from conclusions(result)
    if result.against is not None:
        yield from _changes(result.against)
    if result.exit_code:
        count = sum(not row.correct for row in result.rows)
        rows = "1 row is" if count == 1 else f"{count} rows are"
        exits = f"exit code {result.exit_code}"
        yield f"{rows} incorrect; {exits}" if count else exits


def conclusions(result: Benchmark) -> Iterator[str]:
    """One sentence a loss: the faster of two implementations, by direction."""
    names = short_names(row.impl for row in result.rows)
    for (label, shape, dtype, device), group in groupby(result.conclusions, _workload):
        several = len({one.shape for one in result.conclusions if one.label == label}) > 1
        size = f" {'x'.join(map(str, shape))}" if several else ""
        kind = f" {dtype}" if len({one.dtype for one in result.conclusions}) > 1 else ""
        where = f" {device}" if len({one.device for one in result.conclusions}) > 1 else ""
        clauses = "; ".join(_clause(one, names, result.noise_floor) for one in group)
        yield f"{escape(label)}{size}{kind}{where}: {clauses}"


def _changes(against: Against) -> Iterator[str]:
    """The other version, and a sentence for each implementation, loss and pass."""
    commit = "" if against.commit is None else f" ({against.commit[:12]})"
    dirty = ", with uncommitted changes here" if against.dirty else ""
    yield f"against {escape(against.name)}{commit}{dirty}, margin {100 * against.margin:.3g} %"
    for one in against.changes:
        size = "x".join(map(str, one.shape))
        where = f"{escape(one.label)} {size} {one.dtype}, {one.passes}: {escape(one.impl)}"
        if one.ratio is None:
            yield f"{where} is undecided: {escape(one.reason or 'it was not timed')}"
            continue
        low, high = one.ci or (math.nan, math.nan)
        interval = f"95 % CI {_times(low)} to {_times(high)}" if one.ci else "no interval"
        yield f"{where} is {one.verdict}, {_times(one.ratio)}x its time, {interval}"


def _workload(one: BenchmarkRow | Conclusion) -> tuple[str, tuple[int, ...], str, str]:
    return one.label, one.shape, one.dtype, one.device


def _clause(one: Conclusion, names: Mapping[str, str], noise: float | None) -> str:
    faster, slower = escape(names[one.faster]), escape(names[one.slower])
    if one.verdict == "undecided":
        return f"{faster} or {slower}, {one.passes}: undecided, there is no interval"
    if one.verdict == "too noisy":
        floor = "" if noise is None else f" (A/A noise {_percent(noise)})"
        pair = f"{faster} from {slower}, {one.passes}"
        return f"the machine is too noisy to tell {pair}{floor}"
    low, high = one.ci or (math.nan, math.nan)
    interval = f"95 % CI {_times(low)} to {_times(high)}"
    if one.verdict == "faster":
        return f"{faster} is {_times(one.ratio)}x faster than {slower}, {one.passes}, {interval}"
    ratio = f"ratio {_times(one.ratio)}, {interval}"
    return f"{faster} and {slower} do not differ significantly, {one.passes}, {ratio}"


def _times(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 10.0 else f"{ratio:.3g}"


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
