"""A user's function: `FILE.py:FUNCTION` or `MODULE:FUNCTION`, on torch tensors or NumPy arrays."""

from collections.abc import Callable
from typing import Any

import numpy as np

from losscli.errors import MissingError, UsageError
from losscli.implementations.implementation import Answer, Framework, Runner, Setting, Workload
from losscli.references import load


def prepare(
    reference: str, workload: Workload, setting: Setting, framework: Framework = "torch"
) -> Runner:
    """`f(pred, target, **params)`, or of linear_cross_entropy `f(hidden, weight, target)`.

    It returns the mean or one loss a row or element, or (loss, gradient …) of the mean; without a
    gradient, torch's autograd gives the backward pass. An nn.Module, class or instance, will do.

    Raises UsageError for what cannot be called, MissingError where torch is not installed.
    """
    found = load(reference)
    wrt = 2 if workload.linear else 1
    params = workload.set_params
    if framework == "numpy":
        function = _guarded(_callable(found, reference))
        given = _gives_gradient(function, params)
        return Runner("numpy", lambda *inputs: given(*inputs), lambda *inputs: given(*inputs))
    try:
        import torch
    except ImportError as error:
        raise MissingError(
            "a function on tensors needs PyTorch", hint=f"numpy:{reference} calls it on arrays"
        ) from error
    if isinstance(found, type) and issubclass(found, torch.nn.Module):
        found = found(**params)
    if isinstance(found, torch.nn.Module):
        params = {}  # it has its own
    from losscli.implementations.torch import moved

    params = {
        name: moved(value, setting) if hasattr(value, "__len__") else value
        for name, value in params.items()
    }
    return _on_tensors(_guarded(_callable(found, reference)), params, wrt)


def _on_tensors(function: Callable[..., Any], params: dict[str, Any], wrt: int) -> Runner:
    import torch

    def forward(*inputs: Any) -> Answer:
        with torch.no_grad():
            return _answer(function(*inputs, **params))

    def both(*inputs: Any) -> Answer:
        leaves = [tensor.detach().requires_grad_() for tensor in inputs[:wrt]]
        answer = _answer(function(*leaves, *inputs[wrt:], **params))
        if answer.gradients is not None:
            return Answer(_detached(answer.value), tuple(map(_detached, answer.gradients)))
        if not getattr(answer.value, "requires_grad", False):
            raise TypeError("it returns no tensor that has a gradient, and no gradient beside it")
        mean = answer.value.mean() if answer.value.ndim else answer.value
        return Answer(_detached(answer.value), torch.autograd.grad(mean, leaves))

    return Runner("torch", forward, both)


def _gives_gradient(function: Callable[..., Any], params: dict[str, Any]) -> Callable[..., Answer]:
    def call(*inputs: Any) -> Answer:
        return _answer(function(*inputs, **params))

    return call


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which cannot end the program: to exit is to fail."""

    def call(*inputs: Any, **params: Any) -> Any:
        try:
            return function(*inputs, **params)
        except SystemExit as stop:
            raise RuntimeError(f"it exits the program: {stop.code}") from stop

    return call


def _answer(returned: Any) -> Answer:
    value, *gradients = returned if isinstance(returned, tuple | list) else (returned,)
    for part in (value, *gradients):
        # A subclass could do its work when it is looked at, after the clock has stopped.
        plain = type(part) in (float, int, np.ndarray) or isinstance(part, np.generic)
        if not plain and type(part).__module__ + type(part).__name__ != "torchTensor":
            raise TypeError(f"it returns a {type(part).__name__}, and no plain array or tensor")
    return Answer(value, tuple(gradients) if isinstance(returned, tuple | list) else None)


def _detached(tensor: Any) -> Any:
    return tensor.detach() if hasattr(tensor, "detach") else tensor


def _callable(found: Any, reference: str) -> Callable[..., Any]:
    if not callable(found):
        raise UsageError(f"{reference} is no function", hint="name a function or an nn.Module")
    function: Callable[..., Any] = found
    return function
