"""Rightness before and after timing: against the truth, against itself, and against its inputs."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from losscli.benchmark import clock as clocks
from losscli.benchmark.clock import Clock
from losscli.benchmark.rounds import Lane
from losscli.checks.material import Material, host
from losscli.checks.rule import NOTHING, Finding
from losscli.implementations.implementation import Answer, Runner

_TAMPERS = "it replaces the clock"


@dataclass(slots=True)
class Verdict:
    """What was found of one contestant, whole answers against the truth.

    value, gradient: NOTHING where there was none. of_mean: whether the value was one mean, and not
    one loss a row. compile_s: what the first call took beyond
    another one. fault: what is wrong besides numbers.
    """

    value: Finding = NOTHING
    of_mean: bool = True
    gradient: Finding = NOTHING
    compile_s: float | None = None
    fault: str = ""

    @property
    def right(self) -> bool:
        """Whether nothing wrong was found so far."""
        return self.value.right and self.gradient.right and not self.fault


def before(lane: Lane, runner: Runner, material: Material, clock: Clock) -> Verdict:
    """Check a contestant on fresh inputs, with memory poisoned, twice, and in other buffers."""
    verdict = Verdict()
    inputs = material.inputs(lane.framework)
    untouched = material.checksum(lane.framework)
    try:
        if runner.compiles:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                first = clock.time(lane.call, inputs).seconds
            verdict.compile_s = max(0.0, first - clock.time(lane.call, inputs).seconds)
        poison(lane, material)
        answer = lane.call(*inputs)
        _judge(verdict, material, answer)
        kept = _bits(answer)
        poison(lane, material)
        if _bits(lane.call(*inputs)) != kept:
            verdict.fault = "it gives other answers to the same call"
        elif _bits(lane.call(*material.elsewhere(lane.framework))) != kept:
            verdict.fault = "it gives other answers to the same numbers in other buffers"
        elif _bits(answer) != kept:
            verdict.fault = "an answer changed after it was given"
    except Exception as error:  # noqa: BLE001 - a user's code may raise anything
        lane.failure = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        return verdict
    if material.checksum(lane.framework) != untouched:
        verdict.fault = "it changes its inputs"
        material.rewrite()
    verdict.fault = verdict.fault or _tampering()
    return verdict


def after(verdicts: Sequence[tuple[Lane, Verdict]], material: Material) -> None:
    """Check all contestants once more, on the contents that the rounds left."""
    if material.drifted:
        for _, verdict in verdicts:
            verdict.fault = verdict.fault or "inputs changed while it was timed"
        material.rewrite()
    for lane, verdict in verdicts:
        if lane.failure:
            continue
        if lane.tampered:
            verdict.fault = verdict.fault or _TAMPERS
        poison(lane, material)
        try:
            _judge(verdict, material, lane.call(*material.inputs(lane.framework)))
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            lane.failure = f"{type(error).__name__}: {error}".splitlines()[0][:200]
            continue
        if lane.stale:
            verdict.fault = verdict.fault or "its answer stays the same while its inputs change"
        clocks.restore()


def poison(lane: Lane, material: Material) -> None:
    """Fill memory that the next call may get with nan, so that what is not written is seen."""
    for buffer in material.inputs(lane.framework):
        if isinstance(buffer, np.ndarray):
            if buffer.dtype.kind == "f":
                _ = [np.full(buffer.shape, np.nan, buffer.dtype) for _ in range(2)]
        elif buffer.is_floating_point():
            _ = [buffer.new_full(buffer.shape, float("nan")) for _ in range(2)]


def _judge(verdict: Verdict, material: Material, answer: Answer) -> None:
    verdict.value += material.judge_value(answer.value)
    verdict.of_mean = not getattr(answer.value, "ndim", 0)
    if answer.gradients is not None:
        verdict.gradient += material.judge_gradients(answer.gradients)


def _bits(answer: Answer) -> list[bytes]:
    import hashlib

    parts: list[Any] = [answer.value, *(answer.gradients or ())]
    return [
        hashlib.blake2b(np.ascontiguousarray(host(part)).data.cast("B")).digest() for part in parts
    ]


def _tampering() -> str:
    if not clocks.tampered():
        return ""
    clocks.restore()
    return _TAMPERS
