"""One trial of an implementation: against the truth, against itself, and against its inputs."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from losscli.checks.arrays import to_host
from losscli.checks.input_data import InputData
from losscli.checks.rule import NO_ERRORS, ErrorStats
from losscli.implementations.implementation import Answer, Framework

Call: TypeAlias = Callable[..., Answer]


@dataclass(slots=True)
class AnswerCheck:
    """What was found of whole answers.

    value, gradient: NO_ERRORS where there was none. of_mean: True if the value was one mean, not
    one loss a row. fault: what is wrong besides numbers. failure: what was raised.
    """

    value: ErrorStats = NO_ERRORS
    of_mean: bool = True
    gradient: ErrorStats = NO_ERRORS
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
            if finding.wrong_shape:
                return f"the {what} has the wrong shape"
            if finding.wrong:
                numbers = f"{finding.found:.6g}, should be {finding.expected:.6g}"
                if self.of_mean and what == "value":
                    return f"the mean is {numbers}"
                where = f"{finding.wrong:,} of {finding.count:,}, first at {finding.first:,}"
                return f"{what} wrong: {where}: {numbers}"
        return self.fault

    def judge(self, data: InputData, answer: Answer) -> None:
        """Hold an answer against the truth."""
        self.value += data.judge_value(answer.value)
        self.of_mean = not getattr(answer.value, "ndim", 0)
        if answer.gradients is not None:
            self.gradient += data.judge_gradients(answer.gradients)


def check_call(call: Call, framework: Framework, data: InputData, verdict: AnswerCheck) -> None:
    """Call with memory poisoned, twice, and on other buffers; what is wrong goes into the verdict.

    A call that raises is a failure, whatever it raises.
    """
    inputs = data.inputs(framework)
    untouched = data.checksum(framework)
    try:
        poison(framework, data)
        answer = call(*inputs)
        verdict.judge(data, answer)
        kept = bits(answer)
        poison(framework, data)
        if bits(call(*inputs)) != kept:
            verdict.fault = "it gives other answers to the same call"
        elif bits(call(*data.elsewhere(framework))) != kept:
            verdict.fault = "it gives other answers to the same numbers in other buffers"
        elif bits(answer) != kept:
            verdict.fault = "an answer changed after it was given"
    except Exception as error:  # noqa: BLE001 - a user's code may raise anything
        verdict.failure = exception_text(error)
        return
    if data.checksum(framework) != untouched:
        verdict.fault = "it changes its inputs"
        data.rewrite()
    elif not verdict.fault:
        verdict.fault = _reused(call, framework, data, answer, kept)


def _reused(
    call: Call, framework: Framework, data: InputData, answer: Answer, kept: list[bytes]
) -> str:
    """Whether a call on other contents writes over an answer that was given before."""
    for update in data.updates(1):
        data.apply(update)
    try:
        call(*data.inputs(framework))
    except Exception as error:  # noqa: BLE001 - a user's code may raise anything
        return exception_text(error)
    return "" if bits(answer) == kept else "an answer changed after it was given"


def exception_text(error: BaseException) -> str:
    """An exception of somebody else's code in one line."""
    words = str(error).strip().splitlines()
    return f"{type(error).__name__}: {words[0]}"[:200] if words else type(error).__name__


def poison(framework: Framework, data: InputData) -> None:
    """Fill memory that the next call may get with nan, so that what is not written is seen."""
    for buffer in data.inputs(framework):
        if isinstance(buffer, np.ndarray):
            if buffer.dtype.kind == "f":
                _ = [np.full(buffer.shape, np.nan, buffer.dtype) for _ in range(2)]
        elif buffer.is_floating_point():
            _ = [buffer.new_full(buffer.shape, float("nan")) for _ in range(2)]


def bits(answer: Answer) -> list[bytes]:
    """A digest of each part of an answer."""
    parts: list[Any] = [answer.value, *(answer.gradients or ())]
    arrays = (np.ascontiguousarray(to_host(part)) for part in parts)
    return [hashlib.blake2b(array.data.cast("B")).digest() for array in arrays]
