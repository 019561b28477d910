"""PyTorch, eager: the functions of torch.nn.functional."""

from collections.abc import Callable
from typing import Any

from losscli.errors import MissingError
from losscli.implementations.implementation import (
    Answer,
    Expression,
    Runner,
    Setting,
    UnsupportedError,
    Workload,
)


def prepare(workload: Workload, setting: Setting) -> Runner:
    """The function of the loss's name, its mean, and autograd."""
    return of_function(function_of(workload, setting), wrt=2 if workload.linear else 1)


def function_of(workload: Workload, setting: Setting) -> Callable[..., Any]:
    """The mean as torch.nn.functional computes it; raises UnsupportedError for a loss it lacks."""
    try:
        import torch
        import torch.nn.functional as F  # noqa: N812 - the usual name
    except ImportError as error:
        raise MissingError(
            "PyTorch is not installed", hint="pip install 'losscli[torch]'"
        ) from error
    expression = Expression.of(workload.loss, "torch")
    known = {"F", "torch", "pred", "target", *workload.params}
    if expression is None or not {"F"} <= expression.names <= known:
        raise UnsupportedError(f"torch.nn.functional has no {workload.name}")
    for name in workload.set_params:
        if name not in expression.names:
            raise UnsupportedError(f"torch has no {name} of {workload.name}")
    columns = {param.name for param in workload.loss.params if param.kind == "columns"}
    params = {
        name: to_tensor(value, setting) if name in columns else value
        for name, value in workload.params.items()
    }
    function = expression.function(params, {"F": F, "torch": torch})
    if workload.linear:
        return lambda hidden, weight, target: function(hidden @ weight.T, target)
    return function if workload.loss.rows_of.targeted else lambda pred: function(pred, None)


def of_function(function: Callable[..., Any], wrt: int, *, compiles: bool = False) -> Runner:
    """A function that returns the mean, or the losses of the rows, as a runner.

    wrt: how many of the first inputs get gradients.
    """
    import torch

    def mean_of(*inputs: Any) -> Any:
        value = function(*inputs)
        return value.mean() if value.ndim else value

    def forward(*inputs: Any) -> Answer:
        with torch.no_grad():
            return Answer(mean_of(*inputs))

    def both(*inputs: Any) -> Answer:
        leaves = [tensor.detach().requires_grad_() for tensor in inputs[:wrt]]
        mean = mean_of(*leaves, *inputs[wrt:])
        return Answer(mean.detach(), torch.autograd.grad(mean, leaves))

    return Runner("torch", forward, both, compiles)


def to_tensor(value: Any, setting: Setting) -> Any:
    """Numbers as a tensor, and None as it is."""
    import torch

    if value is None:
        return None
    return torch.as_tensor(value, dtype=getattr(torch, setting.dtype), device=setting.device)
