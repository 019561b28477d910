"""Rounds: implementations take turns, so that a drift of the machine falls on all alike.

Within a round every implementation is called in turn, A B C, and in the next one C B A. Before each
call the contents of its inputs change; after it, outside the timing, its answer is judged.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from losscli.benchmark.clock import Clock, restore, seconds, tampered
from losscli.benchmark.stopping import looks, settled
from losscli.checks.answer_check import exception_text
from losscli.checks.input_data import InputData
from losscli.checks.rule import NO_ERRORS, ErrorStats
from losscli.checks.updates import AnswerSummary, Update
from losscli.implementations.implementation import Answer, Framework

_MOST_ROUNDS = 400
_FEWEST = 6  # rounds, however little time there is: fewer have no interval
_ROUND_S = 0.02  # quick calls are repeated within a round for so long
_MOST_CALLS = 32
_WARM_S = 0.5
_WARM_CALLS = 12
_SETTLED = 0.05


@dataclass(slots=True)
class Measurement:
    """One implementation of a experiment, and what was seen of it.

    times: the median seconds of its calls, one a round; host: the same with launching.
    samples: the seconds of all calls. spacing: one ULP of the mean. means: what the means of
    the calls were found to be, rest: what some rows of their gradients were.
    """

    name: str
    call: Callable[..., Answer]
    framework: Framework
    spacing: float
    times: list[float] = field(default_factory=list)
    host: list[float] = field(default_factory=list)
    samples: list[float] = field(default_factory=list)
    means: ErrorStats = NO_ERRORS
    rest: ErrorStats = NO_ERRORS
    same: bool = True
    mean: float | None = None
    throttled: int = 0
    tampered: bool = False
    failure: str = ""

    @property
    def stale(self) -> bool:
        """Whether every call gave the same mean, though the truth moved by more than it shows."""
        return self.same and self.means.high - self.means.low > 4.0 * self.spacing

    def judge(self, data: InputData, seen: AnswerSummary, update: Update) -> None:
        """Judge what was seen of the answer of a timed call."""
        mean, rest = data.judge_summary(seen, update)
        self.means += mean
        self.rest += rest
        self.same = self.same and self.mean in (None, seen.mean)
        self.mean = seen.mean


@dataclass(frozen=True, slots=True)
class Stop:
    """When rounds end: at `resolve` (a fraction, None is never) or at a time, on a clock."""

    until: float
    resolve: float | None


def warm(measurement: Measurement, data: InputData, clock: Clock) -> None:
    """Call until times have settled: caches, frequencies, thread pools; bounded in time."""
    begin = seconds()
    times: list[float] = []
    while len(times) < 3 or (seconds() - begin < _WARM_S and len(times) < _WARM_CALLS):
        try:
            times.append(clock.time(measurement.call, data.inputs(measurement.framework)).seconds)
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            measurement.failure = exception_text(error)
            return
        if len(times) >= 4 and abs(times[-1] - times[-2]) <= _SETTLED * times[-1]:
            break


def take(
    measurements: Sequence[Measurement],
    data: InputData,
    clock: Clock,
    stop: Stop,
    *,
    cold: bool = False,
) -> str:
    """Rounds until the stop, and what stopped them: "resolved", "time", "rounds" or "failed".

    An implementation that fails is called no more.
    """
    calls = _calls_a_round(measurements, data, clock)
    counts = set(looks(_MOST_ROUNDS))
    for number in range(1, _MOST_ROUNDS + 1):
        order = measurements if number % 2 else list(reversed(measurements))
        for measurement in order:
            if not measurement.failure:
                _turn(measurement, data, clock, calls, cold=cold)
        running = [measurement for measurement in measurements if not measurement.failure]
        if not running:
            return "failed"
        if stop.resolve is not None and number in counts and _resolved(running, stop.resolve):
            return "resolved"
        if seconds() >= stop.until and number >= _FEWEST and number % 2 == 0:
            return "time"
    return "rounds"


def _turn(
    measurement: Measurement, data: InputData, clock: Clock, calls: int, *, cold: bool
) -> None:
    """The calls of one round: inputs change before each call, and each answer is checked.

    What is true after each update is computed before the first call and the answers are judged
    after the last: whatever else runs between two calls takes their caches away.
    """
    times, host = [], []
    changes, seen = data.updates(calls), []
    inputs = data.inputs(measurement.framework)
    if not cold:
        _prime(measurement, inputs)
    for update in changes:
        data.apply(update)
        if cold:
            clock.flush()
        try:
            lap = clock.time(measurement.call, inputs)
            seen.append(data.summarize(lap.answer, update))
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            measurement.failure = exception_text(error)
            break
        times.append(lap.seconds)
        host.append(lap.host_s)
        measurement.throttled += lap.throttled
        if not data.holds(update, measurement.framework):
            measurement.failure = "it changes its inputs"
            break
        if tampered():
            measurement.tampered = True
            restore()
        del lap
    for summary, update in zip(seen, changes, strict=False):
        measurement.judge(data, summary, update)
    if measurement.failure:
        data.rewrite()
        return
    measurement.samples += times
    measurement.times.append(_median(times))
    measurement.host.append(_median(host))


def _prime(measurement: Measurement, inputs: tuple[Any, ...]) -> None:
    """Call on the contents of before: judging has cooled the caches and put threads to sleep."""
    with suppress(Exception):  # what it raises is seen when it is timed
        measurement.call(*inputs)


def _resolved(measurements: Sequence[Measurement], resolve: float) -> bool:
    from math import log

    first, *others = measurements
    if not others:
        pairs = [[log(a / b) for a, b in zip(first.times[::2], first.times[1::2], strict=False)]]
        return settled(pairs, resolve)
    return settled(
        [
            [log(a / b) for a, b in zip(first.times, measurement.times, strict=True)]
            for measurement in others
        ],
        resolve,
    )


def _calls_a_round(measurements: Sequence[Measurement], data: InputData, clock: Clock) -> int:
    """So many that the slowest implementation's turn takes some milliseconds."""
    slowest = 0.0
    for measurement in measurements:
        with suppress(Exception):  # what it raises is seen when it is timed
            lap = clock.time(measurement.call, data.inputs(measurement.framework))
            slowest = max(slowest, lap.seconds)
    return max(1, min(_MOST_CALLS, int(_ROUND_S / max(slowest, 1e-9))))


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else 0.5 * (ordered[middle - 1] + ordered[middle])
