"""The smallest inputs on which an implementation fails, with lines that reproduce the failure."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.checks.answer_check import AnswerCheck, Subject
from losscli.checks.generators import Arrays, in_domain
from losscli.checks.truth import known_truth
from losscli.errors import DataError, UsageError
from losscli.implementations.function import form_of
from losscli.implementations.implementation import Setting, Workload
from losscli.implementations.registry import Implementation
from losscli.losses.spec.user_code import load
from losscli.results.document import pass_name
from losscli.results.documents.check import CheckRow

_TRIES = 300
_NAMES = ("pred", "target")


class Counterexample(NamedTuple):
    """Inputs that fail, as text with the fault; the fault alone; Python lines to paste."""

    text: str = ""
    fault: str = ""
    snippet: str = ""


def counterexample(
    subject: Subject, workload: Workload, arrays: Arrays, *, both: bool
) -> Counterexample:
    """The smallest inputs that fail; empty if a second try does not fail."""
    found = smallest_failure(subject, workload, arrays, both=both)
    if found is None:
        return Counterexample()
    arrays, text = found
    assert isinstance(subject.implementation, Implementation)
    lines = snippet(subject.implementation, workload, arrays, subject.setting, both=both)
    return Counterexample(f"{inputs_text(arrays)}: {text}", text, lines)


def smallest_failure(
    subject: Subject, workload: Workload, arrays: Arrays, *, both: bool
) -> tuple[Arrays, str] | None:
    """The smallest inputs that fail, with the fault; None if a second try does not fail.

    The inputs are valid: they belong to the domains.
    """

    def fault(candidate: Arrays) -> str:
        candidate = subject.rounded(candidate)
        truth = known_truth(workload, candidate, slopes=both)
        return subject.check_fully(workload, candidate, truth, both=both)[0].fault

    def fails(candidate: Arrays) -> bool:
        return _valid(workload, candidate) and bool(fault(candidate))

    if not fails(arrays):  # it failed once and not again, or only in a row alone
        single_rows = (tuple(a[at : at + 1] for a in arrays) for at in range(len(arrays[0])))
        failing = next((row for row in single_rows if fails(row)), None)
        if failing is None:
            return None
        arrays = failing
    arrays = smallest(arrays, fails)
    return arrays, fault(arrays)


def _valid(workload: Workload, arrays: Arrays) -> bool:
    pred, *rest = arrays
    try:
        row = rest[0].shape[1:] if rest else None
        workload.loss.check_shapes(pred.shape[1:], row, workload.params)
    except (DataError, UsageError):
        return False
    return bool(in_domain(workload, arrays).all())


def check_row(
    case: str,
    shape: tuple[int, ...],
    fault: str,
    truth: str,
    *,
    both: bool,
    check: AnswerCheck | None = None,
    example: Counterexample | None = None,
    **more: Any,
) -> CheckRow:
    """A row; both: True for forward+backward. check: the errors, if numbers were compared."""
    check, example = check or AnswerCheck(), example or Counterexample()
    value, gradient = check.value, check.gradient
    return CheckRow(
        case=case,
        passes=pass_name(both),
        shape=shape,
        max_ulp=value.ulp if value.count else None,
        grad_max_ulp=gradient.ulp if gradient.count else None,
        truth=truth,
        correct=not fault,
        fault=fault or None,
        smallest=example.text or None,
        snippet=example.snippet or None,
        median_ulp=value.median_ulp,
        grad_median_ulp=gradient.median_ulp,
        **more,
    )


def smallest(arrays: Arrays, fails: Callable[[Arrays], bool]) -> Arrays:
    """Greedily fewer rows, then fewer columns, then simpler numbers, as long as they fail.

    fails: True if inputs are valid and fail. It is called at most 300 times.
    """
    tries = [_TRIES]

    def still_fails(candidate: Arrays) -> bool:
        tries[0] -= 1
        return tries[0] >= 0 and fails(candidate)

    for candidates in (_fewer_rows, _fewer_columns, _simpler):
        changed = True
        while changed and tries[0] > 0:
            changed = False
            for candidate in candidates(arrays):
                if still_fails(candidate):
                    arrays, changed = candidate, True
                    break
    return arrays


def _fewer_rows(arrays: Arrays) -> Iterator[Arrays]:
    """One half of the rows, then the other."""
    half = len(arrays[0]) // 2
    for part in (slice(half), slice(half, None)) if half else ():
        yield tuple(array[part] for array in arrays)


def _fewer_columns(arrays: Arrays) -> Iterator[Arrays]:
    """Without half of the last axis's columns, a quarter, … one; in targets as well."""
    width = arrays[0].shape[-1] if arrays[0].ndim > 1 else 1
    size = width // 2
    while size:
        for start in range(0, width, size):
            fewer = _without(arrays, np.arange(start, min(width, start + size)))
            if fewer is not None:
                yield fewer
        size //= 2


def _without(arrays: Arrays, removed: NDArray[np.int64]) -> Arrays | None:
    """Without some columns, labels renumbered; None if a label's column would be removed."""
    pred, *rest = arrays
    others = []
    for target in rest:
        if target.ndim > 1 and target.shape[-1] == pred.shape[-1]:
            others.append(np.delete(target, removed, axis=-1))
        elif target.dtype.kind != "i":
            others.append(target)
        elif np.isin(target, removed).any():
            return None
        else:
            others.append(target - (target[:, None] > removed).sum(axis=1))
    return np.delete(pred, removed, axis=-1), *others


def _simpler(arrays: Arrays) -> Iterator[Arrays]:
    """One number replaced by a simpler one."""
    for which, array in enumerate(arrays):
        if array.dtype.kind != "f":
            continue
        for at in np.ndindex(array.shape):
            for value in _simple(float(array[at])):
                changed = array.copy()
                changed[at] = value
                if changed[at] != array[at]:
                    yield tuple(changed if i == which else a for i, a in enumerate(arrays))


def _simple(value: float) -> Iterator[float]:
    """Numbers with fewer digits than a value, the simplest first."""
    candidates = dict.fromkeys([0.0, np.sign(value), float(f"{value:.1g}"), float(f"{value:.2g}")])
    for candidate in candidates:
        if len(repr(candidate)) < len(repr(value)):
            yield candidate


def inputs_text(arrays: Arrays) -> str:
    """Inputs in one line; a long array is cut."""
    texts = [_numbers(array) for array in arrays]
    shown = [text if len(text) <= 120 else f"{text[:117]}..." for text in texts]
    return " ".join(map(" ".join, zip(_NAMES, shown, strict=False)))


def snippet(
    implementation: Implementation,
    workload: Workload,
    arrays: Arrays,
    setting: Setting,
    *,
    both: bool,
) -> str:
    """Lines of Python that print the true values, and those of a user's function after them.

    both: True if the gradients are incorrect.
    """
    stored = "float32" if setting.dtype == "bfloat16" else setting.dtype
    names = _NAMES[: len(arrays)]
    lines = ["import numpy as np", "from losscli import losses"]
    for name, array in zip(names, arrays, strict=True):
        kind = stored if array.dtype.kind == "f" else "int64"
        lines.append(f"{name} = np.array({_numbers(array)}, np.{kind})")
    call = ", ".join([*names, *_params(workload, "np.array({})")])
    lines.append(f"print(losses.{workload.name}({call}))")
    if workload.loss.differentiable:
        lines.append(f"print(losses.{workload.name}.gradient({call}))")
    if implementation.reference is None:
        return "\n".join(lines)
    lines.append("from losscli.losses.spec.user_code import load")
    function = f"load({implementation.reference!r})"
    if implementation.framework == "numpy":
        return "\n".join([*lines, f"print({function}({call}))"])
    lines.insert(1, "import torch")
    for name, array in zip(names, arrays, strict=True):
        lines.append(f"{name} = {_tensor(name, array, setting, leaf=both and name == 'pred')}")
    params = _params(workload, "torch.tensor({}, dtype=pred.dtype)")
    form = form_of(load(implementation.reference))
    if form == "class":
        function, params = f"{function}({', '.join(params)})", []
    elif form == "module":
        params = []
    lines += [f"value = {function}({', '.join([*names, *params])})", "print(value)"]
    if both:
        lines += [
            "if not isinstance(value, (tuple, list)):",
            "    print(torch.autograd.grad(value.mean(), pred))",
        ]
    return "\n".join(lines)


def _params(workload: Workload, array: str) -> list[str]:
    """The parameters that are set, as keywords; array: the format of one of several numbers."""
    return [
        f"{name}={array.format(value.tolist()) if isinstance(value, np.ndarray) else repr(value)}"
        for name, value in workload.set_params.items()
    ]


def _tensor(name: str, array: NDArray[Any], setting: Setting, *, leaf: bool) -> str:
    arguments = [name]
    if setting.dtype == "bfloat16" and array.dtype.kind == "f":
        arguments.append("dtype=torch.bfloat16")
    if setting.device != "cpu":
        arguments.append(f"device={setting.device!r}")
    if leaf:
        arguments.append("requires_grad=True")
    return f"torch.tensor({', '.join(arguments)})"


def _numbers(array: NDArray[Any]) -> str:
    # The shortest digits that give the number in its own dtype.
    if array.ndim:
        return f"[{', '.join(_numbers(np.asarray(part)) for part in array)}]"
    text = str(array)
    return text if array.dtype.kind == "i" or np.isfinite(array) else f"np.float64('{text}')"
