"""Probes beyond values: lost NaN, memory layouts, dependence between rows, empty input.

For a user's declaration, its derivative against the slope of its reference formula.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from losscli.checks.answer_check import AnswerCheck, Subject, exception_text
from losscli.checks.cases import Case
from losscli.checks.failures import check_row
from losscli.checks.generators import Arrays
from losscli.checks.precision import Floats, to_host
from losscli.checks.truth import Truth, known_truth
from losscli.implementations.implementation import Answer, Workload
from losscli.results.document import Note
from losscli.results.documents.check import CheckRow

Probe: TypeAlias = Callable[[Subject, Case, Truth | None], str]
_TOLERANCE = 1e-9  # relative: float64 formulas lose some digits, an incorrect one is far off


def lost_nan(subject: Subject, case: Case, truth: Truth | None) -> str:
    """The fault of a value that does not show a NaN among its predictions."""
    pred, *rest = case.arrays
    del truth  # of other inputs
    if not case.gradient or pred.dtype.kind != "f":
        return ""
    broken = pred.copy()
    indexed = bool(rest) and rest[0].dtype.kind == "i"
    counted = int((rest[0] >= 0).argmax()) if indexed else 0
    broken[counted] = np.nan
    data = subject.data(case.workload, (broken, *rest), None)
    if not np.isnan(data.mean()[0]):
        return ""  # the formula itself ignores it
    runner = subject.runner(case.workload)
    try:
        value = runner.forward(*data.inputs(runner.framework)).value
    except Exception:  # noqa: BLE001 - an exception is not silent, which suffices here
        return ""
    if not data.check_value(value).correct:
        return "a nan among its predictions vanishes, or spreads to other rows"
    return ""


def layouts(subject: Subject, case: Case, truth: Truth | None, *, both: bool = False) -> str:
    """The fault of misread inputs that are not contiguous; refusing them is noted."""
    if len(case.arrays[0]) < 2:
        return ""
    data = subject.data(case.workload, case.arrays, truth)
    runner = subject.runner(case.workload)
    inputs = data.inputs(runner.framework)
    call = subject.call(case.workload, both=both)
    for name, layout in _LAYOUTS.items():
        try:
            answer = call(*map(layout, inputs))
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            text = f"{subject.implementation.text} needs contiguous inputs: {exception_text(error)}"
            subject.notes.append(Note("needs_contiguous", text))
            return ""
        check = AnswerCheck()
        check.add(data, answer)
        if not check.correct:
            return f"it is incorrect on inputs that are not contiguous ({name})"
    return ""


def upstream_gradient(subject: Subject, case: Case, truth: Truth | None) -> str:
    """The fault of gradients of twice the mean that are not twice those of the mean."""
    runner = subject.runner(case.workload)
    if runner.scaled is None or case.each:  # twice an extreme one may overflow
        return ""
    data = subject.data(case.workload, case.arrays, truth)
    try:
        answer = runner.scaled(*data.inputs(runner.framework))
    except Exception as error:  # noqa: BLE001 - a user's code may raise anything
        return exception_text(error)
    if answer.gradients is None:
        return ""
    halves = tuple(0.5 * gradient for gradient in answer.gradients)
    if not data.check_gradients(halves).correct:
        return "its backward ignores the upstream gradient"
    return ""


def row_dependence(subject: Subject, case: Case, truth: Truth | None) -> str:
    """The fault of rows whose losses change once every other row is removed."""
    if len(case.arrays[0]) < 2 or not case.gradient:
        return ""
    half = tuple(array[::2].copy() for array in case.arrays)
    part = None if truth is None else truth.part(slice(None, None, 2))
    check = subject.check_once(case.workload, half, part, both=False)
    return check.exception or ("" if check.correct else "a row's loss depends on other rows")


FORWARD: tuple[Probe, ...] = (lost_nan, layouts, row_dependence)
BACKWARD: tuple[Probe, ...] = (partial(layouts, both=True), upstream_gradient)


def empty_input(subject: Subject, workload: Workload, arrays: Arrays) -> Iterator[CheckRow]:
    """Rows for empty input: no losses, or a mean of NaN or 0, are correct; a refusal is noted."""
    empty = tuple(array[:0] for array in arrays)
    sized = replace(workload, shape=empty[0].shape)
    runner = subject.runner(sized)
    inputs = subject.inputs(sized, empty)
    for both, call in ((False, runner.forward), (True, runner.both)):
        if call is None:
            continue
        try:
            fault = _fault_of_empty(call(*inputs), empty[0].shape)
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            text = f"{subject.implementation.text} refuses empty input: {exception_text(error)}"
            subject.notes.append(Note("refuses_no_rows", text))
            return
        yield check_row("no rows", empty[0].shape, fault, "float64", both=both)


def _fault_of_empty(answer: Answer, shape: tuple[int, ...]) -> str:
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
    """The same numbers with the first two axes exchanged in memory."""
    if buffer.ndim < 2:
        return _strided(buffer)
    transposed = _zeros(buffer, (buffer.shape[1], buffer.shape[0], *buffer.shape[2:]))
    transposed = transposed.swapaxes(0, 1)
    transposed[...] = buffer
    return transposed


def _offset(buffer: Any) -> Any:
    """The same numbers, one row past the start of a buffer."""
    longer = _zeros(buffer, (len(buffer) + 1, *buffer.shape[1:]))
    longer[1:] = buffer
    return longer[1:]


def _zeros(like: Any, shape: tuple[int, ...]) -> Any:
    return np.zeros(shape, like.dtype) if isinstance(like, np.ndarray) else like.new_zeros(shape)


_LAYOUTS = {"strided": _strided, "transposed": _transposed, "offset": _offset}


def declared_slopes(case: Case) -> Iterator[CheckRow]:
    """A row, if the case is small enough for true values."""
    work = case.workload
    if not case.gradient:
        return
    arrays = tuple(a if a.dtype.kind in "iu" else a.astype(np.float64) for a in case.arrays)
    truth = known_truth(work, arrays)
    if truth is None or truth.low is None or truth.high is None:
        return
    outputs = arrays[0][0].size if work.loss.elementwise else 1
    target = arrays[1] if len(arrays) > 1 else None
    with np.errstate(all="ignore"):
        slopes = np.asarray(work.loss.derivative(np, arrays[0], target, **work.params)) / outputs
    fault = _slope_fault(slopes, truth.low, truth.high)
    yield check_row(f"slopes, {case.name}", work.shape, fault, "mpmath", both=True)


def _slope_fault(slopes: Floats, low: Floats, high: Floats) -> str:
    """The fault of slopes that should lie between two others; where those are NaN, any will do."""
    if slopes.shape != low.shape:
        return f"its derivative has the shape {slopes.shape}, its predictions {low.shape}"
    with np.errstate(all="ignore"):
        allowed = _TOLERANCE * np.maximum(1.0, np.maximum(np.abs(low), np.abs(high)))
        inside = (slopes >= low - allowed) & (slopes <= high + allowed)
        incorrect = ~(inside | (slopes == low) | (slopes == high)) & ~np.isnan(low)
    if not incorrect.any():
        return ""
    at = np.unravel_index(int(incorrect.argmax()), incorrect.shape)
    return f"its derivative is {slopes[at] + 0.0:.6g}, its reference's slope is {high[at]:.6g}"
