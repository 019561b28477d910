"""Rightness before and after timing, and of clocks."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from losscli.benchmark import clock as clocks
from losscli.benchmark.clock import Clock
from losscli.benchmark.rounds import Lane
from losscli.checks.material import Material
from losscli.checks.trial import Verdict, poison, said, try_out
from losscli.implementations.implementation import Runner

_TAMPERS = "it replaces the clock"


@dataclass(slots=True)
class Entry:
    """A contestant in its lane, what was found of its answers, and how it compiled.

    compile_s: what the first call took beyond another one; None where nothing is compiled.
    peak: bytes that a call adds to its inputs; None where it is measured elsewhere, or not at all.
    """

    lane: Lane
    runner: Runner
    verdict: Verdict
    compile_s: float | None = None
    peak: int | None = None


def before(lane: Lane, runner: Runner, material: Material, clock: Clock) -> Entry:
    """Check a contestant on fresh inputs, with memory poisoned, twice, and in other buffers."""
    entry = Entry(lane, runner, Verdict())
    if runner.compiles:
        inputs = material.inputs(lane.framework)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                first = clock.time(lane.call, inputs).seconds
            entry.compile_s = max(0.0, first - clock.time(lane.call, inputs).seconds)
        except Exception as error:  # noqa: BLE001 - a compiler may raise anything
            entry.verdict.failure = said(error)
    if not entry.verdict.failure:
        try_out(lane.call, lane.framework, material, entry.verdict)
    lane.failure = entry.verdict.failure
    if clocks.tampered():
        clocks.restore()
        entry.verdict.fault = entry.verdict.fault or _TAMPERS
    return entry


def after(entries: Sequence[Entry], material: Material) -> None:
    """Check all contestants once more, on the contents that the rounds left."""
    if material.drifted:
        for entry in entries:
            entry.verdict.fault = entry.verdict.fault or "inputs changed while it was timed"
        material.rewrite()
    for entry in entries:
        lane, verdict = entry.lane, entry.verdict
        if lane.failure:
            continue
        if lane.tampered:
            verdict.fault = verdict.fault or _TAMPERS
        poison(lane.framework, material)
        try:
            verdict.judge(material, lane.call(*material.inputs(lane.framework)))
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            lane.failure = said(error)
            continue
        if lane.stale:
            verdict.fault = verdict.fault or "its answer stays the same while its inputs change"
        clocks.restore()
