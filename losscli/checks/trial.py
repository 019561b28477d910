"""One trial of an implementation: against the truth, against itself, and against its inputs."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from losscli.checks.arrays import host
from losscli.checks.material import Material
from losscli.checks.rule import NOTHING, Finding
from losscli.implementations.implementation import Answer, Framework

Call: TypeAlias = Callable[..., Answer]


@dataclass(slots=True)
class Verdict:
    """What was found of whole answers.

    value, gradient: NOTHING where there was none. of_mean: whether the value was one mean, and not
    one loss a row. fault: what is wrong besides numbers. failure: what was raised.
    """

    value: Finding = NOTHING
    of_mean: bool = True
    gradient: Finding = NOTHING
    fault: str = ""
    failure: str = ""

    @property
    def right(self) -> bool:
        """Whether nothing wrong was found so far."""
        return not self.words

    @property
    def words(self) -> str:
        """What is wrong, for people; empty where nothing is."""
        if self.failure:
            return self.failure
        for what, finding in (("value", self.value), ("gradient", self.gradient)):
            if finding.misshapen:
                return f"the {what} has the wrong shape"
            if finding.wrong:
                numbers = f"{finding.found:.6g}, should be {finding.should_be:.6g}"
                if self.of_mean and what == "value":
                    return f"the mean is {numbers}"
                where = f"{finding.wrong:,} of {finding.count:,}, first at {finding.first:,}"
                return f"{what} wrong: {where}: {numbers}"
        return self.fault

    def judge(self, material: Material, answer: Answer) -> None:
        """Hold an answer against the truth."""
        self.value += material.judge_value(answer.value)
        self.of_mean = not getattr(answer.value, "ndim", 0)
        if answer.gradients is not None:
            self.gradient += material.judge_gradients(answer.gradients)


def try_out(call: Call, framework: Framework, material: Material, verdict: Verdict) -> None:
    """Call with memory poisoned, twice, and on other buffers; what is wrong goes into the verdict.

    A call that raises is a failure, whatever it raises.
    """
    inputs = material.inputs(framework)
    untouched = material.checksum(framework)
    try:
        poison(framework, material)
        answer = call(*inputs)
        verdict.judge(material, answer)
        kept = bits(answer)
        poison(framework, material)
        if bits(call(*inputs)) != kept:
            verdict.fault = "it gives other answers to the same call"
        elif bits(call(*material.elsewhere(framework))) != kept:
            verdict.fault = "it gives other answers to the same numbers in other buffers"
        elif bits(answer) != kept:
            verdict.fault = "an answer changed after it was given"
    except Exception as error:  # noqa: BLE001 - a user's code may raise anything
        verdict.failure = said(error)
        return
    if material.checksum(framework) != untouched:
        verdict.fault = "it changes its inputs"
        material.rewrite()
    elif not verdict.fault:
        verdict.fault = _reused(call, framework, material, answer, kept)


def _reused(
    call: Call, framework: Framework, material: Material, answer: Answer, kept: list[bytes]
) -> str:
    """Whether a call on other contents writes over an answer that was given before."""
    for change in material.changes(1):
        material.apply(change)
    try:
        call(*material.inputs(framework))
    except Exception as error:  # noqa: BLE001 - a user's code may raise anything
        return said(error)
    return "" if bits(answer) == kept else "an answer changed after it was given"


def said(error: BaseException) -> str:
    """An exception of somebody else's code in one line."""
    words = str(error).strip().splitlines()
    return f"{type(error).__name__}: {words[0]}"[:200] if words else type(error).__name__


def poison(framework: Framework, material: Material) -> None:
    """Fill memory that the next call may get with nan, so that what is not written is seen."""
    for buffer in material.inputs(framework):
        if isinstance(buffer, np.ndarray):
            if buffer.dtype.kind == "f":
                _ = [np.full(buffer.shape, np.nan, buffer.dtype) for _ in range(2)]
        elif buffer.is_floating_point():
            _ = [buffer.new_full(buffer.shape, float("nan")) for _ in range(2)]


def bits(answer: Answer) -> list[bytes]:
    """A digest of each part of an answer."""
    parts: list[Any] = [answer.value, *(answer.gradients or ())]
    arrays = (np.ascontiguousarray(host(part)) for part in parts)
    return [hashlib.blake2b(array.data.cast("B")).digest() for array in arrays]
