"""Rounds: contestants take turns, so that a drift of the machine falls on all alike.

Within a round every contestant is called in turn, A B C, and in the next one C B A. Before each
call the contents of its inputs change; after it, outside the timing, its answer is judged.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from losscli.benchmark.clock import Clock, restore, seconds, tampered
from losscli.benchmark.stopping import looks, settled
from losscli.checks.changes import Change, Glimpse
from losscli.checks.material import Material
from losscli.checks.rule import NOTHING, Finding
from losscli.checks.trial import said
from losscli.implementations.implementation import Answer, Framework

_MOST_ROUNDS = 400
_FEWEST = 6  # rounds, however little time there is: fewer have no interval
_ROUND_S = 0.02  # quick calls are repeated within a round for so long
_MOST_CALLS = 32
_WARM_S = 0.5
_WARM_CALLS = 12
_SETTLED = 0.05


@dataclass(slots=True)
class Lane:
    """One contestant of a block, and what was seen of it.

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
    means: Finding = NOTHING
    rest: Finding = NOTHING
    same: bool = True
    mean: float | None = None
    throttled: int = 0
    tampered: bool = False
    failure: str = ""

    @property
    def stale(self) -> bool:
        """Whether every call gave the same mean, though the truth moved by more than it shows."""
        return self.same and self.means.high - self.means.low > 4.0 * self.spacing

    def judge(self, material: Material, seen: Glimpse, change: Change) -> None:
        """Judge what was seen of the answer of a timed call."""
        mean, rest = material.judge_call(seen, change)
        self.means += mean
        self.rest += rest
        self.same = self.same and self.mean in (None, seen.mean)
        self.mean = seen.mean


@dataclass(frozen=True, slots=True)
class Stop:
    """When rounds end: at `resolve` (a fraction, None is never) or at a time, on a clock."""

    until: float
    resolve: float | None


def warm(lane: Lane, material: Material, clock: Clock) -> None:
    """Call until times have settled: caches, frequencies, thread pools; bounded in time."""
    begin = seconds()
    times: list[float] = []
    while len(times) < 3 or (seconds() - begin < _WARM_S and len(times) < _WARM_CALLS):
        try:
            times.append(clock.time(lane.call, material.inputs(lane.framework)).seconds)
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            lane.failure = said(error)
            return
        if len(times) >= 4 and abs(times[-1] - times[-2]) <= _SETTLED * times[-1]:
            break


def take(
    lanes: Sequence[Lane],
    material: Material,
    clock: Clock,
    stop: Stop,
    *,
    cold: bool = False,
) -> str:
    """Rounds until the stop, and what stopped them: "resolved", "time", "rounds" or "failed".

    A contestant that fails is called no more.
    """
    calls = _calls_a_round(lanes, material, clock)
    counts = set(looks(_MOST_ROUNDS))
    for number in range(1, _MOST_ROUNDS + 1):
        order = lanes if number % 2 else list(reversed(lanes))
        for lane in order:
            if not lane.failure:
                _turn(lane, material, clock, calls, cold=cold)
        running = [lane for lane in lanes if not lane.failure]
        if not running:
            return "failed"
        if stop.resolve is not None and number in counts and _resolved(running, stop.resolve):
            return "resolved"
        if seconds() >= stop.until and number >= _FEWEST and number % 2 == 0:
            return "time"
    return "rounds"


def _turn(lane: Lane, material: Material, clock: Clock, calls: int, *, cold: bool) -> None:
    """A contestant's calls of one round: contents change before each, and each answer is judged.

    What is true after each change is computed before the first call and the answers are judged
    after the last: whatever else runs between two calls takes their caches away.
    """
    times, host = [], []
    changes, seen = material.changes(calls), []
    inputs = material.inputs(lane.framework)
    if not cold:
        _prime(lane, inputs)
    for change in changes:
        material.apply(change)
        if cold:
            clock.flush()
        try:
            lap = clock.time(lane.call, inputs)
            seen.append(material.glimpse(lap.answer, change))
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            lane.failure = said(error)
            break
        times.append(lap.seconds)
        host.append(lap.host_s)
        lane.throttled += lap.throttled
        if not material.holds(change, lane.framework):
            lane.failure = "it changes its inputs"
            break
        if tampered():
            lane.tampered = True
            restore()
        del lap
    for glimpse, change in zip(seen, changes, strict=False):
        lane.judge(material, glimpse, change)
    if lane.failure:
        material.rewrite()
        return
    lane.samples += times
    lane.times.append(_median(times))
    lane.host.append(_median(host))


def _prime(lane: Lane, inputs: tuple[Any, ...]) -> None:
    """Call on the contents of before: judging has cooled the caches and put threads to sleep."""
    with suppress(Exception):  # what it raises is seen when it is timed
        lane.call(*inputs)


def _resolved(lanes: Sequence[Lane], resolve: float) -> bool:
    from math import log

    first, *others = lanes
    if not others:
        pairs = [[log(a / b) for a, b in zip(first.times[::2], first.times[1::2], strict=False)]]
        return settled(pairs, resolve)
    return settled(
        [[log(a / b) for a, b in zip(first.times, lane.times, strict=True)] for lane in others],
        resolve,
    )


def _calls_a_round(lanes: Sequence[Lane], material: Material, clock: Clock) -> int:
    """So many that the slowest contestant's turn takes some milliseconds."""
    slowest = 0.0
    for lane in lanes:
        with suppress(Exception):  # what it raises is seen when it is timed
            lap = clock.time(lane.call, material.inputs(lane.framework))
            slowest = max(slowest, lap.seconds)
    return max(1, min(_MOST_CALLS, int(_ROUND_S / max(slowest, 1e-9))))


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else 0.5 * (ordered[middle - 1] + ordered[middle])
