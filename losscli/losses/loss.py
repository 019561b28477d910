"""What a loss is: facts as fields, the meaning as a docstring, three small pure functions."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from losscli.backends.arrays import as_array
from losscli.backends.backend import Array, Namespace
from losscli.errors import DataError, Place, UsageError
from losscli.losses.domain import Domain, Interval, rows_with

__all__ = ["Array", "Loss", "Namespace", "Param"]

Values: TypeAlias = Callable[..., Array]

# Called from Python the loss must not touch its host's allocator: strips this long stay in cache.
STRIP = 16_384
_WHOLE = 1 << 63


class Param(NamedTuple):
    """One parameter of a loss: its name, default, bounds and meaning.

    kind: a number, a whole number, or (weights) None, a number or one number a column.
    """

    name: str
    default: float | int | None
    bounds: Interval
    meaning: str
    kind: Literal["number", "whole", "columns"] = "number"

    def checked(self, value: Any, loss: str) -> Any:
        """The value as the loss takes it; raises UsageError where it is of the wrong kind."""
        if self.kind == "columns":
            if value is None and self.default is None:
                return None
            if isinstance(value, str | bytes):
                raise self._wrong(value, loss, "a number or one number a column")
            try:
                array = as_array(value, self.name).astype(np.float64)
            except DataError:
                raise self._wrong(value, loss, "a number or one number a column") from None
            if array.ndim > 1 or not (np.isfinite(array) & self.bounds.holds(array)).all():
                raise self._wrong(value, loss, f"{self.bounds}, as a number or one a column")
            return float(array) if array.ndim == 0 else array
        if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.number):
            raise self._wrong(value, loss, "a number" if self.kind == "number" else "whole")
        if self.kind == "whole":
            if not -_WHOLE <= value < _WHOLE or value != int(value):  # nan is neither
                raise self._wrong(value, loss, "a whole number of 64 bits")
            return int(value)
        try:
            number = float(value)
        except OverflowError:
            raise self._wrong(value, loss, "within the range of float64") from None
        if not self.bounds.holds(number):
            raise self._wrong(value, loss, str(self.bounds))
        return number

    def _wrong(self, value: Any, loss: str, should: str) -> UsageError:
        try:
            words = repr(value)
        except ValueError:  # an integer of thousands of digits
            words = "a number of that many digits"
        words = words if len(words) <= 80 and "\n" not in words else f"{words[:40].split()[0]}..."
        return UsageError(
            f"{self.name} of {loss} must be {should}; {words} is not",
            hint=f"{self.name}: {self.meaning} (default {self.default})",
        )


@dataclass(frozen=True, eq=False)
class Loss:
    """A loss, declared once and interpreted on every backend.

    Call it for per-sample losses, and its `gradient` for their gradient with respect to pred:
    both take lists, NumPy arrays or torch tensors and compute in float64.

    values(xp, pred, target, **params): one loss an element (elementwise) or one a row.
    derivative(xp, pred, target, **params): the same with respect to pred, of pred's shape.
    reference(mp, pred, target, **params): one row by the plain formula in mpmath.
    denominator(xp, target, **params): what a row counts in the mean, where that is not 1.
    rows_of: "numbers" takes (N,) or (N, D), and the row's loss is the mean over D;
        "classes" takes (N, C) with targets (N,) or (N, C), and gives one loss a row.
    saturates: whether an input that is nan or infinite may give a finite loss, so that evaluation
        must look at every input and not only at the losses.
    derived: (name, function of the mean) of statistics that are reported beside it.
    """

    name: str
    family: str
    formula: str
    latex: str
    source: str
    values: Values
    derivative: Values
    reference: Values
    pred: Domain
    target: Domain
    use: str
    avoid: str
    flops: int
    rows_of: Literal["numbers", "classes"] = "numbers"
    params: tuple[Param, ...] = ()
    aliases: tuple[str, ...] = ()
    denominator: Values | None = None
    saturates: bool = False
    derived: tuple[tuple[str, Callable[[float], float]], ...] = ()
    equivalents: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    pitfalls: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "__doc__", self.values.__doc__)  # for people who ask a prompt

    @property
    def elementwise(self) -> bool:
        """Whether it maps element to element."""
        return self.rows_of == "numbers"

    def __repr__(self) -> str:
        return f"<loss {self.name}>"

    def resolve(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """All parameters, checked, with defaults for those not given.

        Raises UsageError for an unknown name, a wrong type or a value out of bounds.
        """
        known = {param.name: param for param in self.params}
        for name in given:
            if name not in known:
                from difflib import get_close_matches

                near = get_close_matches(name, known, 1)
                words = ", ".join(known) or "none"
                hint = f"did you mean {near[0]}? " if near else ""
                raise UsageError(
                    f"{self.name} has no parameter {name!r}", hint=f"{hint}it has: {words}"
                )
        return {
            name: param.checked(given[name], self.name) if name in given else param.default
            for name, param in known.items()
        }

    def fit(self, pred: Sequence[int], target: Sequence[int], params: Mapping[str, Any]) -> None:
        """Check the shapes of a row of pred and of target (N left out) and of the parameters.

        Raises DataError where pred and target do not fit, UsageError where a parameter does not.
        """
        if self.elementwise:
            if tuple(pred) != tuple(target):
                raise DataError(
                    f"{self.name} takes predictions and targets of one shape; "
                    f"they are {shape_words(pred)} and {shape_words(target)}",
                    hint="losscli never broadcasts: reshape one of them",
                )
        elif len(pred) != 1:
            binary = " (for one logit a row: -l bce_with_logits)" if not pred else ""
            raise DataError(
                f"{self.name} takes predictions of shape (N, C), a row of classes a sample; "
                f"they are {shape_words(pred)}",
                hint=f"classes stand on the last axis{binary}",
            )
        elif tuple(target) not in ((), tuple(pred)):
            raise DataError(
                f"{self.name} takes targets of shape (N,), class indices, or {shape_words(pred)}, "
                f"a weight a class; they are {shape_words(target)}",
            )
        width = pred[-1] if pred else 1
        for param in self.params:
            value: Any = params.get(param.name)
            if param.kind == "columns" and np.ndim(value) == 1 and len(value) != width:
                raise UsageError(
                    f"{param.name} of {self.name} has {len(value)} numbers for {width} columns"
                )

    def __call__(self, pred: Any, target: Any = None, **params: Any) -> Array:
        """Per-sample losses, (N,), in float64: of (N, D) arrays the mean over D.

        Raises DataError for unlike shapes and values outside the domain (nan among them),
        UsageError for parameters that the loss does not have or cannot take.
        """
        inputs = _Inputs.of(self, pred, target, params)
        return inputs.by_strips(lambda xp, p, t, kw: self.rows(xp, p, t, kw), ())

    def gradient(self, pred: Any, target: Any = None, **params: Any) -> Array:
        """The gradient of each per-sample loss with respect to its predictions, of pred's shape."""
        inputs = _Inputs.of(self, pred, target, params)
        outputs = math.prod(inputs.pred.shape[1:]) if self.elementwise else 1
        return inputs.by_strips(
            lambda xp, p, t, kw: self.derivative(xp, p, t, **kw) / outputs, inputs.pred.shape[1:]
        )

    def rows(self, xp: Namespace, pred: Array, target: Array, params: Mapping[str, Any]) -> Array:
        """One loss a row, of arrays that were checked."""
        values = self.values(xp, pred, target, **params)
        if values.ndim == 1:
            return values
        return xp.mean(xp.reshape(values, (values.shape[0], -1)), axis=-1)


def shape_words(row: Sequence[int]) -> str:
    """The shape of an array of such rows, as a person writes it."""
    return "(N,)" if not row else f"(N, {', '.join(map(str, row))})"


@dataclass(frozen=True, slots=True)
class _Inputs:
    """What a Python call is made of, checked: arrays of one backend, and parameters."""

    xp: Namespace
    pred: Array
    target: Array
    params: Mapping[str, Any]

    @classmethod
    def of(cls, loss: Loss, pred: Any, target: Any, given: Mapping[str, Any]) -> "_Inputs":
        params = loss.resolve(given)
        raw_pred, raw_target = as_array(pred, "pred"), as_array(target, "target")
        if raw_pred.ndim == 0 or len(raw_pred) != len(np.atleast_1d(raw_target)):
            raise DataError(
                f"{loss.name} takes one target a prediction; "
                f"they are {raw_pred.shape} and {raw_target.shape}"
            )
        loss.fit(raw_pred.shape[1:], raw_target.shape[1:], params)
        if not raw_pred.size and len(raw_pred):
            raise DataError(f"{loss.name} takes rows of numbers; pred is {raw_pred.shape}")
        classes = None if loss.elementwise else raw_pred.shape[1]
        spared = params.get("ignore_index")
        out = raw_target == spared if spared is not None and raw_target.ndim == 1 else None
        _check(loss.name, "pred", raw_pred, loss.pred, out=out)
        _check(loss.name, "target", raw_target, loss.target, classes, spared)
        if hasattr(pred, "detach"):
            import torch
            from array_api_compat import torch as xp

            first = pred.to(torch.float64)
            other = target if hasattr(target, "detach") else torch.from_numpy(_plain(raw_target))
            second = other.to(pred.device)
            whole = torch.int64
            moved = {
                k: torch.as_tensor(v, dtype=torch.float64, device=pred.device)
                if isinstance(v, np.ndarray)
                else v
                for k, v in params.items()
            }
            second = second.to(whole if _indexed(loss, second) else torch.float64)
            return cls(xp, first, second, moved)
        whole_or_real = np.int64 if _indexed(loss, raw_target) else np.float64
        return cls(
            np,
            np.ascontiguousarray(raw_pred, np.float64),
            np.ascontiguousarray(raw_target, whole_or_real),
            params,
        )

    def by_strips(self, function: Callable[..., Array], row: Sequence[int]) -> Array:
        """`function` of all rows, a strip at a time where that keeps temporaries small."""
        with np.errstate(all="ignore"):
            if self.xp is not np:
                return function(self.xp, self.pred, self.target, self.params)
            count = len(self.pred)
            out = np.empty((count, *row))
            step = max(1, STRIP // max(1, math.prod(self.pred.shape[1:])))
            for i in range(0, count, step):
                part = slice(i, i + step)
                out[part] = function(np, self.pred[part], self.target[part], self.params)
            return out


def _plain(array: Any) -> Any:
    """The same numbers in memory that torch can take: native, writable, of a type that it has."""
    kind = {"f": array.dtype.newbyteorder("="), "b": np.dtype(np.bool_)}.get(array.dtype.kind)
    return np.array(array, dtype=kind or np.int64, order="C")


def _indexed(loss: Loss, target: Array) -> bool:
    return loss.rows_of == "classes" and target.ndim == 1


def _check(
    name: str,
    role: str,
    raw: Any,
    domain: Domain,
    classes: int | None = None,
    spared: int | None = None,
    out: Any = None,
) -> None:
    """Raise DataError where an entry lies outside the domain; rows that are `out` may."""
    missing, outside = domain.offenders(raw, classes, spared)
    mask = outside if outside is not None else missing
    if mask is not None and out is not None:
        mask = mask & ~out.reshape(-1, *(1,) * (mask.ndim - 1))
    if mask is not None and mask.any():
        at = np.unravel_index(int(mask.argmax()), mask.shape)
        raise DataError(
            f"{name} takes {domain.words}; {raw[at]} {domain.fault(float(raw[at]), classes)}",
            place=Place(role, row=int(at[0]), column=int(at[1]) if len(at) > 1 else None),
            count=int(rows_with(mask).sum()),
            total=len(mask),
        )
