"""`measure`: every implementation of every workload, checked, timed in rounds, checked again."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing

from losscli.backends.machine import cores, environment
from losscli.backends.numpy import prime_heap
from losscli.benchmark import clock as clocks
from losscli.benchmark.changes import changes
from losscli.benchmark.experiment import Experiment
from losscli.benchmark.interference import Interference
from losscli.benchmark.jobs import Job, Jobs
from losscli.benchmark.memory import Request, host_peaks
from losscli.benchmark.privileges import unreadable
from losscli.benchmark.rounds import Stop
from losscli.benchmark.rows import PeakKey, conclusions, refusal, rows_of
from losscli.benchmark.versions import opened
from losscli.checks.generators import InputGenerator
from losscli.checks.input_data import InputData
from losscli.plans.bench import BenchPlan
from losscli.results import repository
from losscli.results.document import Note, Timing
from losscli.results.documents.bench import Against, Benchmark, BenchmarkRow, LeftOut

_MEMORY_SHARE = 0.3  # of the time, at most, for peak memory in child processes
_GRACE_S = 1.0  # the whole may take so much longer, so that short experiments are not cut


def measure(plan: BenchPlan, progress: Callable[[float, str], None]) -> Benchmark:
    """Carry out a benchmark.

    progress: is called with the share of the work done, and the phase.

    Raises UsageError for a plan that makes no sense, MissingError if a named device or library is
    absent.
    """
    with ExitStack() as stack:
        stack.enter_context(unreadable())
        version = None
        if plan.against is not None:
            progress(0.0, f"preparing {plan.against}")
            version = stack.enter_context(opened(plan.against, plan.setup or ""))
        jobs = stack.enter_context(closing(Jobs(plan, plan.threads or cores(), version)))
        return _measure(plan, jobs, progress)


def _measure(plan: BenchPlan, jobs: Jobs, progress: Callable[[float, str], None]) -> Benchmark:
    begin, threads = clocks.seconds(), jobs.threads
    interference = Interference()
    run = _Run(plan, jobs.prepare(), progress)
    run.measure_memory()
    run.measure_limits()
    run.experiments()
    noisy = refusal(run.noise, math.inf if jobs.version is None else float(plan.margin))
    rows = [row for one in run.done for row in rows_of(one, run.peaks, noisy=bool(noisy))]
    return Benchmark(
        rows=tuple(rows),
        limits=tuple(limit for device in run.devices for limit in device.limits()),
        noise_floor=run.noise,
        left_out=tuple(LeftOut(*each) for each in jobs.left_out),
        notes=(*_notes(rows, run.cut, plan.time, noisy), *interference.notes()),
        environment=jobs.environment()
        | environment()
        | {"devices": {one.name: one.described() for one in run.devices}},
        threads=threads,
        seed=plan.seed,
        timing=Timing(clocks.seconds() - begin),
        conclusions=() if noisy or jobs.version else tuple(conclusions(rows, run.noise)),
        against=_against(plan, jobs, run, noisy),
    )


def _against(plan: BenchPlan, jobs: Jobs, run: "_Run", noisy: str) -> Against | None:
    version = jobs.version
    if version is None:
        return None
    git = repository.state()
    return Against(
        name=version.name,
        commit=version.commit,
        dirty=None if git is None else git.dirty,
        setup=plan.setup,
        margin=float(plan.margin),
        fail_on=tuple(plan.fail_on),
        environment=jobs.environment_of_version(),
        changes=tuple(changes(run.done, float(plan.margin), noisy)),
    )


class _Run:
    """A benchmark in progress, within its time.

    devices: those of its jobs. done: its experiments. noise: the noise floor once it is known.
    peaks: memory in bytes. cut: the work that there was no time for.
    """

    def __init__(
        self, plan: BenchPlan, jobs: Sequence[Job], progress: Callable[[float, str], None]
    ) -> None:
        clocks.restore()
        prime_heap()
        self.done: list[Experiment] = []
        self.noise: float | None = None
        self.peaks: dict[PeakKey, int | None] = {}
        self.cut: list[str] = []
        self._plan = plan
        self._jobs = jobs
        self.devices = list(dict.fromkeys(job.device for job in jobs))
        self._progress = progress
        self._deadline = clocks.seconds() + plan.time  # libraries are loaded
        self._left = self._total = sum(len(job.directions) for job in jobs)
        self._before_s = self._after_s = 0.0  # of the last experiment, around its rounds

    def measure_memory(self) -> None:
        """Peak memory of calls on the CPU, but those that compile, in child processes."""
        if not self._plan.memory:
            return
        self._progress(0.0, "memory")
        keys, requests = [], []
        for job in self._jobs:
            for both in job.directions:
                for one, runner, _, baseline in job.candidates:
                    if one.text == baseline:
                        continue  # its files are not here
                    present = runner.both is not None or not both
                    if job.device.kind == "cpu" and present and not runner.compiles:
                        keys.append((id(job), both, one.text))
                        work = job.workload
                        requests.append(
                            Request(one.words, work.words, work.shape, job.setting, both)
                        )
        peaks, late = host_peaks(requests, _MEMORY_SHARE * self._plan.time)
        self.peaks = dict(zip(keys, peaks, strict=True))
        self.cut += [f"the memory of {name}" for name in late]

    def measure_limits(self) -> None:
        """The bandwidth of each device's memory."""
        for device in self.devices:
            self._progress(0.0, f"bandwidth of {device.name}")
            device.limits()

    def experiments(self) -> None:
        """All experiments, as long as there is time; the first one in any case."""
        for job in self._jobs:
            data = None
            for both in job.directions:
                name = f"{job.workload.label} {'forward+backward' if both else 'forward'}"
                self._progress(1.0 - self._left / self._total, name)
                if self.done and self._deadline + _GRACE_S - clocks.seconds() < self._before_s:
                    self.cut.append(name)
                else:
                    begin = clocks.seconds()
                    data = data or _inputs(job, self._plan.seed)
                    self._experiment(job, data, begin, both=both)
                self._left -= 1
        self._progress(1.0, "")

    def _experiment(self, job: Job, data: InputData, begin: float, *, both: bool) -> None:
        share = (self._deadline - begin) / self._left
        written = data.bytes_written if both else 0
        experiment = Experiment(job, both, data.bytes_read, written)
        experiment.check_before(data)
        now = clocks.seconds()
        self._before_s = now - begin
        resolve = None if self._plan.resolve is None else float(self._plan.resolve)
        after_s = self._after_s if self.done else self._before_s  # checks, before they are known
        reserved = (self._left - 1) * self._before_s  # so that the others are checked and timed too
        deadline = self._deadline + _GRACE_S - reserved - after_s
        stop = Stop(begin + share - after_s, deadline, resolve)
        noise = self.noise is None
        self._after_s = experiment.time(data, stop, noise=noise, memory=self._plan.memory)
        self.noise = experiment.noise if noise else self.noise
        self.done.append(experiment)


def _inputs(job: Job, seed: int) -> InputData:
    """Inputs that follow from the seed at first; nobody can know their changes in advance."""
    first = InputGenerator(job.workload, job.setting.dtype, seed).all()
    changes = InputGenerator(job.workload, job.setting.dtype, None)
    return InputData(job.workload, job.setting, first, changes)


def _notes(
    rows: Sequence[BenchmarkRow], cut: Sequence[str], time: float, noisy: str
) -> Iterator[Note]:
    if noisy:
        yield Note("too_noisy", noisy)
    if any(row.impl == "numpy" for row in rows) and any(row.impl != "numpy" for row in rows):
        yield Note("arithmetic", "numpy computes in float64 and sums exactly; others in the dtype")
    if cut:
        yield Note("time_limit", f"--time {time:g} left no time for: {', '.join(cut)}")
