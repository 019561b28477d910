"""Probes of an implementation beside its numbers: nan, layouts of memory, company, no rows."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from losscli.checks.arrays import as_dtype, host, tensor_of
from losscli.checks.cases import Case
from losscli.checks.inputs import Arrays, Draw
from losscli.checks.material import Material
from losscli.checks.trial import Verdict, said
from losscli.checks.truth import Truth
from losscli.implementations.implementation import Answer, Workload
from losscli.results.check import Checked
from losscli.results.document import Note

if TYPE_CHECKING:
    from losscli.checks.examiner import Examiner

Probe: TypeAlias = "Callable[[Examiner, Case, Truth | None], str]"


def loses_nan(examiner: "Examiner", case: Case, truth: Truth | None) -> str:
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
    draw = Draw(workload, broken.dtype, 0)
    material = Material(workload, examiner.setting, (broken, *rest), draw)
    if not np.isnan(material.mean()[0]):
        return ""  # the formula itself lets it vanish
    runner = examiner.runner(workload)
    try:
        value = runner.forward(*material.inputs(runner.framework)).value
    except Exception:  # noqa: BLE001 - it does not pass in silence, and that is all
        return ""
    if material.judge_value(value).wrong:
        return "a nan among its predictions vanishes, or spreads to other rows"
    return ""


def layouts(examiner: "Examiner", case: Case, truth: Truth | None, *, both: bool = False) -> str:
    """Whether it misreads inputs that are not contiguous; that it refuses them is noted."""
    if len(case.arrays[0]) < 2:
        return ""
    material = examiner.material(case.workload, case.arrays, truth)
    runner = examiner.runner(case.workload)
    inputs = material.inputs(runner.framework)
    call = examiner.call(case.workload, both=both)
    for name, layout in _LAYOUTS.items():
        try:
            answer = call(*map(layout, inputs))
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            words = f"{examiner.contestant.text} needs contiguous inputs: {said(error)}"
            examiner.notes.append(Note("needs_contiguous", words))
            return ""
        verdict = Verdict()
        verdict.judge(material, answer)
        if not verdict.right:
            return f"it is wrong on inputs that are not contiguous ({name})"
    return ""


def upstream(examiner: "Examiner", case: Case, truth: Truth | None) -> str:
    """Whether the gradients of twice the mean are not twice those of the mean."""
    runner = examiner.runner(case.workload)
    if runner.scaled is None or case.each:  # twice an extreme one may overflow
        return ""
    material = examiner.material(case.workload, case.arrays, truth)
    try:
        answer = runner.scaled(*material.inputs(runner.framework))
    except Exception as error:  # noqa: BLE001 - a user's code may raise anything
        return said(error)
    if answer.gradients is None:
        return ""
    halves = tuple(0.5 * gradient for gradient in answer.gradients)
    if material.judge_gradients(halves).wrong:
        return "its backward does not heed the gradient that comes from above"
    return ""


def company(examiner: "Examiner", case: Case, truth: Truth | None) -> str:
    """Whether losses of rows are others beside half of the other rows."""
    if len(case.arrays[0]) < 2 or not case.gradient:
        return ""
    half = tuple(array[::2].copy() for array in case.arrays)
    part = None if truth is None else truth.part(slice(None, None, 2))
    material = examiner.material(case.workload, half, part)
    runner = examiner.runner(material.workload)
    try:
        answer = runner.forward(*material.inputs(runner.framework))
    except Exception as error:  # noqa: BLE001 - a user's code may raise anything
        return said(error)
    if material.judge_value(answer.value).wrong:
        return "a row's loss depends on the rows beside it"
    return ""


FORWARD: tuple[Probe, ...] = (loses_nan, layouts, company)
BACKWARD: tuple[Probe, ...] = (partial(layouts, both=True), upstream)


def no_rows(examiner: "Examiner", workload: Workload, arrays: Arrays) -> Iterator[Checked]:
    """What it makes of no rows: nothing, a mean that is nan or 0, or a refusal, which is noted."""
    empty = tuple(as_dtype(array[:0], examiner.setting.dtype) for array in arrays)
    sized = replace(workload, shape=empty[0].shape)
    runner = examiner.runner(sized)
    given: tuple[Any, ...] = empty
    if runner.framework == "torch":
        given = tuple(tensor_of(array, examiner.setting) for array in empty)
    for both, call in ((False, runner.forward), (True, runner.both)):
        if call is None:
            continue
        try:
            fault = _of_nothing(call(*given), empty[0].shape)
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            words = f"{examiner.contestant.text} takes no inputs of no rows: {said(error)}"
            examiner.notes.append(Note("refuses_no_rows", words))
            return
        yield Checked("no rows", both, empty[0].shape, None, None, "float64", fault)


def _of_nothing(answer: Answer, shape: tuple[int, ...]) -> str:
    value = host(answer.value)
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
