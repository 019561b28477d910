"""The Cauchy loss, which grows logarithmically."""

import math
from typing import Any

from losscli.losses.catalogue.regression._robust import FAR, NEAR, replace_where, unit_root
from losscli.losses.declare import REAL, Array, Interval, Loss, Namespace, Param


def _values(xp: Namespace, pred: Array, target: Array, *, c: float) -> Array:
    """Like half the squared error within `c`, logarithmic for large errors.

    pred, target and the result have the same shape, (N,) or (N, D); they and c have the same unit,
    which is squared in the result.

    >>> cauchy([0.0, 1.0], [0.0, 0.0], c=1.0).round(6).tolist()
    [0.0, 0.346574]
    """
    error = pred - target
    u = error / c
    square = u * u
    values = (0.5 * c * c) * xp.log1p(square)
    values = replace_where(xp, values, square < NEAR, lambda: (0.5 * error) * error)
    return replace_where(xp, values, square > FAR, lambda: _far(xp, error, c))


def _far(xp: Namespace, error: Array, c: float) -> Array:
    """c² log|d / c|, from roots: the quotient itself may overflow."""
    return (2.0 * c * c) * xp.log(xp.sqrt(xp.abs(error)) / math.sqrt(c))


def _derivative(xp: Namespace, pred: Array, target: Array, *, c: float) -> Array:
    """The error over 1 + (d / c)²: largest at |d| = c, and decreasing beyond."""
    error = pred - target
    root = unit_root(xp, xp.abs(error / c))
    return error / root / root


def _reference(mp: Any, pred: Any, target: Any, *, c: Any) -> Any:
    return c**2 / 2 * mp.log1p(((pred - target) / c) ** 2)


cauchy = Loss(
    name="cauchy",
    aliases=("lorentzian",),
    family="regression",
    formula="c² / 2 log(1 + (d / c)²), where d = pred - target",
    latex=r"\tfrac{c^2}{2} \log\left(1 + (d / c)^2\right)",
    source="Black and Anandan, The robust estimation of multiple motions, 1996",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=REAL,
    flops=8,
    params=(Param("c", 1.0, Interval(0.0, ends="()"), "the error with the largest gradient"),),
    use="outliers are extreme, and larger ones should have a smaller gradient",
    avoid="a start may be far off: it is not convex, and the gradients of large errors are small",
    equivalents={
        "scipy": "optimize.least_squares(residuals, x0, loss='cauchy', f_scale=c).cost  # the sum",
        "torch": "0.5 * c**2 * torch.log1p(((pred - target) / c)**2)",
    },
    pitfalls=("Statistics often means c = 2.385 residual spreads, for 95 % efficiency.",),
)
