"""Rows of a benchmark, and its conclusions, from the timed calls of its experiments."""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TypeAlias

from losscli.benchmark.experiment import Experiment
from losscli.benchmark.rounds import TimedCall
from losscli.checks.rule import LOSES_DIGITS
from losscli.results.document import Note, pass_name
from losscli.results.documents.bench import BenchmarkRow, Conclusion, SpeedVerdict, Times
from losscli.stats.formatting import ulps
from losscli.stats.order_statistics import bimodal, median_interval, outliers
from losscli.stats.signed_rank import ratio_interval

_LAUNCH_BOUND = 5.0
NOISY = 0.25  # beyond this noise floor nothing is compared

PeakKey: TypeAlias = tuple[int, bool, str]  # the id of a job, the direction, the implementation
_Interval: TypeAlias = tuple[float, float] | None


def refusal(noise_floor: float | None, margin: float = math.inf) -> str:
    """The reason to compare nothing; empty if the noise floor allows it or is unknown.

    margin: the difference that is asked about, if it is smaller than a quarter.
    """
    if noise_floor is None or noise_floor <= min(margin, NOISY):
        return ""
    share = f"{100 * noise_floor:.2g}" if noise_floor < 1.0 else f"{100 * noise_floor:.0f}"
    return f"too noisy to compare (A/A {share} %): close other work, or --threads 1"


def rows_of(
    experiment: Experiment, peaks: Mapping[PeakKey, int | None], *, noisy: bool = False
) -> Iterator[BenchmarkRow]:
    """The rows of an experiment; the baseline of a speed-up is the first, or another version.

    noisy: True if there are no speed-ups.
    """
    job, limit_s = experiment.job, experiment.limit_s
    calls = {one.name: one for one in experiment.timed_calls}
    for one in experiment.timed_calls:
        first = calls.get(one.baseline, experiment.timed_calls[0])
        # An incorrect baseline is not one: it was not timed with the others.
        incomparable = one.fault or first.fault or one.vacuous or (noisy and one is not first)
        speedup, interval = (None, None) if incomparable else _speedup(first, one)
        value, gradient = one.check.value, one.check.gradient
        peak = peaks.get((id(job), experiment.both, one.name))
        times = _times(one)
        yield BenchmarkRow(
            loss=job.workload.name,
            label=job.workload.label,
            impl=one.name,
            device=job.setting.device,
            dtype=job.setting.dtype,
            shape=job.workload.shape,
            passes=pass_name(experiment.both),
            cache="cold" if job.device.cold else "warm",
            times=times,
            bytes=experiment.moved,
            gb_per_s=None if times is None else experiment.moved / times.median / 1e9,
            limit_time_s=limit_s,
            limit_fraction=limit_s / times.median if limit_s and times else None,
            peak_memory_bytes=one.peak_bytes or peak,
            max_ulp=max(value.ulp, one.timed_means.ulp) if value.count else None,
            max_rel_error=value.relative if value.count else None,
            grad_max_ulp=gradient.ulp if gradient.count else None,
            correct=not one.fault,
            fault=one.fault or None,
            speedup=speedup,
            speedup_ci=interval,
            rounds=len(one.times),
            stopped_by="failed" if one.failed else experiment.stopped_by,
            compile_s=one.compile_s,
            threads=job.setting.threads,
            notes=tuple(_notes(experiment, one, drifts=bool(speedup and not interval))),
        )


def _times(one: TimedCall) -> Times | None:
    if not one.times:
        return None
    low, high = median_interval(one.times)
    samples = one.samples
    return Times(
        median=statistics.median(one.times),
        ci=(low, high) if math.isfinite(low) and math.isfinite(high) else None,
        min=min(samples),
        mean=statistics.fmean(samples),
        stddev=statistics.stdev(samples) if len(samples) > 1 else 0.0,
        n=len(samples),
        outliers=outliers(samples),
        rounds_s=tuple(one.times),
        host_s=statistics.median(one.host_times) if one.host_times != one.times else None,
    )


def _speedup(first: TimedCall, one: TimedCall) -> tuple[float | None, _Interval]:
    if not one.times or len(one.times) != len(first.times):
        return None, None
    if one is first:
        return 1.0, (1.0, 1.0)
    estimate, low, high = ratio_interval(first.log_ratios(one))
    finite = math.isfinite(low) and math.isfinite(high)
    return math.exp(estimate), (math.exp(low), math.exp(high)) if finite else None


def _notes(experiment: Experiment, one: TimedCall, *, drifts: bool) -> Iterator[Note]:
    workload = experiment.job.workload
    where = f"{workload.label} {'x'.join(map(str, workload.shape))}"
    ulp = max(one.check.value.ulp, one.check.gradient.ulp)
    if LOSES_DIGITS < ulp < math.inf and not one.fault:
        yield Note("loses_digits", f"{one.name} is up to {ulps(ulp)} ULP off in {workload.label}")
    if one.narrow:
        text = f"{one.name} seems to round predictions to {one.narrow} in {where}"
        yield Note("low_precision", text)
    if not experiment.job.isolated:
        text = "implementations shared one process, where one can change the times of others"
        yield Note("in_process", text)
    if one.vacuous:
        dtype = experiment.job.setting.dtype
        yield Note("vacuous", f"a constant would pass as {where} in {dtype}")
    if drifts:
        text = f"the speed-up of {one.name} drifts too much for an interval in {where}"
        yield Note("no_interval", f"{text}: give it more --time")
    if bimodal(one.samples):
        yield Note("bimodal", f"the times of {one.name} have two modes in {where}")
    if one.throttled:
        text = f"{one.throttled:,} of {len(one.samples):,} samples were throttled"
        yield Note("throttled", text)
    if experiment.limit_s is None and not workload.linear:
        yield Note("launch_bound", f"{where} is so small that calls take longer than memory")
    launch = experiment.limit.launch_s if experiment.limit else None
    if launch and one.times and statistics.median(one.times) < _LAUNCH_BOUND * launch:
        yield Note("launch_bound", f"{one.name} is hardly longer than its launch in {where}")


def conclusions(rows: Sequence[BenchmarkRow], noise_floor: float | None) -> Iterator[Conclusion]:
    """The fastest implementation of each experiment against the baseline.

    If the baseline is the fastest, it is compared with the second. An experiment of fewer than two
    correct implementations has no conclusion.
    """
    for _, group in groupby(
        rows, lambda row: (row.label, row.shape, row.dtype, row.device, row.passes)
    ):
        first, *others = group
        timed = [(row.speedup, row) for row in others if row.speedup is not None]
        if timed:
            ratio, row = max(timed, key=lambda pair: pair[0])
            yield _conclusion(first, row, ratio, noise_floor)


def _conclusion(
    first: BenchmarkRow, other: BenchmarkRow, ratio: float, noise_floor: float | None
) -> Conclusion:
    faster, slower, ci = other, first, other.speedup_ci
    if ratio < 1.0:
        faster, slower, ratio = first, other, 1.0 / ratio
        ci = None if ci is None else (1.0 / ci[1], 1.0 / ci[0])
    verdict: SpeedVerdict
    if ci is None:
        verdict = "undecided"
    elif ci[0] <= 1.0:
        verdict = "not significant"
    else:
        # Two series of one call differ by as much: the machine is too noisy to tell.
        verdict = "too noisy" if ci[0] - 1.0 <= (noise_floor or 0.0) else "faster"
    return Conclusion(
        label=first.label,
        shape=first.shape,
        dtype=first.dtype,
        device=first.device,
        passes=first.passes,
        faster=faster.impl,
        slower=slower.impl,
        ratio=ratio,
        ci=ci,
        verdict=verdict,
    )
