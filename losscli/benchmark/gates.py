"""Gates of a benchmark: the rows that a selector names, in its result and in a saved one.

Times and speed-ups are judged by their intervals, memory by its number. A limit that is a factor of
a saved time is judged by the interval of the ratio, as `losscli diff` computes it.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TypeAlias

from losscli.differences.benchmarks import compare_benchmarks
from losscli.differences.saved import Saved, Terms
from losscli.errors import LossCliError
from losscli.gates import (
    BENCH_STATS,
    BaselineLimit,
    Gate,
    GateResult,
    Measurement,
    judge,
    resolve_labels,
)
from losscli.gates.judge import missing_result, outcome, worst_result
from losscli.results.documents.bench import Benchmark, BenchmarkRow, RowKey
from losscli.results.documents.diff import TimeDiff
from losscli.results.gate import groups_text

_Key: TypeAlias = tuple[tuple[str, str], ...]  # as gates name a row
_Rows: TypeAlias = Mapping[RowKey, TimeDiff]

_TIMED = ("time", "speedup")
_KEYS = ("impl", "device", "dtype", "shape", "pass", "cache")


def judge_benchmark(
    result: Benchmark,
    gates: Sequence[Gate],
    baseline: Benchmark | str = "there is no baseline",
) -> tuple[GateResult, ...]:
    """The gates of a benchmark, in their order; baseline: a saved one, or why there is none.

    Raises UsageError for a gate whose label several losses have.
    """
    names = {row.label: row.loss for row in result.rows}
    ratios = cache(lambda: _ratios(result, baseline))

    def one(gate: Gate) -> GateResult:
        gate = gate._replace(stat="time") if gate.stat == "value" else gate
        rows = _selected(result, gate)
        if result.too_noisy and gate.stat in _TIMED and rows and all(row.correct for row in rows):
            return outcome(gate, "undecided", result.too_noisy)
        if _by_factor(gate) and not isinstance(baseline, str):
            return _by_ratio(gate, result, baseline, ratios())
        (verdict,) = judge(
            [gate], lambda g: _numbers(result, result, g), lambda g: _numbers(baseline, result, g)
        )
        return verdict

    return tuple(one(gate) for gate in resolve_labels(gates, names))


def _by_factor(gate: Gate) -> bool:
    """True if the limit of a time is a factor of the saved one."""
    limit = gate.limit
    if gate.stat != "time" or not isinstance(limit, BaselineLimit):
        return False
    return limit.stat in (None, "time") and not limit.offset


def _numbers(
    source: Benchmark | str, result: Benchmark, gate: Gate
) -> Measurement | Mapping[str, Measurement]:
    """The numbers of the result's or the baseline's rows, by the names of the result's rows."""
    if isinstance(source, str):
        return Measurement(None, reason=source)
    rows = _selected(source, gate)
    if not rows:
        place = "" if source is result else "the baseline: "
        return Measurement(None, reason=f"{place}{_no_row(source, gate)}")
    names = _names(_selected(result, gate))
    return {names.get(key := _key(row), _text(key)): _number(row, gate.stat) for row in rows}


def _selected(result: Benchmark, gate: Gate) -> list[BenchmarkRow]:
    rows = [row for row in result.rows if row.label == gate.label]
    return [row for row in rows if gate.matches(dict(_key(row)))]


def _key(row: BenchmarkRow) -> _Key:
    values = (row.impl, row.device, row.dtype, row.size, row.passes, row.cache)
    return tuple(zip(_KEYS, values, strict=True))


def _names(rows: Sequence[BenchmarkRow]) -> dict[_Key, str]:
    """A name for each row, of the keys in which the rows differ."""
    keys = [_key(row) for row in rows]
    distinct = {pair[0] for one in keys for pair in one if any(pair not in key for key in keys)}
    return {key: _text([pair for pair in key if pair[0] in distinct]) for key in keys}


def _text(pairs: Iterable[tuple[str, str]]) -> str:
    return groups_text(list(pairs))[1:-1]


def _no_row(result: Benchmark, gate: Gate) -> str:
    unknown = [key for key, _ in gate.groups if key not in _KEYS]
    if unknown:
        return f"rows of a benchmark are known by {', '.join(_KEYS)}, not by {', '.join(unknown)}"
    labels = dict.fromkeys(row.label for row in result.rows)
    if gate.label not in labels:
        return f"no loss is labelled {gate.label!r}: {', '.join(labels)}"
    return f"no row has {groups_text(gate.groups)[1:-1]}"


def _number(row: BenchmarkRow, stat: str) -> Measurement:
    if stat not in ("value", *BENCH_STATS):
        return Measurement(None, reason=f"a benchmark has no {stat}: {', '.join(BENCH_STATS)}")
    if not row.correct:
        return Measurement(None, reason=f"it is incorrect: {row.fault or 'its answers'}")
    if stat == "peak_memory_bytes":
        if row.peak_memory_bytes is None:
            return Measurement(None, reason="its memory was not measured")
        return Measurement(float(row.peak_memory_bytes))
    if stat == "speedup":
        return _spread(row.speedup, row.speedup_ci, "it has no speed-up")
    if row.times is None:
        return Measurement(None, reason="it was not timed")
    return _spread(row.times.median, row.times.ci, "it was not timed")


def _spread(value: float | None, ci: tuple[float, float] | None, reason: str) -> Measurement:
    if value is None:
        return Measurement(None, reason=reason)
    if ci is None:
        return Measurement(value, reason="its rounds give no interval: too few, or drifting")
    return Measurement(value, ci=ci)


def _ratios(result: Benchmark, baseline: Benchmark | str) -> _Rows | str:
    """Each row with the baseline's, or the reason why they cannot be compared."""
    if isinstance(baseline, str):
        return baseline
    try:
        pairs = compare_benchmarks(
            Saved("baseline", baseline), Saved("result", result), Terms()
        ).rows
    except LossCliError as error:
        return error.message
    return {pair.key: pair for pair in pairs}


def _by_ratio(
    gate: Gate, result: Benchmark, baseline: Benchmark, ratios: _Rows | str
) -> GateResult:
    """A time against a factor of a saved one: the interval of their ratio against the factor."""
    rows = _selected(result, gate)
    if not rows:
        return judge([gate], lambda _: Measurement(None, reason=_no_row(result, gate)))[0]
    names = _names(rows)
    pairs = {} if isinstance(ratios, str) else ratios
    missing = ratios if isinstance(ratios, str) else "the baseline has no such row"
    results = [
        (names[key], _of_ratio(gate, row, pairs.get(row.key), missing))
        for key, row in zip(map(_key, rows), rows, strict=True)
    ]
    lost = [key for key in map(_key, _selected(baseline, gate)) if key not in names]
    return worst_result(gate, [*results, *(missing_result(gate, _text(key)) for key in lost)])


def _of_ratio(gate: Gate, row: BenchmarkRow, pair: "TimeDiff | None", missing: str) -> GateResult:
    """One row's gate: decided by the interval of the ratio, stated in seconds."""
    assert isinstance(gate.limit, BaselineLimit)
    ratio = gate._replace(limit=gate.limit.factor, stat="ratio")
    (verdict,) = judge([ratio], lambda _: _ratio(row, pair, missing))
    if verdict.value is None or pair is None or pair.old_s is None:
        return verdict.replace(expr=gate.expr, limit=None, value=None)
    reason = ", ".join(filter(None, (f"{verdict.value:.3g} x the baseline", verdict.reason)))
    limit = gate.limit.of(pair.old_s)
    return verdict.replace(expr=gate.expr, value=pair.new_s, limit=limit, reason=reason)


def _ratio(row: BenchmarkRow, pair: "TimeDiff | None", missing: str) -> Measurement:
    """The ratio of a row's time to the baseline's, or the reason why there is no evidence."""
    if not row.correct:
        return _number(row, "time")
    if pair is None:
        return Measurement(None, reason=missing)
    if pair.differs or pair.ratio is None:
        reason = "; ".join(map(str, pair.differs)) or pair.reason or "it was not timed"
        return Measurement(None, reason=reason)
    reason = "" if pair.ci else "too few rounds for an interval"
    return Measurement(pair.ratio, ci=pair.ci, reason=reason)
