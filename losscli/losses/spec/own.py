"""Losses of a user: a declaration or a plain function."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from losscli.backends.backend import Array, Namespace
from losscli.errors import LossCliError, UsageError
from losscli.losses.core.domain import REAL, Domain
from losscli.losses.core.loss import Loss, no_gradient
from losscli.losses.core.params import Param
from losscli.losses.core.shapes import ANY_ROWS, Rows
from losscli.losses.spec.user_code import trace_of

_TEXTS = ("name", "family", "formula", "latex", "source", "use", "avoid")
_FUNCTIONS = ("values", "derivative", "reference")
_TENSORS = "is it a torch module? use --backend torch"


def own_loss(found: Any, name: str, where: str) -> Loss:
    """The loss of a user's object; where: its file or module, for messages.

    Raises UsageError for an object that is not a loss, and for an incomplete declaration, with the
    name of its missing part.
    """
    if isinstance(found, Loss):
        _check(found, where)
        return _declared(found, where)
    if callable(found) and not isinstance(found, type):
        return _of_function(found, name, where)
    raise UsageError(
        f"{where}:{name} is not a loss; its type is {type(found).__name__}",
        hint="expected a losscli.losses.declare.Loss, or a function f(pred, target, ...)",
    )


def _declared(loss: Loss, where: str) -> Loss:
    """The declaration, with checks of the shapes that its functions return."""
    name = loss.name
    parts: dict[str, Any] = {
        part: _guarded(function, name, where)
        for part in (*_FUNCTIONS, "denominator")
        if (function := getattr(loss, part)) not in (None, no_gradient)
    }

    def values(xp: Namespace, pred: Array, target: Array, **given: Any) -> Array:
        return _rows(xp, parts["values"](xp, pred, target, **given), pred, name, where)

    def derivative(xp: Namespace, pred: Array, target: Array, **given: Any) -> Array:
        found = parts["derivative"](xp, pred, target, **given)
        shape = tuple(getattr(found, "shape", ()))
        if shape != tuple(pred.shape):
            raise UsageError(
                f"the derivative of {name} returned {_shape(found)} "
                f"for predictions of {tuple(pred.shape)}",
                place=where,
                hint="expected the derivative of each row's loss by each of its predictions",
            )
        return found

    values.__doc__ = loss.values.__doc__
    checked = {"values": values, "derivative": derivative}
    return replace(loss, **(parts | {part: checked[part] for part in checked if part in parts}))


def _check(loss: Loss, where: str) -> None:
    """Raise UsageError for the first invalid part of a declaration."""
    for part in _TEXTS:
        if not isinstance(getattr(loss, part), str):
            raise _lacks(loss, where, part, "a string")
    if not loss.name.isidentifier():
        raise _lacks(loss, where, "name", "a name of letters, digits and _")
    for part in _FUNCTIONS:
        if not callable(getattr(loss, part)):
            raise _lacks(loss, where, part, "a function")
    if not isinstance(loss.rows_of, Rows):
        raise _lacks(loss, where, "rows_of", "one of losscli.losses.declare.shapes")
    targeted: Any = Domain if loss.rows_of.targeted else (Domain, type(None))
    for part, kind in (("pred", Domain), ("target", targeted)):
        if not isinstance(getattr(loss, part), kind):
            raise _lacks(loss, where, part, "a domain, such as REAL")
    for param in loss.params:
        if not isinstance(param, Param):
            raise _lacks(loss, where, "params", "a tuple of Param")
        if param.default is not None:
            param.checked(param.default, loss.name)
        for part in _FUNCTIONS:
            if not _takes(getattr(loss, part), param.name):
                raise _lacks(loss, where, part, f"a function that takes {param.name}")


def _lacks(loss: Loss, where: str, part: str, should: str) -> UsageError:
    return UsageError(
        f"the declaration of {loss.name!r} is incomplete: its {part} must be {should}",
        place=where,
    )


def _takes(function: Callable[..., Any], name: str) -> bool:
    try:
        known = inspect.signature(function).parameters
    except (TypeError, ValueError):  # compiled code has no signature
        return True
    return name in known or any(p.kind is p.VAR_KEYWORD for p in known.values())


def _guarded(function: Callable[..., Any], name: str, where: str) -> Callable[..., Any]:
    """The function; its exceptions become UsageErrors that name the loss and the line."""

    def call(*arguments: Any, **params: Any) -> Any:
        try:
            return function(*arguments, **params)
        except (LossCliError, MemoryError):
            raise
        except Exception as error:
            lines = trace_of(error, where)
            words = str(error).splitlines()[0] if str(error) else ""
            on_arrays = any(isinstance(one, np.ndarray) for one in arguments)
            raise UsageError(
                f"{name} failed: {type(error).__name__}: {words}",
                place=f"{where}, {lines}" if lines else where,
                hint=_TENSORS if hasattr(function, "forward") and on_arrays else "",
            ) from error

    call.__doc__ = function.__doc__
    return call


def _of_function(function: Callable[..., Any], name: str, where: str) -> Loss:
    """A function of arrays as a loss without a derivative and a true value."""
    params = _params(function, name, where)
    guarded = _guarded(function, name, where)

    def values(xp: Namespace, pred: Array, target: Array, **given: Any) -> Array:
        found = guarded(_protected(pred), _protected(target), **given)
        return _rows(xp, found, pred, name, where)

    def unknown(*_: Any, **__: Any) -> Any:
        raise UsageError(
            f"{name} is a plain function: its gradient and its true value are unknown",
            place=where,
            hint="declare a losscli.losses.declare.Loss, or use check FILE.py:NAME --as LOSS",
        )

    values.__doc__ = function.__doc__
    return Loss(
        name=name,
        family="own",
        formula=f"{name}(pred, target)",
        latex=rf"\mathrm{{{name}}}",
        source=where,
        values=values,
        derivative=unknown,
        reference=unknown,
        pred=REAL,
        target=REAL,
        use="",
        avoid="",
        flops=0,
        rows_of=ANY_ROWS,
        params=params,
        saturates=True,  # its treatment of nan is unknown
    )


def _params(function: Callable[..., Any], name: str, where: str) -> tuple[Param, ...]:
    """The parameters after pred and target, with their defaults."""
    try:
        pred, target, *others = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        raise UsageError(
            f"{name} is not a function of pred and target", place=where, hint="f(pred, target, ...)"
        ) from None
    if pred.kind is pred.KEYWORD_ONLY or target.kind is target.KEYWORD_ONLY:
        raise UsageError(f"{name} takes pred and target by keyword only", place=where)
    named = [one for one in others if one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)]
    for one in named:
        if one.default is one.empty:
            raise UsageError(
                f"the parameter {one.name} of {name} has no default",
                place=where,
                hint=f"give it one: {one.name}=1.0",
            )
    return tuple(Param(one.name, one.default, kind="any") for one in named)


def _protected(array: Any) -> Any:
    """A read-only view: other losses use the same array."""
    if not isinstance(array, np.ndarray):
        return array
    view = array.view()
    view.flags.writeable = False
    return view


def _rows(xp: Namespace, found: Any, pred: Array, name: str, where: str) -> Array:
    """The returned losses, one per element or one per row; raises UsageError for others."""
    if isinstance(pred, np.ndarray) and hasattr(found, "detach"):
        found = found.detach().numpy()
    array: Any = np.asarray(found) if isinstance(pred, np.ndarray) else found
    shape = tuple(getattr(array, "shape", ()))
    if shape not in ((len(pred),), tuple(pred.shape)):
        raise UsageError(
            f"{name} returned {_shape(found)} for predictions of {tuple(pred.shape)}",
            place=where,
            hint="expected one loss per row or per element, not their mean",
        )
    if isinstance(pred, np.ndarray) and array.dtype.kind not in "fiub":
        raise UsageError(f"{name} returned {array.dtype}, not numbers", place=where)
    return xp.astype(array, pred.dtype, copy=False)


def _shape(found: Any) -> str:
    """The shape of a returned value, in words."""
    if found is None:
        return "nothing"
    if isinstance(found, tuple | list):
        return f"{len(found)} values"
    return str(tuple(getattr(found, "shape", ())) or "one number")
