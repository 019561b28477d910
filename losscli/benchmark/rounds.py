"""Rounds: implementations take turns, so that a drift of the machine affects all alike.

Within a round every implementation is called in turn, A B C, and in the next one C B A. Before each
call the contents of its inputs change; after it, outside the timing, its answer is checked.
"""

import math
import statistics
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from losscli.benchmark.clock import Clock, restore, seconds, tampered
from losscli.benchmark.stopping import looks, settled
from losscli.benchmark.timed_call import TimedCall
from losscli.checks.answer_check import exception_text
from losscli.checks.input_data import InputData

_MAX_ROUNDS = 400
_MIN_ROUNDS = 6  # fewer have no interval
_ROUND_S = 0.02  # quick calls are repeated within a round for this long
_MAX_CALLS = 32
_WARM_UP_S = 0.5
_WARM_UP_CALLS = 12
_SETTLED = 0.05


@dataclass(frozen=True, slots=True)
class Stop:
    """When rounds end, in seconds of the clock.

    until: at least six rounds are taken. deadline: the last round ends, however few there are.
    resolve: the width of the ratios' intervals at which rounds end, as a fraction; None is never.
    """

    until: float
    deadline: float
    resolve: float | None = None


def warm_up(timed: TimedCall, data: InputData, clock: Clock) -> None:
    """Call until times have settled: caches, frequencies, thread pools; bounded in time."""
    begin = seconds()
    times: list[float] = []
    while len(times) < 3 or (seconds() - begin < _WARM_UP_S and len(times) < _WARM_UP_CALLS):
        try:
            inputs = data.inputs(timed.framework)
            times.append(clock.time(timed.call, inputs).seconds)
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            timed.check.exception = exception_text(error)
            return
        if len(times) >= 4 and abs(times[-1] - times[-2]) <= _SETTLED * times[-1]:
            break


def run_rounds(
    timed_calls: Sequence[TimedCall],
    data: InputData,
    clock: Clock,
    stop: Stop,
    *,
    cold: bool = False,
) -> str:
    """Time in rounds, and return why they ended: "resolved", "time", "rounds" or "failed".

    cold: True if caches are emptied before each call. What fails is not called again.
    """
    calls = _calls_a_round(timed_calls, data, clock)
    counts = set(looks(_MAX_ROUNDS))
    for number in range(1, _MAX_ROUNDS + 1):
        order = timed_calls if number % 2 else list(reversed(timed_calls))
        for timed in order:
            if not timed.failed:
                _take_turn(timed, data, clock, calls, cold=cold)
        running = [timed for timed in timed_calls if not timed.failed]
        if not running:
            return "failed"
        if stop.resolve is not None and number in counts and _resolved(running, stop.resolve):
            return "resolved"
        end = stop.until if number >= _MIN_ROUNDS else stop.deadline
        if number % 2 == 0 and seconds() >= end:
            return "time"
    return "rounds"


def _take_turn(timed: TimedCall, data: InputData, clock: Clock, calls: int, *, cold: bool) -> None:
    """The calls of one round: inputs change before each call, and each answer is checked.

    The truth after each update is computed before the first call, and the answers are checked after
    the last one: anything that runs between two calls takes their caches.
    """
    times, host_times = [], []
    updates, summaries = data.updates(calls), []
    inputs = data.inputs(timed.framework)
    if not cold:
        with suppress(Exception):  # the timed call reports what is raised
            timed.call(*inputs)  # untimed: checking has cooled the caches and put threads to sleep
    for update in updates:
        data.apply(update)
        if cold:
            clock.flush()
        try:
            lap = clock.time(timed.call, inputs)
            summaries.append(data.summarize(lap.answer, update))
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            timed.check.exception = exception_text(error)
            break
        times.append(lap.seconds)
        host_times.append(lap.host_s)
        timed.throttled += lap.throttled
        if not data.holds(update, timed.framework):
            timed.check.exception = "it changes its inputs"
            break
        if tampered():
            timed.tampered = True
            restore()
        del lap
    for summary, update in zip(summaries, updates, strict=False):
        timed.check_summary(data, summary, update)
    if timed.failed:
        data.rewrite()
        return
    timed.samples += times
    timed.times.append(statistics.median(times))
    timed.host_times.append(statistics.median(host_times))


def _resolved(timed_calls: Sequence[TimedCall], resolve: float) -> bool:
    first, *others = timed_calls
    if others:
        return settled([first.log_ratios(other) for other in others], resolve)
    pairs = zip(first.times[::2], first.times[1::2], strict=False)
    return settled([[math.log(a / b) for a, b in pairs]], resolve)


def _calls_a_round(timed_calls: Sequence[TimedCall], data: InputData, clock: Clock) -> int:
    """The number of calls by which the slowest implementation's turn takes some milliseconds."""
    slowest = 0.0
    for timed in timed_calls:
        with suppress(Exception):  # the timed call reports what is raised
            lap = clock.time(timed.call, data.inputs(timed.framework))
            slowest = max(slowest, lap.seconds)
    return max(1, min(_MAX_CALLS, int(_ROUND_S / max(slowest, 1e-9))))
