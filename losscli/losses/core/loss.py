"""The declaration of a loss: facts as fields, the meaning as a docstring, three pure functions."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from losscli.backends.backend import Array, Namespace
from losscli.backends.rowwise import ROWWISE
from losscli.errors import UsageError
from losscli.losses.core.compiled import Compiled, compiled_rows, compiled_slopes
from losscli.losses.core.conventions import Convention
from losscli.losses.core.declaration import Declaration
from losscli.losses.core.domain import Domain
from losscli.losses.core.inputs import Inputs, RawInputs
from losscli.losses.core.labels import Labels
from losscli.losses.core.one_hot import one_hot
from losscli.losses.core.params import Param
from losscli.losses.core.probabilities import PROBABILITY, LogProbabilities, Simplex
from losscli.losses.core.shapes import LABELLED, Row

__all__ = [
    "Array",
    "Clamp",
    "Convention",
    "Loss",
    "Namespace",
    "Param",
    "Substitute",
    "no_gradient",
]

Values: TypeAlias = Callable[..., Array]


def no_gradient(*_inputs: Any, **_params: Any) -> Array:
    """Raise UsageError: the loss is constant between jumps."""
    raise UsageError("the loss has no gradient: it is constant between jumps")


class Substitute(NamedTuple):
    """Names of a metric that is not a loss; reason: why; hint: how to use the loss for it."""

    names: tuple[str, ...]
    reason: str
    hint: str


class Clamp(NamedTuple):
    """Rows whose loss is that of a clamped or tiny number, which may dominate a mean.

    least: their smallest loss. words: such rows, to follow "1 row". hint: how to change it.
    """

    least: float
    words: str
    hint: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Loss(Declaration):
    """A loss, declared once and computed on every backend.

    Call it for per-sample losses, and its `gradient` for their gradient with respect to pred:
    both take lists, NumPy arrays or torch tensors and compute in float64.

    values(xp, pred, target, **params): one loss per element (elementwise) or per row.
    derivative(xp, pred, target, **params): its derivative with respect to pred, of pred's shape;
        `no_gradient` if it is zero or undefined everywhere.
    reference(mp, pred, target, **params): the loss of one row by the plain formula in mpmath.
    denominator(xp, target, **params): the weight of each row in the mean, if that is not 1.
    like: the conventions of libraries that have the loss, by name.
    saturates: True if a nan or infinite input may give a finite loss, so that evaluation must check
        every input and not only the losses; or a function that returns it, called with True if
        targets are class indices, and with the parameters by name.
    derived: (name, function of the mean) of statistics that are reported with the mean.
    instead_of: names of metrics, not losses, for which this loss can be used.
    clamp: a function of the parameters that gives the `Clamp` of rows that may dominate a mean.
    variants: losses that the name means for rows of other shapes.
    flops: floating-point operations per element.
    """

    values: Values
    derivative: Values
    reference: Values
    flops: int
    denominator: Values | None = None
    saturates: bool | Callable[..., bool] = False
    derived: tuple[tuple[str, Callable[[float], float]], ...] = ()
    like: Mapping[str, Convention] = field(default_factory=lambda: MappingProxyType({}))
    instead_of: tuple[Substitute, ...] = ()
    clamp: Callable[..., Clamp | None] | None = None
    variants: "tuple[Loss, ...]" = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "__doc__", self.values.__doc__)  # for help() and notebooks

    @property
    def differentiable(self) -> bool:
        """True if it has a gradient."""
        return self.derivative is not no_gradient

    def __repr__(self) -> str:
        return f"<loss {self.name}>"

    def logit_scale(self, params: Mapping[str, Any]) -> float:
        """The factor that turns predictions into logits, whose size limits the accuracy; else 0."""
        return self.domains_of(params)[0].logit_scale

    def may_saturate(self, params: Mapping[str, Any], target: Sequence[int] | None) -> bool:
        """True if it saturates under these parameters, for rows of targets of this shape."""
        if callable(self.saturates):
            return self.saturates(self.indexed(target), **params)
        return self.saturates

    @cached_property
    def known_variants(self) -> "tuple[Loss, ...]":
        """The losses that the name means for rows of other shapes, one-hot targets among them."""
        if self.rows_of == LABELLED and isinstance(self.target, Labels):
            return (*self.variants, one_hot(self))
        return self.variants

    def accepts(self, pred: Row, target: Row | None) -> bool:
        """True if the loss or one of its variants takes rows of these shapes."""
        return any(
            each.rows_of.matches(pred, target if each.rows_of.targeted else None)
            for each in (self, *self.known_variants)
        )

    def variant_for(self, pred: Row, target: Row | None) -> "Loss":
        """The loss that the name means for rows of these shapes; itself where none takes them."""
        if self.rows_of.matches(pred, target):
            return self
        matching = (v for v in self.known_variants if v.rows_of.matches(pred, target))
        return next(matching, self)

    def shape_hint(
        self, pred: Sequence[int], target: Sequence[int] | None, params: Mapping[str, Any]
    ) -> str:
        """The hint of the error for shapes that do not match."""
        if len(pred) == 1 and target is not None and not target:
            labelled = _of_labels(self.domains_of(params)[0])
            if labelled:
                return f"for one label per row: -l {labelled}"
            if pred[0] == 2 and self.domains_of(params)[0] is PROBABILITY:
                one = super().shape_hint(pred, target, params)
                return f"{one}; for a column a class: -l log_loss"
        if self.elementwise:
            return "losscli does not broadcast: reshape one of them"
        if isinstance(self.target, Labels):
            if target and self.rows_of.matches(pred, ()) and not self.rows_of.matches(pred, pred):
                return "targets are class indices, one per row; from one-hot rows: argmax(axis=1)"
            simplex = isinstance(self.domains_of(params)[0], Simplex)
            one = "probability per row: -l bce" if simplex else "logit per row: -l bce_with_logits"
            return f"classes are on the last axis{'' if pred else f' (for one {one})'}"
        if not pred:
            return "stack the numbers of each sample on the last axis"
        return "losscli eval without -l lists the losses that accept them"

    def __call__(self, pred: Any, target: Any = None, **params: Any) -> Array:
        """Per-sample losses, (N,), in float64; for (N, D) arrays the mean over D.

        Raises DataError for shapes that do not match and for values outside the domain, nan
        included; UsageError for an unknown or invalid parameter.
        """
        loss, inputs = self._inputs(pred, target, params)
        return inputs.map_chunks(lambda xp, p, t, kw: loss.rows(xp, p, t, kw), ())

    def gradient(self, pred: Any, target: Any = None, **params: Any) -> Array:
        """The gradient of each per-sample loss with respect to its predictions, of pred's shape.

        Raises as a call does, and UsageError for a loss without a gradient.
        """
        if not self.differentiable:
            raise UsageError(f"{self.name} has no gradient: it is constant between jumps")
        loss, inputs = self._inputs(pred, target, params)
        outputs = math.prod(inputs.pred.shape[1:]) if loss.elementwise else 1
        return inputs.map_chunks(
            lambda xp, p, t, kw: loss.slopes(xp, p, t, kw) / outputs,
            inputs.pred.shape[1:],
        )

    def _inputs(self, pred: Any, target: Any, given: Mapping[str, Any]) -> "tuple[Loss, Inputs]":
        """The loss of rows of these shapes, and its checked inputs; raises as the call does."""
        raw = RawInputs.of(self.name, pred, target, targeted=self.rows_of.targeted)
        row = raw.pred.shape[1:]
        target_row = None if raw.target is None else raw.target.shape[1:]
        loss = self.variant_for(row, target_row)
        params = loss.resolve(given)
        loss.check_shapes(row, target_row, params)
        raw.check_values(
            loss.name, loss.domains_of(params), loss.classes(row), params.get("ignore_index")
        )
        indexed = loss.indexed(target_row)
        return loss, Inputs.of(pred, target, raw, params, indexed=indexed)

    def rows(self, xp: Namespace, pred: Array, target: Array, params: Mapping[str, Any]) -> Array:
        """One loss per row, for arrays that were checked."""
        found = self._compiled(compiled_rows, xp, pred, target, params)
        if found is not None:
            return found
        values = self.values(xp, pred, target, **params)
        if values.ndim == 1:
            return values
        return row_means(xp, values)

    def slopes(self, xp: Namespace, pred: Array, target: Array, params: Mapping[str, Any]) -> Array:
        """The derivative for arrays that were checked, of pred's shape."""
        found = self._compiled(compiled_slopes, xp, pred, target, params)
        if found is not None:
            return found.reshape(pred.shape)
        return self.derivative(xp, pred, target, **params)

    def _compiled(
        self,
        program_of: Callable[..., Compiled | None],
        xp: Namespace,
        pred: Array,
        target: Array | None,
        params: Mapping[str, Any],
    ) -> Array | None:
        """The results of a program for float64 arrays of NumPy; None where there is none."""
        if xp is not ROWWISE or pred.dtype != np.float64:
            return None
        row = None if target is None else target.shape[1:]
        program = program_of(self, params, pred.shape[1:], row)
        return None if program is None else program.compute(pred, target)

    def denominators(self, xp: Namespace, target: Array, params: Mapping[str, Any]) -> Array | None:
        """The weight of each row in the mean; None if all weights are 1."""
        found = None if self.denominator is None else self.denominator(xp, target, **params)
        return found if found is None or found.ndim == 1 else row_means(xp, found)


def _of_labels(domain: Domain) -> str:
    """The loss of class labels for rows of such predictions; empty if there is none."""
    if isinstance(domain, Simplex):
        return "categorical_cross_entropy"
    if isinstance(domain, LogProbabilities):
        return "nll"
    return "cross_entropy" if domain.logit_scale else ""


def row_means(xp: Namespace, values: Array) -> Array:
    """The mean over the numbers of each row, also where their sum would overflow."""
    flat = xp.reshape(values, (values.shape[0], math.prod(values.shape[1:])))
    found = xp.mean(flat, axis=-1)
    large = xp.isinf(found)
    if xp.any(large):
        found = xp.where(large, xp.sum(flat / flat.shape[1], axis=-1), found)
    return found
