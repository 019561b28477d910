"""PyTorch, eager: the functions of torch.nn.functional."""

from collections.abc import Callable
from typing import Any

from losscli.errors import MissingError
from losscli.implementations.implementation import (
    Answer,
    Runner,
    Setting,
    UnsupportedError,
    Workload,
)

# Our names of losses, where torch.nn.functional has others, and the parameters that both have.
_NAMES = {
    "mae": "l1_loss",
    "bce": "binary_cross_entropy",
    "bce_with_logits": "binary_cross_entropy_with_logits",
    "cross_entropy": "cross_entropy",
}
_PARAMS = {
    "smooth_l1": ("beta",),
    "bce_with_logits": ("pos_weight",),
    "cross_entropy": ("weight", "ignore_index", "label_smoothing"),
    "linear_cross_entropy": ("ignore_index", "label_smoothing"),
}
_TENSORS = ("weight", "pos_weight")


def prepare(workload: Workload, setting: Setting) -> Runner:
    """The function of the loss's name, its mean, and autograd."""
    return of_function(function_of(workload, setting), wrt=2 if workload.linear else 1)


def function_of(workload: Workload, setting: Setting) -> Callable[..., Any]:
    """The mean as torch.nn.functional computes it; raises UnsupportedError for a loss it lacks."""
    try:
        import torch.nn.functional as F  # noqa: N812 - everybody's name for it
    except ImportError as error:
        raise MissingError(
            "PyTorch is not installed", hint="pip install 'losscli[torch]'"
        ) from error

    params = {}
    for name, value in workload.params.items():
        if name in _PARAMS.get(workload.name, ()):
            params[name] = moved(value, setting) if name in _TENSORS else value
        elif name in workload.set_params:
            raise UnsupportedError(f"torch has no {name} of {workload.name}")
    if workload.linear:
        return lambda hidden, weight, target: F.cross_entropy(hidden @ weight.T, target, **params)
    function = getattr(F, _NAMES.get(workload.name, f"{workload.name}_loss"), None)
    if function is None:
        raise UnsupportedError(f"torch.nn.functional has no {workload.name}")
    return lambda pred, target: function(pred, target, **params)


def of_function(function: Callable[..., Any], wrt: int, *, compiles: bool = False) -> Runner:
    """A function that returns the mean as a runner; the first `wrt` inputs get gradients."""
    import torch

    def forward(*inputs: Any) -> Answer:
        with torch.no_grad():
            return Answer(function(*inputs))

    def both(*inputs: Any) -> Answer:
        leaves = [tensor.detach().requires_grad_() for tensor in inputs[:wrt]]
        mean = function(*leaves, *inputs[wrt:])
        return Answer(mean.detach(), torch.autograd.grad(mean, leaves))

    return Runner("torch", forward, both, compiles)


def moved(value: Any, setting: Setting) -> Any:
    """Numbers as a tensor, and None as it is."""
    import torch

    if value is None:
        return None
    return torch.as_tensor(value, dtype=getattr(torch, setting.dtype), device=setting.device)
