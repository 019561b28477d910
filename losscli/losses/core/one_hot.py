"""One-hot rows in the place of class indices, for losses that take the index of one class."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from losscli.losses.core.domain import Domain, Raw, Violations, or_none
from losscli.losses.core.shapes import VECTORS


@dataclass(frozen=True)
class OneHot(Domain):
    """Rows of zeros with a single 1, at the class."""

    def holds(self, xp: Any, x: Any) -> Any:
        """True for rows of zeros and exactly one 1."""
        return xp.all((x == 0) | (x == 1), axis=-1) & (xp.sum(x, axis=-1) == 1)

    def violations(self, raw: Raw, *_: Any, **__: Any) -> Violations:
        """The entries other than 0 and 1, and the first entry of rows without exactly one 1."""
        if self.holds(np, raw).all():
            return Violations()
        missing = np.isnan(raw) if raw.dtype.kind == "f" else None
        outside = (raw != 0) & (raw != 1)
        unclear = ~outside.any(axis=-1) & ((raw != 0).sum(axis=-1) != 1)
        outside[:, 0] |= unclear
        if missing is not None:
            outside &= ~missing
        return Violations(or_none(missing), or_none(outside))

    def reason(self, value: float, classes: int | None = None) -> str:
        """Not 0 or 1, or in a row of several classes or none."""
        return "is in a row without exactly one 1" if value in (0, 1) else "is neither 0 nor 1"


ONE_HOT = OneHot("one-hot rows, or class indices", "shares of classes: -l cross_entropy, log_loss")


def one_hot(loss: Any) -> Any:
    """The same `Loss` for targets of one-hot rows (N, C).

    loss: a `Loss` of rows of C predictions and class indices (N,).
    """

    def domains(**params: Any) -> tuple[Domain, Domain]:
        return loss.domains_of(params)[0], ONE_HOT

    def rows(xp: Any, pred: Any, target: Any, **params: Any) -> Any:
        return loss.rows(xp, pred, xp.argmax(target, axis=-1), params)

    denominator = None if loss.denominator is None else _of_indices(loss.denominator)
    derivative = _by_indices(loss.derivative)
    return replace(
        loss,
        values=rows,
        derivative=derivative if loss.differentiable else loss.derivative,
        denominator=denominator,
        target=ONE_HOT,
        domains=domains if loss.domains else None,
        rows_of=VECTORS,
        saturates=True,  # a nan in a row is a class that is not the largest
        like=_conventions(loss.like),
    )


def _conventions(like: Mapping[str, Any]) -> dict[str, Any]:
    """The conventions of libraries, whose own values take indices."""
    return {
        name: each._replace(values=None if each.values is None else _by_indices(each.values))
        for name, each in like.items()
    }


def _by_indices(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of predictions and indices, given one-hot rows."""
    return partial(_call, function)


def _call(function: Callable[..., Any], xp: Any, pred: Any, target: Any, **params: Any) -> Any:
    return function(xp, pred, xp.argmax(target, axis=-1), **params)


def _of_indices(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of indices, given one-hot rows."""

    def call(xp: Any, target: Any, **params: Any) -> Any:
        return function(xp, xp.argmax(target, axis=-1), **params)

    return call
