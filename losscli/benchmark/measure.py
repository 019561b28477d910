"""`measure`: every implementation of every workload, checked, timed in rounds, checked again."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from losscli.backends.heap import prime_heap
from losscli.backends.machine import cores, environment
from losscli.benchmark import clock as clocks
from losscli.benchmark.devices import Device, open_device
from losscli.benchmark.experiment import Experiment, rows_of
from losscli.benchmark.memory import Request, host_peaks
from losscli.benchmark.rounds import Measurement, Stop, take, warm
from losscli.benchmark.verify import after, before
from losscli.benchmark.workloads import fits, losses_of, workload_of
from losscli.checks.input_data import InputData
from losscli.checks.inputs import InputGenerator
from losscli.checks.precision import precision
from losscli.errors import MissingError, UsageError
from losscli.implementations.implementation import Runner, Setting, UnsupportedError, Workload
from losscli.implementations.registry import Implementation, libraries, parse
from losscli.losses.spec.binding import BindContext, BoundLoss
from losscli.plans.bench import DEFAULT_LOSSES, BenchPlan
from losscli.results.document import Note, Timing
from losscli.results.documents.bench import Benchmark, BenchmarkRow, LeftOut, Limit
from losscli.sources.tables import read_array
from losscli.stats.signed_rank import ratio_interval

_DEFAULT_SIZE = {"cpu": 1 << 22, "cuda": 1 << 26}
_DEFAULT_IMPL = {"cpu": ("numpy", "torch"), "cuda": ("torch", "torch.compile")}
_MEMORY_SHARE = 0.2  # of the time, for peak memory in children
_LEAST_MEMORY_S = 30.0  # a child imports torch, which takes long where cores are busy
_LEAST_S = 0.3  # a experiment gets so long, however little time is left


@dataclass(slots=True)
class _Job:
    """A workload in a setting, with those who can do it; passes: whether with the backward one."""

    workload: Workload
    setting: Setting
    device: Device
    runners: list[tuple[Implementation, Runner]]
    passes: tuple[bool, ...]


@dataclass(slots=True)
class _Found:
    """What is collected while jobs are done."""

    experiments: list[Experiment] = field(default_factory=list)
    left_out: dict[tuple[str, str], None] = field(default_factory=dict)
    noise: float | None = None


def measure(plan: BenchPlan, progress: Callable[[float], None]) -> Benchmark:
    """Carry out a benchmark; progress is told the share of the work that is done.

    Raises UsageError for what makes no sense, MissingError where a device or a library that was
    named is absent.
    """
    begin = clocks.seconds()
    threads = plan.threads or cores()
    jobs, found = _jobs(plan, threads)
    clocks.restore()
    prime_heap()
    start = clocks.seconds()  # libraries are loaded
    until = start + plan.time * (1.0 - _MEMORY_SHARE)
    left = sum(len(job.passes) for job in jobs)
    total = left
    for job in jobs:
        drawn = InputGenerator(job.workload, _drawn_dtype(job.setting), plan.seed)
        data = InputData(job.workload, job.setting, drawn.all(), drawn)
        for both in job.passes:
            share = max(_LEAST_S, (until - clocks.seconds()) / left)
            experiment = _experiment(job, data, both, plan, share, noise=found.noise is None)
            found.experiments.append(experiment)
            found.noise = experiment.noise if found.noise is None else found.noise
            until += experiment.compile_s
            left -= 1
            progress(1.0 - left / total)
        del data
    rest = max(_LEAST_MEMORY_S, until - clocks.seconds() + _MEMORY_SHARE * plan.time)
    words = {one.text: one.words for job in jobs for one, _ in job.runners}
    peaks = _peaks(found.experiments, words, rest) if plan.memory else {}
    rows = [row for experiment in found.experiments for row in rows_of(experiment, peaks)]
    return Benchmark(
        rows=tuple(rows),
        limits=tuple(_limits(jobs)),
        noise_floor=found.noise,
        left_out=tuple(LeftOut(*each) for each in found.left_out),
        notes=tuple(_notes(rows)),
        environment=environment() | {"devices": _device_words(jobs)},
        threads=threads,
        seed=plan.seed,
        timing=Timing(clocks.seconds() - begin),
    )


def _jobs(plan: BenchPlan, threads: int) -> tuple[list[_Job], _Found]:
    """Everything that is asked for, prepared; what cannot be done is left out with its reason."""
    found = _Found()
    losses = losses_of(plan.loss or DEFAULT_LOSSES, BindContext(read_array, plan.at))
    for name in plan.dtype:
        precision(name)
    jobs = []
    for name in plan.device:
        device = open_device(name, threads, plan.cache)
        kind = name.partition(":")[0]
        implementations = _implementations(plan, kind, losses)
        for dtype in plan.dtype:
            setting = Setting(name, dtype, threads)
            for loss in losses:
                for size in _sizes(plan, loss, alone=len(losses) == 1, found=found):
                    workload = workload_of(loss, size, _DEFAULT_SIZE.get(kind, 1 << 22))
                    runners = list(_runners(implementations, workload, setting, plan, found))
                    passes = _passes(plan, runners)
                    if passes:
                        jobs.append(_Job(workload, setting, device, runners, passes))
                    elif runners:
                        found.left_out[workload.label, "no backward pass: --pass forward"] = None
    if not jobs:
        reasons = "; ".join(f"{impl}: {reason}" for impl, reason in found.left_out)
        raise MissingError("nothing is left to benchmark", place=reasons or None)
    return jobs, found


def _passes(plan: BenchPlan, runners: Sequence[tuple[Implementation, Runner]]) -> tuple[bool, ...]:
    """The passes that are wanted, and that somebody has: whether with the backward one."""
    wanted = {"forward": (False,), "forward+backward": (True,), "both": (False, True)}
    backward = any(runner.both is not None for _, runner in runners)
    return tuple(both for both in wanted[plan.passes] if runners and (backward or not both))


def _sizes(
    plan: BenchPlan, loss: "BoundLoss | str", *, alone: bool, found: _Found
) -> list[str | None]:
    """The sizes that a loss can take; None is its default, where no size was asked for."""
    if not plan.size:
        return [None]
    sizes: list[str | None] = [size for size in plan.size if fits(size, loss)]
    if not sizes:
        if alone:
            workload_of(loss, plan.size[0], 0)  # says what it takes
        label = loss if isinstance(loss, str) else loss.label
        found.left_out[label, f"no --size for it among {', '.join(plan.size)}"] = None
    return sizes


def _implementations(
    plan: BenchPlan, kind: str, losses: "Sequence[BoundLoss | str]"
) -> list[Implementation]:
    names: list[str] = []
    for text in plan.impl or _DEFAULT_IMPL.get(kind, ("torch",)):
        names += sorted(libraries(), key=_order) if text == "all" else [text]
    found = [parse(name, plan.at) for name in dict.fromkeys(names)]
    known = {name for loss in losses for name in _names(loss)}
    for one in found:
        if one.loss is not None and one.loss not in known:
            raise UsageError(
                f"{one.text} is bound to {one.loss}, which is not benchmarked",
                hint=f"-l {one.loss}",
            )
        if one.reference is not None and one.loss is None and len(losses) != 1:
            raise UsageError(
                f"{one.text} is bound to no loss, and there are {len(losses)}",
                hint=f"name one: -l LOSS, or --impl LOSS={one.text}",
            )
    return found


def _names(loss: "BoundLoss | str") -> tuple[str, ...]:
    return (loss,) if isinstance(loss, str) else (loss.loss.name, loss.label)


def _order(name: str) -> tuple[bool, bool, str]:
    return name != "numpy", not name.startswith("torch"), name


def _runners(
    implementations: Sequence[Implementation],
    workload: Workload,
    setting: Setting,
    plan: BenchPlan,
    found: _Found,
) -> Iterator[tuple[Implementation, Runner]]:
    for one in implementations:
        if one.loss not in (None, workload.name, workload.label):
            continue
        try:
            yield one, one.prepare(workload, setting)
        except UnsupportedError as reason:
            found.left_out[one.text, str(reason)] = None
        except MissingError as error:
            if one.text in plan.impl:
                raise
            found.left_out[one.text, error.message] = None


def _experiment(
    job: _Job, data: InputData, both: bool, plan: BenchPlan, share_s: float, *, noise: bool
) -> Experiment:
    """One pass of a job: check, warm up, take rounds, check again.

    noise: whether the first implementation takes part twice, to see what difference is none.
    """
    device = job.device
    resolve = None if plan.resolve is None else float(plan.resolve)
    stop = Stop(clocks.seconds() + share_s, resolve)
    experiment = Experiment(job.workload, job.setting, device, data.bytes_read, both, device.cold)
    experiment.written = data.bytes_written if both else 0
    spacing = float(precision(job.setting.dtype).spacing(np.float64(data.mean()[0])))
    with device.quiet():
        for implementation, runner in job.runners:
            call = runner.both if both else runner.forward
            if call is not None:
                measurement = Measurement(implementation.text, call, runner.framework, spacing)
                experiment.entries.append(before(measurement, runner, data, device.clock))
        _contest(experiment, data, stop, noise=noise)
        clocks.restore()
        if device.peak is not None and plan.memory:
            for entry in experiment.entries:
                if not entry.measurement.failure:
                    inputs = data.inputs(entry.measurement.framework)
                    entry.peak = device.peak(entry.measurement.call, inputs)
    experiment.limit = device.limit(experiment.moved)
    experiment.refuse_implausible()
    return experiment


def _contest(experiment: Experiment, data: InputData, stop: Stop, *, noise: bool) -> None:
    """Rounds of those that are right so far, together; then of each that is wrong, alone."""
    clock, cold = experiment.device.clock, experiment.cold
    sound = [entry for entry in experiment.entries if entry.verdict.right]
    wrong = [
        entry
        for entry in experiment.entries
        if not (entry.verdict.right or entry.measurement.failure)
    ]
    measurements = [entry.measurement for entry in sound]
    for measurement in measurements:
        warm(measurement, data, clock)
    twin = None
    if noise and measurements:
        first = measurements[0]
        twin = Measurement(first.name, first.call, first.framework, first.spacing)
    if measurements:
        contest = measurements if twin is None else [*measurements, twin]
        experiment.stopped_by = take(contest, data, clock, stop, cold=cold)
    if twin is not None and not (twin.failure or measurements[0].failure):
        experiment.noise = _floor(measurements[0], twin)
    after(sound, data)
    for entry in wrong:  # they may spoil what others are given
        take([entry.measurement], data, clock, Stop(0.0, None), cold=cold)
        data.rewrite()


def _floor(first: Measurement, twin: Measurement) -> float | None:
    """The smallest difference that is not noise: the interval of a ratio that is 1."""
    logs = [math.log(a / b) for a, b in zip(first.times, twin.times, strict=True)]
    _, low, high = ratio_interval(logs)
    reach = max(abs(low), abs(high))
    return math.expm1(reach) if math.isfinite(reach) else None


def _peaks(
    experiments: Sequence[Experiment], words: Mapping[str, str], limit_s: float
) -> dict[tuple[int, str], int | None]:
    """The peak memory of each measurement on the CPU, compiled ones excepted.

    words: what names the implementation of a measurement to a process of its own.
    """
    keys: list[tuple[int, str]] = []
    requests = []
    for experiment in experiments:
        for entry in experiment.entries:
            measurement = entry.measurement
            if experiment.setting.device == "cpu" and not (
                measurement.failure or entry.runner.compiles
            ):
                keys.append((id(experiment), measurement.name))
                requests.append(_request(experiment, measurement, words[measurement.name]))
    return dict(zip(keys, host_peaks(requests, limit_s), strict=True))


def _request(experiment: Experiment, measurement: Measurement, words: str) -> Request:
    shape = experiment.workload.shape
    small = (min(64, shape[0]), *(min(64, n) for n in shape[1:]))
    return Request(
        impl=words,
        loss=experiment.workload.words,
        shape=shape,
        warm_shape=small,
        setting=experiment.setting,
        both=experiment.both,
        torch=measurement.framework == "torch",
    )


def _limits(jobs: Sequence[_Job]) -> Iterator[Limit]:
    for device in dict.fromkeys(job.device for job in jobs):
        yield from device.limits()


def _device_words(jobs: Sequence[_Job]) -> dict[str, str]:
    return {job.setting.device: job.device.described() for job in jobs}


def _notes(rows: Sequence[BenchmarkRow]) -> Iterator[Note]:
    if any(row.impl == "numpy" for row in rows) and any(row.impl != "numpy" for row in rows):
        yield Note("arithmetic", "numpy computes in float64 and sums exactly; others in the dtype")


def _drawn_dtype(setting: Setting) -> str:
    return "float32" if setting.dtype == "bfloat16" else setting.dtype
