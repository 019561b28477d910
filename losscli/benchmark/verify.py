"""Rightness before and after timing, and of clocks."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from losscli.benchmark import clock as clocks
from losscli.benchmark.clock import Clock
from losscli.benchmark.rounds import Measurement
from losscli.checks.answer_check import AnswerCheck, check_call, exception_text, poison
from losscli.checks.input_data import InputData
from losscli.implementations.implementation import Runner

_TAMPERS = "it replaces the clock"


@dataclass(slots=True)
class Entry:
    """An implementation in its measurement, what was found of its answers, and how it compiled.

    compile_s: what the first call took beyond another one; None where nothing is compiled.
    peak: bytes that a call adds to its inputs; None where it is measured elsewhere, or not at all.
    """

    measurement: Measurement
    runner: Runner
    verdict: AnswerCheck
    compile_s: float | None = None
    peak: int | None = None


def before(measurement: Measurement, runner: Runner, data: InputData, clock: Clock) -> Entry:
    """Check an implementation with poisoned memory, twice, and in other buffers."""
    entry = Entry(measurement, runner, AnswerCheck())
    if runner.compiles:
        inputs = data.inputs(measurement.framework)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                first = clock.time(measurement.call, inputs).seconds
            entry.compile_s = max(0.0, first - clock.time(measurement.call, inputs).seconds)
        except Exception as error:  # noqa: BLE001 - a compiler may raise anything
            entry.verdict.failure = exception_text(error)
    if not entry.verdict.failure:
        check_call(measurement.call, measurement.framework, data, entry.verdict)
    measurement.failure = entry.verdict.failure
    if clocks.tampered():
        clocks.restore()
        entry.verdict.fault = entry.verdict.fault or _TAMPERS
    return entry


def after(entries: Sequence[Entry], data: InputData) -> None:
    """Check all implementations once more, on the contents that the rounds left."""
    if data.drifted:
        for entry in entries:
            entry.verdict.fault = entry.verdict.fault or "inputs changed while it was timed"
        data.rewrite()
    for entry in entries:
        measurement, verdict = entry.measurement, entry.verdict
        if measurement.failure:
            continue
        if measurement.tampered:
            verdict.fault = verdict.fault or _TAMPERS
        poison(measurement.framework, data)
        try:
            verdict.judge(data, measurement.call(*data.inputs(measurement.framework)))
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            measurement.failure = exception_text(error)
            continue
        if measurement.stale:
            verdict.fault = verdict.fault or "its answer stays the same while its inputs change"
        clocks.restore()
