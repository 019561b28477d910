"""An implementation under test; its answers against the truth, other calls, and its own inputs."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias

import numpy as np

from losscli.checks.generators import Arrays, InputGenerator
from losscli.checks.input_data import InputData
from losscli.checks.precision import as_dtype, to_host, to_tensor
from losscli.checks.rule import NO_ERRORS, ErrorStats
from losscli.checks.truth import Truth
from losscli.implementations.implementation import Answer, Framework, Runner, Setting, Workload
from losscli.results.document import Note

Call: TypeAlias = Callable[..., Answer]


@dataclass(slots=True)
class AnswerCheck:
    """The state of a check of one implementation's answers.

    value, gradient: their errors so far. of_mean: True if the value was one mean, not one loss a
    row. misbehaviour: a fault other than incorrect numbers. exception: the text of one raised.
    """

    value: ErrorStats = NO_ERRORS
    of_mean: bool = True
    gradient: ErrorStats = NO_ERRORS
    misbehaviour: str = ""
    exception: str = ""

    @property
    def correct(self) -> bool:
        """True if no fault was found so far."""
        return not self.fault

    @property
    def fault(self) -> str:
        """The first fault, for people; empty without one."""
        if self.exception:
            return self.exception
        for part, errors in (("value", self.value), ("gradient", self.gradient)):
            if errors.wrong_shape:
                return f"the {part} has the wrong shape"
            if not errors.correct:
                numbers = f"{errors.actual:.6g}, expected {errors.expected:.6g}"
                if self.of_mean and part == "value":
                    return f"the mean is {numbers}"
                where = f"{errors.incorrect:,} of {errors.count:,}, first at {errors.first:,}"
                return f"{part} incorrect: {where}: {numbers}"
        return self.misbehaviour

    def add(self, data: InputData, answer: Answer) -> None:
        """Compare an answer with the truth."""
        self.value += data.check_value(answer.value)
        self.of_mean = not getattr(answer.value, "ndim", 0)
        if answer.gradients is not None:
            self.gradient += data.check_gradients(answer.gradients)


class Caller(Protocol):
    """One direction of an implementation, which calls it wherever it lives.

    framework: the kind of arrays that it takes.
    """

    @property
    def framework(self) -> Framework:
        """The kind of arrays that it takes."""

    def keep(self, *inputs: Any) -> Answer:
        """Call with poisoned memory, and keep the answer for `kept`."""

    def poisoned(self, *inputs: Any) -> Answer:
        """Call with poisoned memory."""

    def kept(self) -> Answer:
        """The kept answer as it is now."""


class DirectCaller:
    """Calls in this process."""

    def __init__(self, call: Call, framework: Framework) -> None:
        self.framework: Framework = framework
        self._call = call
        self._kept: Answer | None = None

    def keep(self, *inputs: Any) -> Answer:
        """Call with poisoned memory, and keep the answer."""
        self._kept = self.poisoned(*inputs)
        return self._kept

    def poisoned(self, *inputs: Any) -> Answer:
        """Call with poisoned memory."""
        poison(inputs)
        return self._call(*inputs)

    def kept(self) -> Answer:
        """The kept answer."""
        assert self._kept is not None
        return self._kept


def check_call(caller: Caller, data: InputData, check: AnswerCheck) -> None:
    """Call with poisoned memory, twice, and on copies of the inputs; record faults in `check`.

    Whatever the call raises is recorded as a fault.
    """
    framework = caller.framework
    inputs = data.inputs(framework)
    untouched = data.checksum(framework)
    try:
        answer = caller.keep(*inputs)
        check.add(data, answer)
        first = digests(answer)
        if digests(caller.poisoned(*inputs)) != first:
            check.misbehaviour = "it gives other answers to the same call"
        elif digests(caller.poisoned(*data.copies(framework))) != first:
            check.misbehaviour = "it gives other answers to the same numbers in other buffers"
        elif digests(caller.kept()) != first:
            check.misbehaviour = "an answer changed after it was given"
    except Exception as error:  # noqa: BLE001 - a user's code may raise anything
        check.exception = exception_text(error)
        return
    if data.checksum(framework) != untouched:
        check.misbehaviour = "it changes its inputs"
        data.rewrite()
    elif not check.misbehaviour:
        check.misbehaviour = _overwritten(caller, data, first)


def _overwritten(caller: Caller, data: InputData, first: list[bytes]) -> str:
    """The fault of a call on other contents that overwrites an earlier answer."""
    for update in data.updates(1):
        data.apply(update)
    try:
        caller.poisoned(*data.inputs(caller.framework))
        same = digests(caller.kept()) == first
    except Exception as error:  # noqa: BLE001 - a user's code may raise anything
        return exception_text(error)
    return "" if same else "an answer changed after it was given"


class FaultError(Exception):
    """An exception whose text is a fault, for people."""


def exception_text(error: BaseException) -> str:
    """An exception of a user's code in one line."""
    if isinstance(error, FaultError):
        return str(error)
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}"[:200] if lines else type(error).__name__


def poison(inputs: tuple[Any, ...]) -> None:
    """Fill memory that the next call may get with NaN, so that unwritten results are detected."""
    for buffer in inputs:
        if isinstance(buffer, np.ndarray):
            if buffer.dtype.kind == "f":
                _ = [np.full(buffer.shape, np.nan, buffer.dtype) for _ in range(2)]
        elif buffer.is_floating_point():
            _ = [buffer.new_full(buffer.shape, float("nan")) for _ in range(2)]


def digests(answer: Answer) -> list[bytes]:
    """A digest of each part of an answer."""
    parts: list[Any] = [answer.value, *(answer.gradients or ())]
    arrays = (np.ascontiguousarray(to_host(part)) for part in parts)
    return [hashlib.blake2b(array.data.cast("B")).digest() for array in arrays]


class Prepares(Protocol):
    """An implementation, or the process in which it lives."""

    @property
    def text(self) -> str:
        """Its name in results."""

    def prepare(self, workload: Workload, setting: Setting) -> Runner:
        """The computation of a workload."""


class Subject:
    """An implementation under test; notes: observations that are not faults."""

    def __init__(self, implementation: Prepares, setting: Setting, seed: int) -> None:
        self.implementation = implementation
        self.setting = setting
        self.notes: list[Note] = []
        self._seed = seed
        self._runners: dict[tuple[int, ...], Runner] = {}

    def runner(self, workload: Workload) -> Runner:
        """The computation of a workload, prepared once for each shape.

        Raises UnsupportedError if the implementation does not have it.
        """
        if workload.shape not in self._runners:
            self._runners[workload.shape] = self.implementation.prepare(workload, self.setting)
        return self._runners[workload.shape]

    def call(self, workload: Workload, *, both: bool) -> Call:
        """The function of a direction; both: forward+backward."""
        runner = self.runner(workload)
        call = runner.both if both else runner.forward
        assert call is not None
        return call

    def rounded(self, arrays: Arrays) -> Arrays:
        """The nearest numbers of the dtype."""
        return tuple(as_dtype(array, self.setting.dtype) for array in arrays)

    def inputs(self, workload: Workload, arrays: Arrays) -> tuple[Any, ...]:
        """Fresh buffers of some inputs: NumPy arrays, or tensors on the device."""
        copies = tuple(array.copy() for array in self.rounded(arrays))
        if self.runner(workload).framework == "numpy":
            return copies
        return tuple(to_tensor(array, self.setting) for array in copies)

    def data(self, workload: Workload, arrays: Arrays, truth: Truth | None) -> InputData:
        """The inputs in buffers, with the truth where it is known."""
        sized = replace(workload, shape=arrays[0].shape)
        generator = InputGenerator(sized, arrays[0].dtype, self._seed)
        data = InputData(sized, self.setting, arrays, generator)
        if truth is not None and data.set_truth(truth):
            text = "where a loss is clamped, its declared gradient is expected, not the formula's"
            self.notes.append(Note("declared_gradient", text))
        return data

    def check_once(
        self, workload: Workload, arrays: Arrays, truth: Truth | None, *, both: bool
    ) -> AnswerCheck:
        """One call, compared with the truth and nothing else."""
        check = AnswerCheck()
        data = self.data(workload, arrays, truth)
        call = self.call(data.workload, both=both)
        try:
            check.add(data, call(*data.inputs(self.runner(data.workload).framework)))
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            check.exception = exception_text(error)
        return check

    def check_fully(
        self, workload: Workload, arrays: Arrays, truth: Truth | None, *, both: bool
    ) -> tuple[AnswerCheck, InputData]:
        """All calls of `check_call` on some inputs."""
        data = self.data(workload, arrays, truth)
        check = AnswerCheck()
        call = self.call(data.workload, both=both)
        check_call(DirectCaller(call, self.runner(data.workload).framework), data, check)
        return check, data
