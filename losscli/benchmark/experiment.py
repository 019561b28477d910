"""Rows of a benchmark, from the measurements of its experiments."""

import math
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from losscli.benchmark.devices import Device
from losscli.benchmark.rounds import Measurement
from losscli.benchmark.verify import Entry
from losscli.checks.answer_check import AnswerCheck
from losscli.implementations.implementation import Setting, Workload
from losscli.results.document import Note, pass_name
from losscli.results.documents.bench import BenchmarkRow, Limit, Times
from losscli.stats.order_statistics import bimodal, median_interval, outliers
from losscli.stats.signed_rank import ratio_interval

_IMPLAUSIBLE = 1.3  # so much faster than memory allows cannot be
_LOSES_DIGITS = 16.0  # ULP
_LAUNCH_BOUND = 5.0

_Speedup: TypeAlias = tuple[float, tuple[float, float] | None]  # and its interval


@dataclass(slots=True)
class Experiment:
    """One workload in one setting and pass, and the measurements of its implementations."""

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
    def measurements(self) -> list[Measurement]:
        """The implementations."""
        return [entry.measurement for entry in self.entries]

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
        """Mark implementations faster than memory allows, after measuring the limit again."""
        for entry in self.entries:
            measurement, verdict = entry.measurement, entry.verdict
            for attempt in range(3):
                if not measurement.times or self.least_s is None:
                    break
                times = self.least_s / statistics.median(measurement.times)
                if times <= _IMPLAUSIBLE:
                    break
                if attempt < 2:
                    self.limit = self.device.limit(self.moved, again=True)
                    continue
                verdict.fault = verdict.fault or (
                    f"implausible: {times:.1f} times as fast as memory allows here"
                )


def rows_of(
    experiment: Experiment, peaks: Mapping[tuple[int, str], int | None]
) -> Iterator[BenchmarkRow]:
    """The rows of a experiment; the first implementation is the baseline of the speed-up."""
    faults = [_fault(entry.measurement, entry.verdict) for entry in experiment.entries]
    for entry, fault in zip(experiment.entries, faults, strict=True):
        measurement, verdict = entry.measurement, entry.verdict
        # A wrong baseline is none: it was not timed with the others.
        void = fault or faults[0] or _vacuous(measurement, verdict)
        speedup = None if void else _speedup(experiment.measurements[0], measurement)
        value, gradient = verdict.value, verdict.gradient
        times = _times(measurement)
        yield BenchmarkRow(
            loss=experiment.workload.name,
            label=experiment.workload.label,
            impl=measurement.name,
            device=experiment.setting.device,
            dtype=experiment.setting.dtype,
            shape=experiment.workload.shape,
            passes=pass_name(experiment.both),
            cache="cold" if experiment.cold else "warm",
            times=times,
            bytes=experiment.moved,
            gb_per_s=None if times is None else experiment.moved / times.median / 1e9,
            limit_time_s=experiment.limit_s,
            limit_fraction=None
            if times is None or experiment.limit_s is None
            else experiment.limit_s / times.median,
            peak_memory_bytes=entry.peak or peaks.get((id(experiment), measurement.name)),
            max_ulp=max(value.ulp, measurement.means.ulp) if value.count else None,
            max_rel_error=value.relative if value.count else None,
            grad_max_ulp=gradient.ulp if gradient.count else None,
            correct=not fault,
            fault=fault or None,
            speedup=speedup[0] if speedup else None,
            speedup_ci=speedup[1] if speedup else None,
            rounds=len(measurement.times),
            stopped_by="failed" if measurement.failure else experiment.stopped_by,
            compile_s=entry.compile_s,
            threads=experiment.setting.threads,
            notes=tuple(_notes(experiment, measurement, verdict, speedup)),
        )


def _fault(measurement: Measurement, verdict: AnswerCheck) -> str:
    """What is wrong with an implementation, in words; empty where nothing is."""
    if measurement.failure or verdict.value.wrong or verdict.gradient.wrong:
        return measurement.failure or verdict.words
    found = measurement.means if measurement.means.wrong else measurement.rest
    if found.wrong:
        return f"wrong while it was timed: {found.found:.6g}, should be {found.expected:.6g}"
    return verdict.fault


def _times(measurement: Measurement) -> Times | None:
    if not measurement.times:
        return None
    low, high = median_interval(measurement.times)
    samples = measurement.samples
    return Times(
        median=statistics.median(measurement.times),
        ci=(low, high) if math.isfinite(low) and math.isfinite(high) else None,
        min=min(samples),
        mean=statistics.fmean(samples),
        stddev=statistics.stdev(samples) if len(samples) > 1 else 0.0,
        n=len(samples),
        outliers=outliers(samples),
        rounds_s=tuple(measurement.times),
        host_s=statistics.median(measurement.host)
        if measurement.host != measurement.times
        else None,
    )


def _speedup(first: Measurement, measurement: Measurement) -> _Speedup | None:
    if not measurement.times or len(measurement.times) != len(first.times):
        return None
    if measurement is first:
        return 1.0, (1.0, 1.0)
    logs = [math.log(a / b) for a, b in zip(first.times, measurement.times, strict=True)]
    estimate, low, high = ratio_interval(logs)
    ends = (math.exp(low), math.exp(high)) if math.isfinite(low) and math.isfinite(high) else None
    return math.exp(estimate), ends


def _vacuous(measurement: Measurement, verdict: AnswerCheck) -> bool:
    """Whether a constant would have passed as well: then speed says nothing."""
    judged = verdict.gradient if verdict.gradient.count else measurement.means + verdict.value
    return judged.vacuous


def _notes(
    experiment: Experiment, measurement: Measurement, verdict: AnswerCheck, speedup: _Speedup | None
) -> Iterator[Note]:
    where = f"{experiment.workload.label} {'x'.join(map(str, experiment.workload.shape))}"
    ulp = max(verdict.value.ulp, verdict.gradient.ulp)
    if _LOSES_DIGITS < ulp < math.inf and not _fault(measurement, verdict):
        yield Note(
            "loses_digits",
            f"{measurement.name} is up to {ulp:.3g} ULP off in {experiment.workload.label}",
        )
    if _vacuous(measurement, verdict):
        words = f"a constant would pass as {where} in {experiment.setting.dtype}"
        yield Note("vacuous", words)
    if speedup and speedup[1] is None:
        words = f"the speed-up of {measurement.name} drifts too much for an interval in {where}"
        yield Note("no_interval", f"{words}: give it more --time")
    if bimodal(measurement.samples):
        yield Note("bimodal", f"the times of {measurement.name} have two modes in {where}")
    if measurement.throttled:
        words = f"{measurement.throttled:,} of {len(measurement.samples):,} samples were throttled"
        yield Note("throttled", words)
    if experiment.limit_s is None and not experiment.workload.linear:
        yield Note("launch_bound", f"{where} is so small that calls take longer than memory")
    launch = experiment.limit.launch_s if experiment.limit else None
    if (
        launch
        and measurement.times
        and statistics.median(measurement.times) < _LAUNCH_BOUND * launch
    ):
        yield Note(
            "launch_bound", f"{measurement.name} is hardly longer than its launch in {where}"
        )
