"""Inputs and calls as Python lines to paste."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.checks.inputs import Arrays
from losscli.implementations.function import form_of
from losscli.implementations.implementation import Setting, Workload
from losscli.implementations.registry import Implementation
from losscli.losses.spec.user_code import load

_NAMES = ("pred", "target")


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
