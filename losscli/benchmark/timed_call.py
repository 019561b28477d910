"""`TimedCall`: one implementation in one experiment, its times and the checks of its answers."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from losscli.checks.answer_check import AnswerCheck
from losscli.checks.input_data import InputData
from losscli.checks.rule import NO_ERRORS, ErrorStats
from losscli.checks.updates import AnswerSummary, Update
from losscli.implementations.implementation import Answer, Framework
from losscli.stats.signed_rank import ratio_interval


@dataclass(slots=True)
class TimedCall:
    """A call that is timed.

    spacing: one ULP of the mean. times: the median seconds of the calls of each round; host_times:
    the same with launching. samples: the seconds of all calls. check: of whole answers, before and
    after timing. timed_means, timed_slopes: errors of the answers of timed calls. tampered: True if
    a call replaced a clock. compile_s: how much longer the first call took; None if nothing is
    compiled. peak_bytes: the memory that a call adds to its inputs, None if unknown.
    """

    name: str
    call: Callable[..., Answer]
    framework: Framework
    spacing: float
    compiles: bool = False
    times: list[float] = field(default_factory=list)
    host_times: list[float] = field(default_factory=list)
    samples: list[float] = field(default_factory=list)
    check: AnswerCheck = field(default_factory=AnswerCheck)
    timed_means: ErrorStats = NO_ERRORS
    timed_slopes: ErrorStats = NO_ERRORS
    throttled: int = 0
    tampered: bool = False
    compile_s: float | None = None
    peak_bytes: int | None = None
    _last_mean: float | None = None
    _same_mean: bool = True

    def copy(self) -> "TimedCall":
        """The same call, not timed yet."""
        return TimedCall(self.name, self.call, self.framework, self.spacing)

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
        timed = self.timed_slopes if self.timed_means.correct else self.timed_means
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
        mean, slopes = data.check_summary(summary, update)
        self.timed_means += mean
        self.timed_slopes += slopes
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
