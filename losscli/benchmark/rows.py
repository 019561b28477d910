"""Rows of a benchmark, from the lanes of its blocks."""

import math
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from losscli.benchmark.devices import Device
from losscli.benchmark.rounds import Lane
from losscli.benchmark.verify import Entry
from losscli.checks.trial import Verdict
from losscli.implementations.implementation import Setting, Workload
from losscli.results.benchmark import Limit, Row, Times
from losscli.results.document import Note
from losscli.stats.ranks import bimodal, median_interval, outliers, ratio_interval

_IMPLAUSIBLE = 1.3  # so much faster than memory allows cannot be
_LOSES_DIGITS = 16.0  # ULP
_LAUNCH_BOUND = 5.0

_Speedup: TypeAlias = tuple[float, tuple[float, float] | None]  # and its interval


@dataclass(slots=True)
class Block:
    """One workload in one setting and pass: its contestants in their lanes, and their verdicts."""

    workload: Workload
    setting: Setting
    device: Device
    read: int
    both: bool
    cold: bool
    written: int = 0
    entries: list[Entry] = field(default_factory=list)
    stopped_by: str = ""
    noise: float | None = None
    limit: Limit | None = None

    @property
    def lanes(self) -> list[Lane]:
        """The contestants."""
        return [entry.lane for entry in self.entries]

    @property
    def compile_s(self) -> float:
        """What compilation took, which is no part of the time that was asked for."""
        return sum(entry.compile_s or 0.0 for entry in self.entries)

    @property
    def moved(self) -> int:
        """The least bytes that the work must move: its working set too."""
        return self.read + self.written

    @property
    def limit_s(self) -> float | None:
        """The time of these bytes at the limit.

        None where arithmetic decides and not memory, and where the working set is too small for a
        bandwidth to be measured.
        """
        if self.limit is None or self.moved < self.limit.bytes // 2:
            return None
        return self.least_s

    @property
    def least_s(self) -> float | None:
        """The same at the nearest working set that was measured: nothing can be faster."""
        if self.limit is None or self.workload.linear:
            return None
        return self.limit.time_s(self.read, self.written)

    def refuse_implausible(self) -> None:
        """Blame a contestant that was faster than memory can be, once memory was asked again."""
        for entry in self.entries:
            lane, verdict = entry.lane, entry.verdict
            for attempt in range(3):
                if not lane.times or self.least_s is None:
                    break
                times = self.least_s / statistics.median(lane.times)
                if times <= _IMPLAUSIBLE:
                    break
                if attempt < 2:
                    self.limit = self.device.limit(self.moved, again=True)
                    continue
                verdict.fault = verdict.fault or (
                    f"implausible: {times:.1f} times as fast as memory allows here"
                )


def rows_of(block: Block, peaks: Mapping[tuple[int, str], int | None]) -> Iterator[Row]:
    """The rows of a block; the first contestant is the baseline of the speed-up."""
    faults = [_fault(entry.lane, entry.verdict) for entry in block.entries]
    for entry, fault in zip(block.entries, faults, strict=True):
        lane, verdict = entry.lane, entry.verdict
        # A wrong baseline is none: it was not timed with the others.
        void = fault or faults[0] or _vacuous(lane, verdict)
        speedup = None if void else _speedup(block.lanes[0], lane)
        value, gradient = verdict.value, verdict.gradient
        yield Row(
            loss=block.workload.name,
            label=block.workload.label,
            impl=lane.name,
            device=block.setting.device,
            dtype=block.setting.dtype,
            shape=block.workload.shape,
            both=block.both,
            cold=block.cold,
            times=_times(lane),
            bytes=block.moved,
            limit_time_s=block.limit_s,
            peak_memory_bytes=entry.peak or peaks.get((id(block), lane.name)),
            max_ulp=max(value.ulp, lane.means.ulp) if value.count else None,
            max_rel_error=value.relative if value.count else None,
            grad_max_ulp=gradient.ulp if gradient.count else None,
            correct=not fault,
            fault=fault,
            speedup=speedup[0] if speedup else None,
            speedup_ci=speedup[1] if speedup else None,
            rounds=len(lane.times),
            stopped_by="failed" if lane.failure else block.stopped_by,
            compile_s=entry.compile_s,
            threads=block.setting.threads,
            notes=tuple(_notes(block, lane, verdict, speedup)),
        )


def _fault(lane: Lane, verdict: Verdict) -> str:
    """What is wrong with a contestant, in words; empty where nothing is."""
    if lane.failure or verdict.value.wrong or verdict.gradient.wrong:
        return lane.failure or verdict.words
    found = lane.means if lane.means.wrong else lane.rest
    if found.wrong:
        return f"wrong while it was timed: {found.found:.6g}, should be {found.should_be:.6g}"
    return verdict.fault


def _times(lane: Lane) -> Times | None:
    if not lane.times:
        return None
    low, high = median_interval(lane.times)
    samples = lane.samples
    return Times(
        median=statistics.median(lane.times),
        ci=(low, high) if math.isfinite(low) and math.isfinite(high) else None,
        min=min(samples),
        mean=statistics.fmean(samples),
        stddev=statistics.stdev(samples) if len(samples) > 1 else 0.0,
        n=len(samples),
        outliers=outliers(samples),
        rounds_s=tuple(lane.times),
        host_s=statistics.median(lane.host) if lane.host != lane.times else None,
    )


def _speedup(first: Lane, lane: Lane) -> _Speedup | None:
    if not lane.times or len(lane.times) != len(first.times):
        return None
    if lane is first:
        return 1.0, (1.0, 1.0)
    logs = [math.log(a / b) for a, b in zip(first.times, lane.times, strict=True)]
    estimate, low, high = ratio_interval(logs)
    ends = (math.exp(low), math.exp(high)) if math.isfinite(low) and math.isfinite(high) else None
    return math.exp(estimate), ends


def _vacuous(lane: Lane, verdict: Verdict) -> bool:
    """Whether a constant would have passed as well: then speed says nothing."""
    judged = verdict.gradient if verdict.gradient.count else lane.means + verdict.value
    return judged.vacuous


def _notes(block: Block, lane: Lane, verdict: Verdict, speedup: _Speedup | None) -> Iterator[Note]:
    where = f"{block.workload.label} {'x'.join(map(str, block.workload.shape))}"
    ulp = max(verdict.value.ulp, verdict.gradient.ulp)
    if _LOSES_DIGITS < ulp < math.inf and not _fault(lane, verdict):
        yield Note(
            "loses_digits", f"{lane.name} is up to {ulp:.3g} ULP off in {block.workload.label}"
        )
    if _vacuous(lane, verdict):
        words = f"a constant would pass as {where} in {block.setting.dtype}"
        yield Note("vacuous", words)
    if speedup and speedup[1] is None:
        words = f"the speed-up of {lane.name} drifts too much for an interval in {where}"
        yield Note("no_interval", f"{words}: give it more --time")
    if bimodal(lane.samples):
        yield Note("bimodal", f"the times of {lane.name} have two modes in {where}")
    if lane.throttled:
        words = f"{lane.throttled:,} of {len(lane.samples):,} samples were throttled"
        yield Note("throttled", words)
    if block.limit_s is None and not block.workload.linear:
        yield Note("launch_bound", f"{where} is so small that calls take longer than memory")
    launch = block.limit.launch_s if block.limit else None
    if launch and lane.times and statistics.median(lane.times) < _LAUNCH_BOUND * launch:
        yield Note("launch_bound", f"{lane.name} is hardly longer than its launch in {where}")
