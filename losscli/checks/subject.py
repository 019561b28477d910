"""`Subject`: the implementation under test, its prepared calls, and the notes about it."""

from dataclasses import replace
from typing import Any

from losscli.checks.answer_check import AnswerCheck, Call, check_call, exception_text
from losscli.checks.arrays import as_dtype, to_tensor
from losscli.checks.input_data import InputData
from losscli.checks.inputs import Arrays, InputGenerator
from losscli.checks.truth import Truth
from losscli.implementations.implementation import Runner, Setting, Workload
from losscli.implementations.registry import Implementation
from losscli.results.document import Note


class Subject:
    """An implementation under test; notes: observations that are not faults."""

    def __init__(self, implementation: Implementation, setting: Setting, seed: int) -> None:
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
        framework = self.runner(data.workload).framework
        check_call(self.call(data.workload, both=both), framework, data, check)
        return check, data
