"""Correctness before and after timing, and manipulated clocks."""

import warnings
from collections.abc import Sequence

from losscli.benchmark import clock as clocks
from losscli.benchmark.clock import Clock
from losscli.benchmark.measurement import Measurement
from losscli.checks.answer_check import check_call, exception_text, poison_memory
from losscli.checks.input_data import InputData

_TAMPERS = "it replaces the clock"


def check_before(measurement: Measurement, data: InputData, clock: Clock) -> None:
    """Check an implementation with poisoned memory, twice, and in other buffers."""
    if measurement.compiles:
        _compile(measurement, data, clock)
    if not measurement.failed:
        check_call(measurement.call, measurement.framework, data, measurement.check)
    if clocks.tampered():
        clocks.restore()
        measurement.blame(_TAMPERS)


def _compile(measurement: Measurement, data: InputData, clock: Clock) -> None:
    """Call for the first time, and measure how much longer it takes than the second."""
    inputs = data.inputs(measurement.framework)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            first = clock.time(measurement.call, inputs).seconds
        second = clock.time(measurement.call, inputs).seconds
        measurement.compile_s = max(0.0, first - second)
    except Exception as error:  # noqa: BLE001 - a compiler may raise anything
        measurement.check.exception = exception_text(error)


def check_after(measurements: Sequence[Measurement], data: InputData) -> None:
    """Check all implementations once more, on the contents that the rounds left."""
    if data.changed_by_call:
        for measurement in measurements:
            measurement.blame("inputs changed while it was timed")
        data.rewrite()
    for measurement in measurements:
        if measurement.failed:
            continue
        if measurement.tampered:
            measurement.blame(_TAMPERS)
        poison_memory(measurement.framework, data)
        try:
            answer = measurement.call(*data.inputs(measurement.framework))
            measurement.check.add(data, answer)
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            measurement.check.exception = exception_text(error)
            continue
        if measurement.stale:
            measurement.blame("its answer stays the same while its inputs change")
        clocks.restore()
