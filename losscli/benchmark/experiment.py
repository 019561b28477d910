"""`Experiment`: one job in one direction; its implementations are checked and timed together."""

import statistics
import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

from losscli.benchmark import clock as clocks
from losscli.benchmark.affinity import on_own_core
from losscli.benchmark.jobs import Candidate, Job
from losscli.benchmark.rounds import Stop, TimedCall, hidden_work, run_rounds, warm_up
from losscli.benchmark.scrutiny import reduced_precision, reuses_work, small_fault
from losscli.checks.answer_check import FaultError, check_call, exception_text
from losscli.checks.input_data import InputData
from losscli.checks.precision import precision
from losscli.results.documents.bench import Limit

_IMPLAUSIBLE = 1.3  # times faster than memory allows
_LIMIT_TRIES = 3
_SLOW_S = 0.2  # the precision of slower calls is not looked at: it takes several
_TAMPERS = "it replaces the clock"


@dataclass(slots=True)
class Experiment:
    """An experiment and its results.

    both: True for forward+backward. read, written: bytes that the work must move. stopped_by: why
    rounds ended. noise: the noise floor, where it was measured. limit: the bandwidth at the size of
    the working set.
    """

    job: Job
    both: bool
    read: int
    written: int
    timed_calls: list[TimedCall] = field(default_factory=list)
    stopped_by: str = ""
    noise: float | None = None
    limit: Limit | None = None
    _own: list[TimedCall] = field(default_factory=list)

    @property
    def moved(self) -> int:
        """The least bytes that the work must move, which are its working set too."""
        return self.read + self.written

    @property
    def limit_s(self) -> float | None:
        """The time of these bytes at peak bandwidth.

        None if arithmetic decides instead of memory, or if the working set is too small for its
        bandwidth to be measured.
        """
        if self.limit is None or self.moved < self.limit.bytes // 2:
            return None
        return self._least_s

    @property
    def _least_s(self) -> float | None:
        """The same for the nearest working set that was measured: nothing can be faster."""
        if self.limit is None or self.job.workload.linear:
            return None
        return self.limit.time_s(self.read, self.written)

    def check_before(self, data: InputData) -> None:
        """Check every implementation, compile what needs it, and measure the bandwidth."""
        setting, device = self.job.setting, self.job.device
        spacing = float(precision(setting.dtype).spacing(data.mean()[0]))
        with device.quiet():
            for candidate in self.job.candidates:
                runner = candidate.runner
                if (runner.both if self.both else runner.forward) is not None:
                    self.timed_calls.append(self._checked(candidate, data, spacing))
            self.limit = device.limit(self.moved)

    def _checked(self, candidate: Candidate, data: InputData, spacing: float) -> TimedCall:
        """A candidate that is checked, and not timed yet."""
        implementation, runner, place, _ = candidate
        job = self.job
        caller = place.caller(runner, data, job.device, both=self.both)
        one = TimedCall(implementation.text, caller, spacing, runner.compiles)
        one.baseline = candidate.baseline
        _check_before(one, data)
        if implementation.reference is not None and one.check.correct:
            one.blame(small_fault(place, job.workload, job.setting, both=self.both))
            self._own.append(one)
        one.blame(caller.fault())
        return one

    def time(self, data: InputData, stop: Stop, *, noise: bool, memory: bool) -> float:
        """Time in rounds, check again, and return the seconds after the rounds.

        noise: True if the first implementation is timed against itself as well. memory: True if the
        device's own memory meter is read.
        """
        apart = on_own_core(self.job.setting.threads) if self.job.isolated else nullcontext()
        with self.job.device.quiet():
            with apart:
                end = self._run_rounds(data, stop, noise=noise)
            clocks.restore()
            for one in self.timed_calls:
                if memory and not one.failed:
                    one.peak_bytes = one.caller.peak()
                one.blame(one.caller.fault())
                one.blame(hidden_work(one))
            self._scrutinize(data)
            self._blame_implausible()
        return clocks.seconds() - end

    def _scrutinize(self, data: InputData) -> None:
        """Look at what timed calls do not show, of functions of users."""
        for one in self._own:
            if not one.times or one.fault:
                continue
            try:
                one.blame(reuses_work(one, data))
                if statistics.median(one.times) < _SLOW_S:
                    one.narrow = reduced_precision(one.caller, data, self.job.setting)
            except Exception as error:  # noqa: BLE001 - a user's code may raise anything
                one.check.exception = exception_text(error)

    def _run_rounds(self, data: InputData, stop: Stop, *, noise: bool) -> float:
        """Rounds of the correct implementations, together; then of each incorrect one, alone.

        Returns the reading of the clock when the rounds together ended.
        """
        cold = self.job.device.cold
        correct = [one for one in self.timed_calls if one.check.correct]
        incorrect = [one for one in self.timed_calls if not (one.check.correct or one.failed)]
        for one in correct:
            warm_up(one)
        twin = correct[0].copy() if noise and correct else None
        if correct:
            together = correct if twin is None else [*correct, twin]
            self.stopped_by = run_rounds(together, data, stop, cold=cold)
        end = clocks.seconds()
        if twin is not None and not (twin.failed or correct[0].failed):
            self.noise = correct[0].noise_floor(twin)
        _check_after(correct, data)
        for one in incorrect:  # they may change the inputs of others
            run_rounds([one], data, Stop(0.0, stop.deadline), cold=cold)
            data.rewrite()
        return end

    def _blame_implausible(self) -> None:
        """Blame implementations faster than memory allows, after measuring the limit again."""
        for one in self.timed_calls:
            for attempt in range(1, _LIMIT_TRIES + 1):
                if not one.times or self._least_s is None:
                    break
                times = self._least_s / statistics.median(one.times)
                if times <= _IMPLAUSIBLE:
                    break
                if attempt < _LIMIT_TRIES:
                    self.limit = self.job.device.limit(self.moved, again=True)
                else:
                    one.blame(f"implausible: {times:.1f} times as fast as memory allows here")


def _check_before(timed: TimedCall, data: InputData) -> None:
    """Check an implementation with poisoned memory, twice, and in other buffers."""
    if timed.compiles:
        _compile(timed)
    if not timed.failed:
        check_call(timed.caller, data, timed.check)
    if clocks.tampered():
        clocks.restore()
        timed.blame(_TAMPERS)


def _compile(timed: TimedCall) -> None:
    """Call for the first time, and measure how much longer it takes than the second."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            first = timed.caller.time().seconds
        second = timed.caller.time().seconds
        timed.compile_s = max(0.0, first - second)
    except Exception as error:  # noqa: BLE001 - a compiler may raise anything
        timed.check.exception = exception_text(error)


def _intact(timed: TimedCall) -> bool:
    try:
        return timed.caller.intact()
    except FaultError as error:
        timed.check.exception = str(error)
        return True


def _check_after(timed_calls: Sequence[TimedCall], data: InputData) -> None:
    """Check all implementations once more, on the contents that the rounds left."""
    changed = [timed for timed in timed_calls if not timed.failed and not _intact(timed)]
    for timed in changed:
        timed.blame("inputs changed while it was timed")
    if changed:
        data.rewrite()
    for timed in timed_calls:
        if timed.failed:
            continue
        if timed.tampered:
            timed.blame(_TAMPERS)
        try:
            answer = timed.caller.poisoned(*data.inputs(timed.caller.framework))
            timed.check.add(data, answer)
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            timed.check.exception = exception_text(error)
            continue
        if timed.stale:
            timed.blame("its answer stays the same while its inputs change")
        clocks.restore()
