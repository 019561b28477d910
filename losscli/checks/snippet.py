"""Inputs as a person pastes them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.checks.inputs import Arrays
from losscli.implementations.implementation import Workload
from losscli.implementations.registry import Contestant

_NAMES = ("pred", "target")


def shown_inputs(arrays: Arrays) -> str:
    """Inputs in a line; a long row is cut."""
    shown = zip(_NAMES, arrays, strict=False)
    return " ".join(f"{name} {_cut(_numbers(array))}" for name, array in shown)


def snippet(contestant: Contestant, workload: Workload, arrays: Arrays, dtype: str) -> str:
    """Lines of Python that show the true values, and those of a user's function beside them."""
    lines = ["import numpy as np", "from losscli import losses"]
    held = "float32" if dtype == "bfloat16" else dtype
    for name, array in zip(_NAMES, arrays, strict=False):
        kind = held if array.dtype.kind == "f" else "int64"
        lines.append(f"{name} = np.array({_numbers(array)}, np.{kind})")
    inputs = list(_NAMES[: len(arrays)])
    params = [f"{name}={_value(value)}" for name, value in workload.set_params.items()]
    call = ", ".join([*inputs, *params])
    lines.append(f"print(losses.{workload.name}({call}))")
    if workload.differentiable:
        lines.append(f"print(losses.{workload.name}.gradient({call}))")
    if contestant.reference is not None:
        lines.append("from losscli.references import load")
        if contestant.framework == "torch":
            lines.insert(1, "import torch")
            inputs = [_tensor(name, arrays[at], dtype) for at, name in enumerate(inputs)]
        call = ", ".join([*inputs, *params])
        lines.append(f"print(load({contestant.reference!r})({call}))")
    return "\n".join(lines)


def _tensor(name: str, array: NDArray[Any], dtype: str) -> str:
    narrow = dtype == "bfloat16" and array.dtype.kind == "f"
    return f"torch.tensor({name}{', dtype=torch.bfloat16' if narrow else ''})"


def _value(value: Any) -> str:
    return f"np.array({value.tolist()})" if isinstance(value, np.ndarray) else repr(value)


def _numbers(array: NDArray[Any]) -> str:
    # The shortest digits that give the number in its own type, and not those of a float64.
    if array.ndim:
        return f"[{', '.join(_numbers(np.asarray(part)) for part in array)}]"
    text = str(array)
    return text if array.dtype.kind == "i" or np.isfinite(array) else f"np.float64('{text}')"


def _cut(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:117]}..."
