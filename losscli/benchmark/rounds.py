"""Rounds: implementations take turns, so that a drift of the machine affects all alike.

Within a round every implementation is called in turn, A B C, and in the next one C B A. Before each
call the contents of its inputs change; after it, outside the timing, its answer is checked. There
are enough rounds by the rule of `settled`.
"""

import math
import statistics
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from losscli.benchmark.callers import TimedCaller
from losscli.benchmark.clock import restore, seconds, tampered
from losscli.checks.answer_check import AnswerCheck, exception_text
from losscli.checks.input_data import InputData
from losscli.checks.rule import NO_ERRORS, ErrorStats
from losscli.checks.updates import AnswerSummary, Update
from losscli.stats.formatting import duration
from losscli.stats.order_statistics import Numbers
from losscli.stats.signed_rank import ratio_interval

_MAX_ROUNDS = 400
_MIN_ROUNDS = 6  # fewer have no interval
_ROUND_S = 0.02  # quick calls are repeated within a round for this long
_MAX_CALLS = 32
_WARM_UP_S = 0.5
_WARM_UP_CALLS = 12
_SETTLED = 0.05
_SHORTEST_S = 1e-9  # no call is shorter, whatever a replaced clock says
_HANDSHAKE_S = 100e-6  # a call, to ask for it and to hear of its end
_AGREES = 0.1


@dataclass(slots=True)
class TimedCall:
    """A call that is timed.

    spacing: one ULP of the mean. times: the median seconds of the calls of each round; host_times:
    the same with launching. samples: the seconds of all calls; hidden: those that each call took
    beyond, by the benchmark's own clock. check: of whole answers, before and after timing.
    timed_means, timed_rows, timed_slopes: errors of the answers of timed calls: of their means, of
    some rows if they are one loss a row, and of some rows of their gradients. tampered: True if a
    call replaced a clock. compile_s: how much longer the first call took; None if nothing is
    compiled. peak_bytes: the memory that a call adds to its inputs, None if unknown. narrow: a type
    narrower
    than the row's that it seems to compute in; empty if none is seen. baseline: the name of the
    call that its speed-up is over; empty for the first one.
    """

    name: str
    caller: TimedCaller
    spacing: float
    compiles: bool = False
    times: list[float] = field(default_factory=list)
    host_times: list[float] = field(default_factory=list)
    hidden: list[float] = field(default_factory=list)
    samples: list[float] = field(default_factory=list)
    check: AnswerCheck = field(default_factory=AnswerCheck)
    timed_means: ErrorStats = NO_ERRORS
    timed_rows: ErrorStats = NO_ERRORS
    timed_slopes: ErrorStats = NO_ERRORS
    throttled: int = 0
    tampered: bool = False
    compile_s: float | None = None
    peak_bytes: int | None = None
    narrow: str = ""
    baseline: str = ""
    _last_mean: float | None = None
    _same_mean: bool = True

    def copy(self) -> "TimedCall":
        """The same call, not timed yet."""
        return TimedCall(self.name, self.caller, self.spacing)

    @property
    def failed(self) -> bool:
        """True if a call raised or changed its inputs; it is not called again."""
        return bool(self.check.exception)

    @property
    def stale(self) -> bool:
        """True if every call gave the same mean although the true mean changed visibly."""
        means = self.timed_means
        return self._same_mean and means.high - means.low > 4.0 * self.spacing

    @property
    def fault(self) -> str:
        """The first fault, for people; empty without one."""
        check = self.check
        if check.exception or not (check.value.correct and check.gradient.correct):
            return check.fault
        for timed in (self.timed_means, self.timed_rows, self.timed_slopes):
            if not timed.correct:
                return f"incorrect while timed: {timed.actual:.6g}, expected {timed.expected:.6g}"
        return check.misbehaviour

    @property
    def vacuous(self) -> bool:
        """True if a constant would have passed as well; its speed then means nothing."""
        gradient = self.check.gradient
        checked = gradient if gradient.count else self.timed_means + self.check.value
        return checked.vacuous

    def blame(self, misbehaviour: str) -> None:
        """Record a fault other than incorrect numbers, unless there is one."""
        self.check.misbehaviour = self.check.misbehaviour or misbehaviour

    def check_summary(self, data: InputData, summary: AnswerSummary, update: Update) -> None:
        """Check the answer of a timed call."""
        errors = data.check_summary(summary, update)
        self.timed_means += errors.mean
        self.timed_rows += errors.rows
        self.timed_slopes += errors.slopes
        self._same_mean = self._same_mean and self._last_mean in (None, summary.mean)
        self._last_mean = summary.mean

    def log_ratios(self, other: "TimedCall") -> list[float]:
        """The logarithms of this one's times over another's, a round each."""
        return [math.log(a / b) for a, b in zip(self.times, other.times, strict=True)]

    def noise_floor(self, twin: "TimedCall") -> float | None:
        """The largest relative difference between two series of one call, within 95 %.

        None with too few rounds for an interval.
        """
        _, low, high = ratio_interval(self.log_ratios(twin))
        reach = max(abs(low), abs(high))
        return math.expm1(reach) if math.isfinite(reach) else None


@dataclass(frozen=True, slots=True)
class Stop:
    """When rounds end, in seconds of the clock.

    until: at least six rounds are taken. deadline: the last round ends, however few there are.
    resolve: the width of the ratios' intervals at which rounds end, as a fraction; None is never.
    """

    until: float
    deadline: float
    resolve: float | None = None


def warm_up(timed: TimedCall) -> None:
    """Call until times have settled: caches, frequencies, thread pools; bounded in time."""
    begin = seconds()
    times: list[float] = []
    while len(times) < 3 or (seconds() - begin < _WARM_UP_S and len(times) < _WARM_UP_CALLS):
        try:
            times.append(timed.caller.time().seconds)
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            timed.check.exception = exception_text(error)
            return
        if len(times) >= 4 and abs(times[-1] - times[-2]) <= _SETTLED * times[-1]:
            break


def run_rounds(
    timed_calls: Sequence[TimedCall], data: InputData, stop: Stop, *, cold: bool = False
) -> str:
    """Time in rounds, and return why they ended: "resolved", "time", "rounds" or "failed".

    cold: True if caches are emptied before each call. What fails is not called again.
    """
    calls = _calls_a_round(timed_calls)
    for timed in timed_calls:
        timed.caller.pause()
    counts = set(looks(_MAX_ROUNDS))
    for number in range(1, _MAX_ROUNDS + 1):
        order = timed_calls if number % 2 else list(reversed(timed_calls))
        for timed in order:
            if not timed.failed:
                _take_turn(timed, data, calls, cold=cold)
                timed.caller.pause()
        running = [timed for timed in timed_calls if not timed.failed]
        if not running:
            return "failed"
        if stop.resolve is not None and number in counts and _resolved(running, stop.resolve):
            return "resolved"
        end = stop.until if number >= _MIN_ROUNDS else stop.deadline
        if number % 2 == 0 and seconds() >= end:
            return "time"
    return "rounds"


def _take_turn(timed: TimedCall, data: InputData, calls: int, *, cold: bool) -> None:
    """The calls of one round: inputs change before each call, and each answer is checked.

    The truth after each update is computed before the first call, and the answers are checked after
    the last one: anything that runs between two calls takes their caches.
    """
    laps: list[tuple[float, float, float]] = []
    updates, summaries = data.updates(calls), []
    if not cold:
        with suppress(Exception):  # the timed call reports what is raised
            timed.caller.rest()
    for update in updates:
        data.apply(update)
        try:
            lap = timed.caller.time()
            summaries.append(data.summarize(lap.answer, update))
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            timed.check.exception = exception_text(error)
            break
        laps.append((max(lap.seconds, _SHORTEST_S), lap.host_s, lap.hidden_s))
        timed.throttled += lap.throttled
        if not timed.caller.holds(update):
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
    times, host_times, hidden = zip(*laps, strict=True)
    timed.samples += times
    timed.hidden += hidden
    timed.times.append(statistics.median(times))
    timed.host_times.append(statistics.median(host_times))


def _resolved(timed_calls: Sequence[TimedCall], resolve: float) -> bool:
    first, *others = timed_calls
    if others:
        return settled([first.log_ratios(other) for other in others], resolve)
    pairs = zip(first.times[::2], first.times[1::2], strict=False)
    return settled([[math.log(a / b) for a, b in pairs]], resolve)


def _calls_a_round(timed_calls: Sequence[TimedCall]) -> int:
    """The number of calls by which the slowest implementation's turn takes some milliseconds."""
    slowest = 0.0
    for timed in timed_calls:
        with suppress(Exception):  # the timed call reports what is raised
            slowest = max(slowest, timed.caller.time().seconds)
    return max(1, min(_MAX_CALLS, int(_ROUND_S / max(slowest, 1e-9))))


def hidden_work(timed: TimedCall) -> str:
    """The fault of reported times that the benchmark's own clock contradicts; else empty.

    The calls that were reported to be fast are the ones that count. In at least a quarter of them
    the benchmark's clock must agree, up to 100 microseconds and 10 %; in the others work of the
    machine may have delayed it.
    """
    if not timed.samples:
        return ""
    median = statistics.median(timed.samples)
    pairs = zip(timed.samples, timed.hidden, strict=True)
    late = sorted(hidden for time, hidden in pairs if time <= median)
    hidden = late[len(late) // 4]
    if hidden <= _HANDSHAKE_S + _AGREES * median:
        return ""
    took = duration(median + hidden)
    return f"implausible: it reports {duration(median)} a call, which takes {took} here"


def looks(most: int | None = None) -> Iterator[int]:
    """The counts of rounds at which the data are looked at: 12, 16, 20, 24, 30, …, to `most`.

    They grow by about a quarter: every look may stop on an interval that is narrow by chance, so
    there are few, and none so early that a correlation of neighbouring rounds is missed (to begin
    at 8 took up to 3 % off the coverage). All are even: rounds alternate in order, A B
    and B A, and an even number of them holds as many of each.
    """
    n = 12
    while most is None or n <= most:
        yield n
        n += 2 * max(1, round(n / 8))


def settled(log_ratios: Sequence[Numbers], resolve: float, level: float = 0.95) -> bool:
    """True if every row's ratio to the first is known to within `resolve`, 0.01 for 1 %.

    `log_ratios` holds, for each row but the first, log(its time / the first's), one a round. A
    ratio is known if its interval (`ratio_interval`) reaches at most log(1 + resolve) to either
    side of its middle; one that is NaN or infinite never is. True without any rows.

    Asked at the counts of `looks`, it stops on the width and not on the verdict, and leaves the
    interval's coverage as it is (docs/statistics.md).
    """
    reach = math.log1p(resolve)
    for row in log_ratios:
        _, low, high = ratio_interval(row, level)
        if not 0.5 * (high - low) <= reach:  # so that NaN is not settled
            return False
    return True
