"""The terms of a bar: how near, of what, over which inputs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

LAWS = ("non_negative", "zero_at_target", "convex", "symmetric", "monotone")


@dataclass(frozen=True)
class Owed:
    """How near a loss comes to the truth in float64, and over which inputs.

    value, gradient: the most ULP that an error may have.
    scale, gradient_scale: what an ULP is of, where that is not the truth itself: a function
        (mp, pred, target, **params) that gives the sum of the absolute terms (of the gradient: one
        a prediction, or one for all). why: then, and for bars above 4, the reason.
    pred, target: strategies of hypothesis for one row, where those of the domains will not do;
        near: a strategy of (pred, target) pairs that lie close. params: one a parameter.
    kink: whether (pred, target, params) is where the declared gradient is a convention.
    examples: (pred, target, params) that are always tried.
    laws: of LAWS, those that hold for the default parameters (see test_laws.py).
    perfect: the prediction that costs nothing for a target, where that is not the target itself.
    ideal: a strategy of the targets that a prediction can meet, where not all can be met.
    autograd: why torch's autograd through the values cannot tell the gradient; empty where it can.
    """

    value: float = 4.0
    gradient: float | None = 4.0
    scale: Callable[..., Any] | None = None
    gradient_scale: Callable[..., Any] | None = None
    why: str = ""
    pred: Any = None
    target: Any = None
    near: Any = None
    params: Mapping[str, Any] = field(default_factory=dict)
    kink: Callable[..., bool] = lambda pred, target, params: False
    examples: tuple[tuple[Any, Any, Mapping[str, Any]], ...] = ()
    laws: frozenset[str] = frozenset()
    perfect: Callable[..., Any] = lambda target: target
    ideal: Any = None
    autograd: str = ""
