"""The faults of a benchmark: its measured document is changed and its gates judged again."""

from collections.abc import Iterable, Iterator
from typing import Any

from losscli.benchmark.gates import judge_benchmark
from losscli.commands.run import Baseline, Done
from losscli.config.plan import Step
from losscli.results.documents.bench import Benchmark, BenchmarkRow
from losscli.selftest.trials import FaultTrial

_FACTOR = 10.0  # of the time, or of the memory


def benchmark_trials(step: Step, baseline: Baseline, sound: Done) -> Iterator[FaultTrial]:
    """Judge the gates of a benchmark under each fault; sound: the run without a fault."""
    saved = baseline.result_of(step)
    result: Benchmark = sound.result
    rows = result.rows

    def trial(
        fault: str,
        changed: Iterable[BenchmarkRow],
        of: Benchmark | str = saved,
        failed: str = "",
    ) -> FaultTrial:
        gates = judge_benchmark(result.replace(rows=tuple(changed)), step.points, of)
        return FaultTrial(step.name, fault, tuple(gate.status for gate in gates), failed=failed)

    yield trial(f"{_FACTOR:g} times slower", [_slower(row) for row in rows])
    yield trial(f"{_FACTOR:g} times the memory", [_larger(row) for row in rows])
    implementations = list(dict.fromkeys(row.impl for row in rows))
    if len(implementations) > 1:
        remaining = [row for row in rows if row.impl != implementations[-1]]
        yield trial("an implementation gone", remaining)
    failed = "every gate is an error then"
    wrong = [row.replace(correct=False, fault="a fault") for row in rows]
    yield trial("wrong answers", wrong, failed=failed)
    yield trial("no rows", [], failed=failed)
    if not isinstance(saved, str):
        yield trial("stale baseline", rows, saved.replace(environment={}))
        yield trial("no baseline", rows, "there is no baseline")


def _slower(row: BenchmarkRow) -> BenchmarkRow:
    """A row whose times are longer, and whose speed-up falls accordingly."""
    if row.times is None:
        return row
    times = row.times.to_dict()
    longer = {k: v if k in ("n", "outliers") else _scaled(v, _FACTOR) for k, v in times.items()}
    slower = {name: _scaled(getattr(row, name), 1 / _FACTOR) for name in ("speedup", "speedup_ci")}
    return row.replace(times=row.times.replace(**longer), **slower)


def _larger(row: BenchmarkRow) -> BenchmarkRow:
    peak = row.peak_memory_bytes
    return row if peak is None else row.replace(peak_memory_bytes=int(peak * _FACTOR))


def _scaled(value: Any, factor: float) -> Any:
    if isinstance(value, list | tuple):
        return tuple(_scaled(item, factor) for item in value)
    return None if value is None else value * factor
