"""The faults of a benchmark: its measured document is changed and its gates judged again."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from losscli.benchmark.gates import judge_benchmark
from losscli.commands.run import Baseline, Done
from losscli.config.plan import Step
from losscli.results.document import json_numbers
from losscli.results.self_test import FaultTrial

_FACTOR = 10.0  # of the time, or of the memory


def benchmark_trials(step: Step, baseline: Baseline, sound: Done) -> Iterator[FaultTrial]:
    """Judge the gates of a benchmark under each fault; sound: the run without a fault."""
    saved = baseline.part("benches", step.name)
    document = json_numbers(sound.result.to_dict())
    rows = document["rows"]

    def trial(fault: str, changed: Sequence[Any], of: Any = saved, failed: str = "") -> FaultTrial:
        gates = judge_benchmark({**document, "rows": changed}, step.points, of)
        return FaultTrial(step.name, fault, tuple(gate.status for gate in gates), failed=failed)

    yield trial(f"{_FACTOR:g} times slower", [_slower(row) for row in rows])
    yield trial(f"{_FACTOR:g} times the memory", [_larger(row) for row in rows])
    implementations = list(dict.fromkeys(row["impl"] for row in rows))
    if len(implementations) > 1:
        remaining = [row for row in rows if row["impl"] != implementations[-1]]
        yield trial("an implementation gone", remaining)
    failed = "every gate is an error then"
    wrong = [{**row, "correct": False, "fault": "a fault"} for row in rows]
    yield trial("wrong answers", wrong, failed=failed)
    yield trial("no rows", [], failed=failed)
    if not isinstance(saved, str):
        yield trial("stale baseline", rows, {**saved, "environment": {}})
        yield trial("no baseline", rows, "there is no baseline")


def _slower(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with longer times, and a speed-up that is smaller by the same factor."""
    times = row.get("time_s")
    if not times:
        return dict(row)
    longer = {k: v if k in ("n", "outliers") else _scaled(v, _FACTOR) for k, v in times.items()}
    speedups = {key: _scaled(row.get(key), 1 / _FACTOR) for key in ("speedup", "speedup_ci")}
    return {**row, "time_s": longer, **speedups}


def _larger(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "peak_memory_bytes": _scaled(row.get("peak_memory_bytes"), _FACTOR)}


def _scaled(value: Any, factor: float) -> Any:
    """Multiply numbers, also those of lists; return anything else unchanged."""
    if isinstance(value, list):
        return [_scaled(item, factor) for item in value]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return value * factor if number else value
