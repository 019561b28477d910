"""Probes beyond values: lost NaN, memory layouts, dependence between rows, empty input."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from losscli.checks.answer_check import AnswerCheck, exception_text
from losscli.checks.arrays import as_dtype, to_host, to_tensor
from losscli.checks.cases import Case
from losscli.checks.input_data import InputData
from losscli.checks.inputs import Arrays, InputGenerator
from losscli.checks.truth import Truth
from losscli.implementations.implementation import Answer, Workload
from losscli.results.document import Note, pass_name
from losscli.results.documents.check import CheckRow

if TYPE_CHECKING:
    from losscli.checks.checker import Checker

Probe: TypeAlias = "Callable[[Checker, Case, Truth | None], str]"


def nan_is_lost(checker: "Checker", case: Case, truth: Truth | None) -> str:
    """Whether a prediction that is nan vanishes from the value."""
    pred, *rest = case.arrays
    del truth  # of other inputs
    if not case.gradient or pred.dtype.kind != "f":
        return ""
    broken = pred.copy()
    indexed = bool(rest) and rest[0].dtype.kind == "i"
    counted = int((rest[0] >= 0).argmax()) if indexed else 0
    broken[counted] = np.nan
    workload = case.workload
    draw = InputGenerator(workload, broken.dtype, 0)
    data = InputData(workload, checker.setting, (broken, *rest), draw)
    if not np.isnan(data.mean()[0]):
        return ""  # the formula itself lets it vanish
    runner = checker.runner(workload)
    try:
        value = runner.forward(*data.inputs(runner.framework)).value
    except Exception:  # noqa: BLE001 - it does not pass in silence, and that is all
        return ""
    if data.judge_value(value).wrong:
        return "a nan among its predictions vanishes, or spreads to other rows"
    return ""


def layouts(checker: "Checker", case: Case, truth: Truth | None, *, both: bool = False) -> str:
    """Whether it misreads inputs that are not contiguous; that it refuses them is noted."""
    if len(case.arrays[0]) < 2:
        return ""
    data = checker.data(case.workload, case.arrays, truth)
    runner = checker.runner(case.workload)
    inputs = data.inputs(runner.framework)
    call = checker.call(case.workload, both=both)
    for name, layout in _LAYOUTS.items():
        try:
            answer = call(*map(layout, inputs))
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            words = (
                f"{checker.implementation.text} needs contiguous inputs: {exception_text(error)}"
            )
            checker.notes.append(Note("needs_contiguous", words))
            return ""
        verdict = AnswerCheck()
        verdict.judge(data, answer)
        if not verdict.right:
            return f"it is wrong on inputs that are not contiguous ({name})"
    return ""


def upstream(checker: "Checker", case: Case, truth: Truth | None) -> str:
    """Whether the gradients of twice the mean are not twice those of the mean."""
    runner = checker.runner(case.workload)
    if runner.scaled is None or case.each:  # twice an extreme one may overflow
        return ""
    data = checker.data(case.workload, case.arrays, truth)
    try:
        answer = runner.scaled(*data.inputs(runner.framework))
    except Exception as error:  # noqa: BLE001 - a user's code may raise anything
        return exception_text(error)
    if answer.gradients is None:
        return ""
    halves = tuple(0.5 * gradient for gradient in answer.gradients)
    if data.judge_gradients(halves).wrong:
        return "its backward does not heed the gradient that comes from above"
    return ""


def row_dependence(checker: "Checker", case: Case, truth: Truth | None) -> str:
    """Whether losses of rows are others beside half of the other rows."""
    if len(case.arrays[0]) < 2 or not case.gradient:
        return ""
    half = tuple(array[::2].copy() for array in case.arrays)
    part = None if truth is None else truth.part(slice(None, None, 2))
    data = checker.data(case.workload, half, part)
    runner = checker.runner(data.workload)
    try:
        answer = runner.forward(*data.inputs(runner.framework))
    except Exception as error:  # noqa: BLE001 - a user's code may raise anything
        return exception_text(error)
    if data.judge_value(answer.value).wrong:
        return "a row's loss depends on the rows beside it"
    return ""


FORWARD: tuple[Probe, ...] = (nan_is_lost, layouts, row_dependence)
BACKWARD: tuple[Probe, ...] = (partial(layouts, both=True), upstream)


def empty_input(checker: "Checker", workload: Workload, arrays: Arrays) -> Iterator[CheckRow]:
    """What it makes of no rows: nothing, a mean that is nan or 0, or a refusal, which is noted."""
    empty = tuple(as_dtype(array[:0], checker.setting.dtype) for array in arrays)
    sized = replace(workload, shape=empty[0].shape)
    runner = checker.runner(sized)
    given: tuple[Any, ...] = empty
    if runner.framework == "torch":
        given = tuple(to_tensor(array, checker.setting) for array in empty)
    for both, call in ((False, runner.forward), (True, runner.both)):
        if call is None:
            continue
        try:
            fault = _of_nothing(call(*given), empty[0].shape)
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            words = (
                f"{checker.implementation.text} takes no inputs of no rows: {exception_text(error)}"
            )
            checker.notes.append(Note("refuses_no_rows", words))
            return
        yield CheckRow(
            case="no rows",
            passes=pass_name(both),
            shape=empty[0].shape,
            max_ulp=None,
            grad_max_ulp=None,
            truth="float64",
            correct=not fault,
            fault=fault or None,
        )


def _of_nothing(answer: Answer, shape: tuple[int, ...]) -> str:
    value = to_host(answer.value)
    if value.ndim == 0 and not (np.isnan(value) or value == 0.0):
        return f"the mean of no rows is {float(value):.6g}"
    if value.size and value.ndim:
        return f"no rows have {len(value)} losses"
    for gradient in answer.gradients or ():
        if tuple(gradient.shape) != shape:
            return "the gradient of no rows has the wrong shape"
    return ""


def _strided(buffer: Any) -> Any:
    """The same numbers, every other one of a buffer twice as long."""
    wide = _zeros(buffer, (*buffer.shape, 2))
    wide[..., 0] = buffer
    return wide[..., 0]


def _transposed(buffer: Any) -> Any:
    """The same numbers with the first two axes the other way round in memory."""
    if buffer.ndim < 2:
        return _strided(buffer)
    turned = _zeros(buffer, (buffer.shape[1], buffer.shape[0], *buffer.shape[2:]))
    turned = turned.swapaxes(0, 1)
    turned[...] = buffer
    return turned


def _offset(buffer: Any) -> Any:
    """The same numbers, one row past the start of a buffer."""
    longer = _zeros(buffer, (len(buffer) + 1, *buffer.shape[1:]))
    longer[1:] = buffer
    return longer[1:]


def _zeros(like: Any, shape: tuple[int, ...]) -> Any:
    return np.zeros(shape, like.dtype) if isinstance(like, np.ndarray) else like.new_zeros(shape)


_LAYOUTS = {"strided": _strided, "transposed": _transposed, "offset": _offset}
