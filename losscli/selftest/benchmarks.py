"""The faults of a benchmark: the document that was measured, changed and judged again."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from losscli.benchmark.gates import judge_benchmark
from losscli.commands.run import Baseline, Done
from losscli.config.plan import Step
from losscli.results.document import json_numbers
from losscli.results.self_test import FaultTrial

_MORE = 10.0  # times the time, or the memory


def benchmark_trials(step: Step, baseline: Baseline, sound: Done) -> Iterator[FaultTrial]:
    """The trips of a benchmark's gates; sound: the run as it is."""
    saved = baseline.part("benches", step.name)
    document = json_numbers(sound.result.to_dict())
    rows = document["rows"]

    def trip(fault: str, changed: Sequence[Any], of: Any = saved, spoilt: str = "") -> FaultTrial:
        gates = judge_benchmark({**document, "rows": changed}, step.points, of)
        return FaultTrial(step.name, fault, tuple(gate.status for gate in gates), failed=spoilt)

    yield trip(f"{_MORE:g} times slower", [_slowed(row) for row in rows])
    yield trip(f"{_MORE:g} times the memory", [_fattened(row) for row in rows])
    implementations = list(dict.fromkeys(row["impl"] for row in rows))
    if len(implementations) > 1:
        left = [row for row in rows if row["impl"] != implementations[-1]]
        yield trip("an implementation gone", left)
    spoilt = "every gate is an error then"
    wrong = [{**row, "correct": False, "fault": "a fault"} for row in rows]
    yield trip("wrong answers", wrong, spoilt=spoilt)
    yield trip("no rows", [], spoilt=spoilt)
    if not isinstance(saved, str):
        yield trip("stale baseline", rows, {**saved, "environment": {}})
        yield trip("no baseline", rows, "there is no baseline")


def _slowed(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row whose times are longer, and whose speed-up falls as it would beside the same rival."""
    times = row.get("time_s")
    if not times:
        return dict(row)
    longer = {k: v if k in ("n", "outliers") else _times(v, _MORE) for k, v in times.items()}
    slower = {key: _times(row.get(key), 1 / _MORE) for key in ("speedup", "speedup_ci")}
    return {**row, "time_s": longer, **slower}


def _fattened(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "peak_memory_bytes": _times(row.get("peak_memory_bytes"), _MORE)}


def _times(value: Any, factor: float) -> Any:
    """Numbers times a factor, in lists as well; all else as it is."""
    if isinstance(value, list):
        return [_times(item, factor) for item in value]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return value * factor if number else value
