"""A user's function: `FILE.py:FUNCTION` or `MODULE:FUNCTION`, on torch tensors or NumPy arrays."""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal

import numpy as np

from losscli.errors import MissingError, UsageError
from losscli.implementations.implementation import Answer, Framework, Runner, Setting, Workload
from losscli.losses.spec.user_code import load


def prepare(
    reference: str, workload: Workload, setting: Setting, framework: Framework = "torch"
) -> Runner:
    """`f(pred, target, **params)`, or of linear_cross_entropy `f(hidden, weight, target)`.

    It returns the mean or one loss a row or element, or (loss, gradient …) of the mean; without a
    gradient, torch's autograd gives the backward pass. An nn.Module, class or instance, will do.

    Raises UsageError for what cannot be called so, and for a module whose constructor fails,
    MissingError where torch is not installed.
    """
    found = load(reference)
    params = workload.set_params
    if framework == "numpy":
        function = _checked(found, reference, workload, params)

        def call(*inputs: Any) -> Answer:
            return _answer(function(*inputs, **params))

        return Runner("numpy", call, call)
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise MissingError(
            "a function on tensors needs PyTorch", hint=f"numpy:{reference} calls it on arrays"
        ) from error
    params = _on_device(params, setting)
    form = form_of(found)
    if form == "class":
        found = _made(found, reference, params)
    if form != "function":
        params = {}  # it has its own
    return _on_tensors(_checked(found, reference, workload, params), workload, setting, params)


def form_of(found: Any) -> Literal["class", "module", "function"]:
    """The kind of a referenced object: a class of torch modules, a module, or a function."""
    import torch

    if isinstance(found, type) and issubclass(found, torch.nn.Module):
        return "class"
    return "module" if isinstance(found, torch.nn.Module) else "function"


def _made(kind: type, reference: str, params: dict[str, Any]) -> Any:
    """An instance of a module; raises UsageError where its constructor does."""
    try:
        return kind(**params)
    except Exception as error:
        given = ", ".join(f"{name}={value}" for name, value in params.items())
        raise UsageError(
            f"{reference}({given}) failed: {type(error).__name__}: {error}",
            hint="it is called with the parameters of the loss that are set",
        ) from error


def _checked(
    found: Any, reference: str, workload: Workload, params: dict[str, Any]
) -> Callable[..., Any]:
    """The function; raises UsageError for one that cannot be called so, whatever the numbers."""
    if not callable(found):
        raise UsageError(f"{reference} is not a function", hint="name a function or an nn.Module")
    count = 3 if workload.linear else 2 if workload.loss.rows_of.targeted else 1
    try:
        signature = inspect.signature(getattr(found, "forward", found))
    except (TypeError, ValueError):  # compiled code has no signature
        return _guarded(found)
    try:
        signature.bind(*range(count), **params)
    except TypeError as error:
        names = ("hidden", "weight", "target") if workload.linear else ("pred", "target")[:count]
        words = ", ".join([*names, *(f"{name}=..." for name in params)])
        raise UsageError(
            f"{reference} cannot be called: {error}", hint=f"it is called as f({words})"
        ) from error
    return _guarded(found)


def _on_tensors(
    function: Callable[..., Any], workload: Workload, setting: Setting, params: dict[str, Any]
) -> Runner:
    import torch

    wrt = 2 if workload.linear else 1
    mean_of = _means(workload, setting)

    def forward(*inputs: Any) -> Answer:
        with torch.no_grad():
            return _answer(function(*inputs, **params))

    def both(*inputs: Any, factor: float = 1.0) -> Answer:
        leaves = [tensor.detach().requires_grad_() for tensor in inputs[:wrt]]
        answer = _answer(function(*leaves, *inputs[wrt:], **params))
        if answer.gradients is not None:  # its own, whatever the factor
            own = tuple(map(_detached, answer.gradients)) if factor == 1.0 else None
            return Answer(_detached(answer.value), own)
        if not getattr(answer.value, "requires_grad", False):
            raise TypeError("it returns neither a tensor with a gradient nor a gradient")
        mean = mean_of(answer.value, inputs[-1])
        upstream = None if factor == 1.0 else mean.new_tensor(factor)
        return Answer(_detached(answer.value), torch.autograd.grad(mean, leaves, upstream))

    return Runner("torch", forward, both, scaled=partial(both, factor=2.0))


def _means(workload: Workload, setting: Setting) -> Callable[[Any, Any], Any]:
    """A function that reduces an answer to the mean, with the weights of rows in the mean."""
    from array_api_compat import torch as xp

    loss, params = workload.loss, _on_device(workload.params, setting)

    def mean_of(value: Any, target: Any) -> Any:
        if not value.ndim:
            return value
        shares = loss.denominators(xp, target, params)
        if shares is None:
            return value.mean()
        return value.sum() * (len(value) / value.numel()) / shares.sum()

    return mean_of


def _on_device(params: Mapping[str, Any], setting: Setting) -> dict[str, Any]:
    """The parameters, with arrays as tensors."""
    from losscli.implementations.libraries.torch import to_tensor

    return {
        name: to_tensor(value, setting) if isinstance(value, np.ndarray) else value
        for name, value in params.items()
    }


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function; an exit becomes a RuntimeError."""

    def call(*inputs: Any, **params: Any) -> Any:
        try:
            return function(*inputs, **params)
        except SystemExit as stop:
            raise RuntimeError(f"it exits the program: {stop.code}") from stop

    return call


def _answer(returned: Any) -> Answer:
    value, *gradients = returned if isinstance(returned, tuple | list) else (returned,)
    for part in (value, *gradients):
        # A subclass could defer its work until it is read, after the clock has stopped.
        kind = type(part)
        plain = kind in (float, int, np.ndarray) or kind in np.sctypeDict.values()
        if not plain and kind.__module__ + kind.__name__ != "torchTensor":
            raise TypeError(f"it returns a {kind.__name__}, not a plain array or tensor")
        if any(map(callable, getattr(part, "__dict__", {}).values())):
            raise TypeError(f"it returns a {kind.__name__} with methods of its own")
    return Answer(value, tuple(gradients) if isinstance(returned, tuple | list) else None)


def _detached(tensor: Any) -> Any:
    return tensor.detach() if hasattr(tensor, "detach") else tensor
