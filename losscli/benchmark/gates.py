"""A benchmark beside its gates: what a selector names in its document, and in a saved one.

Times and speed-ups are judged by their intervals; memory by its number. A time that is held against
a factor of a saved one is judged by the interval of the ratio, as `losscli diff` makes it.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

from losscli.differences.benchmarks import compare_benchmarks
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
from losscli.gates.grammar import groups_text
from losscli.gates.judge import missing_result, worst_result
from losscli.results.difference import Pair, Saved, Terms

_Key: TypeAlias = tuple[tuple[str, str], ...]
_RowKey: TypeAlias = tuple[str, _Key]

_KEYS = ("impl", "device", "dtype", "shape", "pass", "cache")


def judge_benchmark(
    document: Mapping[str, Any],
    gates: Sequence[Gate],
    baseline: "Mapping[str, Any] | str" = "there is no baseline",
) -> tuple[GateResult, ...]:
    """The gates of a benchmark, in their order; documents of the schema losscli/bench/1.

    baseline: why there is none, where it is a text.

    Raises UsageError for a gate that several losses could be meant by.
    """
    names = {str(row["label"]): str(row["loss"]) for row in document["rows"]}

    @cache
    def ratios() -> "Mapping[_RowKey, Pair] | str":
        return _ratios(document, baseline)

    def one(gate: Gate) -> GateResult:
        gate = gate._replace(stat="time") if gate.stat == "value" else gate
        if _by_factor(gate) and not isinstance(baseline, str):
            return _by_ratio(gate, document, baseline, ratios())
        (verdict,) = judge(
            [gate], lambda g: _rows(document, g), lambda g: _saved(baseline, document, g)
        )
        return verdict

    return tuple(one(gate) for gate in resolve_labels(gates, names))


def _by_factor(gate: Gate) -> bool:
    """Whether a time is held against a factor of the saved one."""
    limit = gate.limit
    if gate.stat != "time" or not isinstance(limit, BaselineLimit):
        return False
    return limit.stat in (None, "time") and not limit.offset


def _saved(
    baseline: "Mapping[str, Any] | str", document: Mapping[str, Any], gate: Gate
) -> Measurement | Mapping[str, Measurement]:
    """What the baseline's rows have, by the names of the document's own."""
    if isinstance(baseline, str):
        return Measurement(None, reason=baseline)
    names = _names(_taken(document, gate))
    rows = _taken(baseline, gate)
    if not rows:
        return Measurement(None, reason=f"the baseline: {_no_row(baseline, gate)}")
    return {
        names.get(key := _key(row), groups_text(list(key))[1:-1]): _number(row, gate.stat)
        for row in rows
    }


def _rows(document: Mapping[str, Any], gate: Gate) -> Measurement | Mapping[str, Measurement]:
    """What the rows that a gate takes have, by the keys that tell them apart."""
    rows = _taken(document, gate)
    if not rows:
        return Measurement(None, reason=_no_row(document, gate))
    names = _names(rows)
    return {names[_key(row)]: _number(row, gate.stat) for row in rows}


def _taken(document: Mapping[str, Any], gate: Gate) -> list[Mapping[str, Any]]:
    rows = [row for row in document["rows"] if row["label"] == gate.label]
    return [row for row in rows if gate.matches(dict(_key(row)))]


def _key(row: Mapping[str, Any]) -> _Key:
    shape = "x".join(map(str, row["shape"]))
    return tuple((key, shape if key == "shape" else str(row[key])) for key in _KEYS)


def _row_key(row: Mapping[str, Any]) -> _RowKey:
    """What tells a row from all others of its benchmark."""
    return str(row["label"]), _key(row)


def _names(rows: Sequence[Mapping[str, Any]]) -> dict[_Key, str]:
    """A name for each row, of the keys in which the rows differ."""
    keys = [_key(row) for row in rows]
    telling = {pair[0] for one in keys for pair in one if any(pair not in key for key in keys)}
    return {
        key: groups_text([pair for pair in key if pair[0] in telling])[1:-1] or "" for key in keys
    }


def _no_row(document: Mapping[str, Any], gate: Gate) -> str:
    unknown = [key for key, _ in gate.groups if key not in _KEYS]
    if unknown:
        return f"rows of a benchmark are known by {', '.join(_KEYS)}, not by {', '.join(unknown)}"
    labels = dict.fromkeys(str(row["label"]) for row in document["rows"])
    if gate.label not in labels:
        return f"no loss is labelled {gate.label!r}: {', '.join(labels)}"
    return f"no row is {groups_text(gate.groups)[1:-1]}"


def _number(row: Mapping[str, Any], stat: str) -> Measurement:
    if stat not in ("value", *BENCH_STATS):
        return Measurement(None, reason=f"a benchmark has no {stat}: {', '.join(BENCH_STATS)}")
    if not row["correct"]:
        return Measurement(None, reason=f"it is wrong: {row.get('fault') or 'its answers'}")
    if stat == "peak_memory_bytes":
        peak = row.get("peak_memory_bytes")
        if not isinstance(peak, int | float):
            return Measurement(None, reason="its memory was not measured")
        return Measurement(float(peak))
    if stat == "speedup":
        return _spread(row.get("speedup"), row.get("speedup_ci"), "it has no speed-up")
    times = row.get("time_s") or {}
    return _spread(times.get("median"), times.get("ci"), "it was not timed")


def _spread(value: Any, ends: Any, reason: str) -> Measurement:
    if not isinstance(value, int | float):
        return Measurement(None, reason=reason)
    if not (isinstance(ends, list | tuple) and len(ends) == 2):
        return Measurement(float(value), reason="its rounds give no interval: too few, or drifting")
    return Measurement(float(value), ci=(float(ends[0]), float(ends[1])))


def _ratios(
    document: Mapping[str, Any], baseline: "Mapping[str, Any] | str"
) -> "Mapping[_RowKey, Pair] | str":
    """Each row beside the baseline's, or why none can be."""
    if isinstance(baseline, str):
        return baseline
    try:
        pairs = compare_benchmarks(
            Saved("baseline", baseline), Saved("result", document), Terms()
        ).rows
    except LossCliError as error:
        return error.message
    return {_row_key(pair.new): pair for pair in pairs}


def _by_ratio(
    gate: Gate,
    document: Mapping[str, Any],
    baseline: Mapping[str, Any],
    ratios: "Mapping[_RowKey, Pair] | str",
) -> GateResult:
    """A time against a factor of a saved one: the interval of their ratio against the factor."""
    assert isinstance(gate.limit, BaselineLimit)
    rows = _taken(document, gate)
    names = _names(rows)
    pairs = {} if isinstance(ratios, str) else ratios
    missing = ratios if isinstance(ratios, str) else "the baseline has no such row"
    found = [
        (names[key], _of_ratio(gate, row, pairs.get(_row_key(row)), missing))
        for key, row in zip(map(_key, rows), rows, strict=True)
    ]
    if not found:
        return judge([gate], lambda _: Measurement(None, reason=_no_row(document, gate)))[0]
    gone = [key for key in map(_key, _taken(baseline, gate)) if key not in names]
    return worst_result(
        [*found, *(missing_result(gate, groups_text(list(key))[1:-1]) for key in gone)]
    )


def _of_ratio(gate: Gate, row: Mapping[str, Any], pair: "Pair | None", missing: str) -> GateResult:
    """One row's gate: decided by the interval of the ratio, told in seconds."""
    assert isinstance(gate.limit, BaselineLimit)
    ratio = gate._replace(limit=gate.limit.factor, stat="ratio")
    (verdict,) = judge([ratio], lambda _: _ratio(row, pair, missing))
    if verdict.value is None or pair is None or pair.old_s is None:
        return verdict._replace(gate=gate, limit=None, value=None)
    words = ", ".join(filter(None, (f"{verdict.value:.3g} x the baseline", verdict.reason)))
    limit = gate.limit.of(pair.old_s)
    return verdict._replace(gate=gate, value=pair.new_s, limit=limit, reason=words)


def _ratio(row: Mapping[str, Any], pair: "Pair | None", missing: str) -> Measurement:
    """The ratio of a row's time to the baseline's, or why it is no evidence."""
    if not row["correct"]:
        return _number(row, "time")
    if pair is None:
        return Measurement(None, reason=missing)
    if pair.differs or pair.used is None:
        reason = "; ".join(map(str, pair.differs)) or pair.reason or "it was not timed"
        return Measurement(None, reason=reason)
    spoilt = "" if pair.used.ci else "too few rounds for an interval"
    return Measurement(pair.used.value, ci=pair.used.ci, reason=spoilt)
