"""A benchmark beside its gates: what a selector names in its document, and in a saved one.

Times and speed-ups are judged by their intervals; memory by its number. A time that is held against
a factor of a saved one is judged by the interval of the ratio, as `losscli diff` makes it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from losscli.differences.compare import compare
from losscli.differences.result import Saved, Terms
from losscli.errors import LossCliError
from losscli.gates import BENCH_STATS, Found, Gate, Judged, Relative, judge, resolve
from losscli.gates.grammar import groups_text

_KEYS = ("impl", "device", "dtype", "shape", "pass", "cache")


def judged(
    document: Mapping[str, Any],
    gates: Sequence[Gate],
    baseline: "Mapping[str, Any] | str" = "there is no baseline",
) -> tuple[Judged, ...]:
    """The gates of a benchmark, in their order; documents of the schema losscli/bench/1.

    baseline: why there is none, where it is a text.

    Raises UsageError for a gate that several losses could be meant by.
    """
    names = {str(row["label"]): str(row["loss"]) for row in document["rows"]}

    def one(gate: Gate) -> Judged:
        if _of_time(gate) and isinstance(gate.limit, Relative) and not gate.limit.offset:
            return _by_ratio(gate, gate.limit, document, baseline)
        return judge([gate], lambda g: _rows(document, g), lambda g: _saved(baseline, document, g))[
            0
        ]

    return tuple(one(gate) for gate in resolve(gates, names))


def _by_numbers(
    gate: Gate, document: Mapping[str, Any], baseline: "Mapping[str, Any] | str"
) -> Judged:
    """A gate by the numbers of both documents."""
    (verdict,) = judge(
        [gate], lambda g: _rows(document, g), lambda g: _saved(baseline, document, g)
    )
    return verdict


def _of_time(gate: Gate) -> bool:
    same = isinstance(gate.limit, Relative) and gate.limit.stat in (None, "time")
    return gate.stat in ("value", "time") and same


def _saved(
    baseline: "Mapping[str, Any] | str", document: Mapping[str, Any], gate: Gate
) -> Found | Mapping[str, Found]:
    """What the baseline's rows have, by the names of the document's own."""
    if isinstance(baseline, str):
        return Found(None, reason=baseline)
    names = _names(_taken(document, gate))
    rows = _taken(baseline, gate)
    if not rows:
        return Found(None, reason=f"the baseline: {_no_row(baseline, gate)}")
    return {
        names.get(key := _key(row), groups_text(list(key))[1:-1]): _number(row, gate.stat)
        for row in rows
    }


def _rows(document: Mapping[str, Any], gate: Gate) -> Found | Mapping[str, Found]:
    """What the rows that a gate takes have, by the keys that tell them apart."""
    rows = _taken(document, gate)
    if not rows:
        return Found(None, reason=_no_row(document, gate))
    names = _names(rows)
    return {names[_key(row)]: _number(row, gate.stat) for row in rows}


def _taken(document: Mapping[str, Any], gate: Gate) -> list[Mapping[str, Any]]:
    rows = [row for row in document["rows"] if row["label"] == gate.label]
    return [row for row in rows if gate.takes(dict(_key(row)))]


def _key(row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    shape = "x".join(map(str, row["shape"]))
    return tuple((key, shape if key == "shape" else str(row[key])) for key in _KEYS)


def _names(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[tuple[str, str], ...], str]:
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


def _number(row: Mapping[str, Any], stat: str) -> Found:
    if stat not in ("value", *BENCH_STATS):
        return Found(None, reason=f"a benchmark has no {stat}: {', '.join(BENCH_STATS)}")
    if not row["correct"]:
        return Found(None, reason=f"it is wrong: {row.get('fault') or 'its answers'}")
    if stat == "peak_memory_bytes":
        peak = row.get("peak_memory_bytes")
        if not isinstance(peak, int | float):
            return Found(None, reason="its memory was not measured")
        return Found(float(peak))
    if stat == "speedup":
        return _spread(row.get("speedup"), row.get("speedup_ci"), "it has no speed-up")
    times = row.get("time_s") or {}
    return _spread(times.get("median"), times.get("ci"), "it was not timed")


def _spread(value: Any, ends: Any, reason: str) -> Found:
    if not isinstance(value, int | float):
        return Found(None, reason=reason)
    if not (isinstance(ends, list | tuple) and len(ends) == 2):
        return Found(float(value), reason="too few rounds for an interval")
    return Found(float(value), ci=(float(ends[0]), float(ends[1])))


def _by_ratio(
    gate: Gate, limit: Relative, document: Mapping[str, Any], baseline: "Mapping[str, Any] | str"
) -> Judged:
    """A time against a factor of a saved one: the interval of their ratio against the factor."""
    if isinstance(baseline, str):
        return judge([gate], lambda g: _rows(document, g), lambda g: _saved(baseline, document, g))[
            0
        ]
    found: dict[str, Found] = {}
    try:
        pairs = compare(Saved("baseline", baseline), Saved("result", document), Terms()).rows
    except LossCliError as error:
        pairs, reason = (), error.message
    else:
        reason = ""
    ratios = {_key(pair.new): pair for pair in pairs}
    names = _names(_taken(document, gate))
    for row in _taken(document, gate):
        pair, name = ratios.get(_key(row)), names[_key(row)]
        if pair is None:
            found[name] = Found(None, reason=reason or "the baseline has no such row")
        elif not row["correct"]:
            found[name] = _number(row, "time")
        elif pair.differs or pair.used is None:
            words = "; ".join(map(str, pair.differs)) or pair.reason or "it was not timed"
            found[name] = Found(None, reason=words)
        else:
            ends = pair.used.ci
            spoilt = "" if ends else "too few rounds for an interval"
            found[name] = Found(pair.used.value, ci=ends, reason=spoilt)
    rows = found or {"": Found(None, reason=_no_row(document, gate))}
    times = gate._replace(limit=limit.factor)
    (verdict,) = judge([times], lambda _: rows)
    words = verdict.reason
    if verdict.value is not None:
        words = ", ".join(filter(None, (f"{verdict.value:.3g} x the baseline", words)))
    return verdict._replace(gate=gate, reason=words)
