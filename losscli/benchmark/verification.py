"""Correctness before and after timing, and manipulated clocks."""

import warnings
from collections.abc import Sequence

from losscli.benchmark import clock as clocks
from losscli.benchmark.clock import Clock
from losscli.benchmark.timed_call import TimedCall
from losscli.checks.answer_check import check_call, exception_text, poison_memory
from losscli.checks.input_data import InputData

_TAMPERS = "it replaces the clock"


def check_before(timed: TimedCall, data: InputData, clock: Clock) -> None:
    """Check an implementation with poisoned memory, twice, and in other buffers."""
    if timed.compiles:
        _compile(timed, data, clock)
    if not timed.failed:
        check_call(timed.call, timed.framework, data, timed.check)
    if clocks.tampered():
        clocks.restore()
        timed.blame(_TAMPERS)


def _compile(timed: TimedCall, data: InputData, clock: Clock) -> None:
    """Call for the first time, and measure how much longer it takes than the second."""
    inputs = data.inputs(timed.framework)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            first = clock.time(timed.call, inputs).seconds
        second = clock.time(timed.call, inputs).seconds
        timed.compile_s = max(0.0, first - second)
    except Exception as error:  # noqa: BLE001 - a compiler may raise anything
        timed.check.exception = exception_text(error)


def check_after(timed_calls: Sequence[TimedCall], data: InputData) -> None:
    """Check all implementations once more, on the contents that the rounds left."""
    if data.changed_by_call:
        for timed in timed_calls:
            timed.blame("inputs changed while it was timed")
        data.rewrite()
    for timed in timed_calls:
        if timed.failed:
            continue
        if timed.tampered:
            timed.blame(_TAMPERS)
        poison_memory(timed.framework, data)
        try:
            answer = timed.call(*data.inputs(timed.framework))
            timed.check.add(data, answer)
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            timed.check.exception = exception_text(error)
            continue
        if timed.stale:
            timed.blame("its answer stays the same while its inputs change")
        clocks.restore()
