"""Barron's general robust loss: one parameter from quadratic to bounded."""

import math
from typing import Any

from losscli.losses.catalogue.regression._robust import (
    FAR,
    NEAR,
    damped,
    replace_where,
    unit_root,
)
from losscli.losses.declare import REAL, Array, Interval, Loss, Namespace, Param

# Below this size of alpha the loss is its limit at 0 to the last digit, and a quotient by alpha
# could overflow.
_LOGARITHMIC = 2.0**-80
# Below this alpha the slope is nearly that of a bell, and a power of a number so near to 1 would
# multiply its rounding by alpha.
_BELL = -8.0
# Below this one the loss is its limit at -inf to the last digit, wherever it is not that of 1.
_LIMIT = -(2.0**64)


def _values(xp: Namespace, pred: Array, target: Array, *, alpha: float, c: float) -> Array:
    """(d / c)² / 2 near 0, and a power `alpha` of the error for large errors.

    alpha = 2 is half the squared error, 1 pseudo_huber, 0 cauchy, -2 geman_mcclure and -inf welsch,
    up to scale. pred, target and the result have the same shape, (N,) or (N, D); pred, target and c
    share one unit, and the result has none.

    >>> barron([0.75, 0.0], [0.0, 0.0], alpha=1.0).tolist()
    [0.25, 0.0]
    >>> barron([1.0], [0.0], alpha=2.0).tolist()
    [0.5]
    """
    u = xp.abs(pred - target) / c
    if alpha == 1:  # the default, without a logarithm and an exponential
        return u * (u / (1.0 + unit_root(xp, u)))
    half = (0.5 * u) * u
    if alpha == 2:
        return half
    return replace_where(xp, _curved(xp, u, alpha), half < NEAR, lambda: half)


def _curved(xp: Namespace, u: Array, alpha: float) -> Array:
    """The loss for any other alpha, of errors in units of c that are not tiny."""
    if alpha < _LIMIT:
        return -xp.expm1((-0.5 * u) * u)
    b = abs(alpha - 2.0)
    v = u * (u / b)
    logarithm = replace_where(xp, xp.log1p(v), v > FAR, lambda: 2.0 * xp.log(u / math.sqrt(b)))
    if abs(alpha) < _LOGARITHMIC:
        return logarithm
    exponent = (0.5 * alpha) * logarithm
    values = (b / alpha) * xp.expm1(exponent)

    def power() -> Array:
        # The root never overflows, but has twice the rounding errors.
        near = (1.0 + v) ** (0.5 * alpha)
        found = replace_where(xp, near, v > FAR, lambda: unit_root(xp, u / math.sqrt(b)) ** alpha)
        return (b / alpha) * (found - 1.0)

    # An exponential amplifies the rounding of a large exponent; a power does not.
    return replace_where(xp, values, exponent > 1.0, power)


def _derivative(xp: Namespace, pred: Array, target: Array, *, alpha: float, c: float) -> Array:
    """(u / c) ((u² / |alpha - 2|) + 1)^(alpha / 2 - 1), where u = d / c."""
    u = (pred - target) / c
    if alpha == 2:
        return u / c
    if alpha < _LIMIT:
        return damped(xp, u / c, (-0.5 * u) * u)
    b = abs(alpha - 2.0)
    v = u * (u / b)
    root = unit_root(xp, xp.abs(u) / math.sqrt(b))
    held = (u / root) / c  # bounded: no intermediate result underflows before the result
    if alpha < _BELL:
        return damped(xp, held, 0.5 * (alpha - 1.0) * xp.log1p(v))
    if alpha > 2.0:
        near = (u / c) * (1.0 + v) ** (0.5 * alpha - 1.0)
        return replace_where(xp, near, v > FAR, lambda: held * root ** (alpha - 1.0))
    if alpha >= 0.5:
        return held * root ** (alpha - 1.0)
    # Here alpha - 1 would be rounded, which a power amplifies to hundreds of ULP.
    return held * root**alpha / root


def _reference(mp: Any, pred: Any, target: Any, *, alpha: Any, c: Any) -> Any:
    u = (pred - target) / c
    if alpha == 2:
        return u**2 / 2
    if alpha == 0:
        return mp.log1p(u**2 / 2)
    if alpha == -mp.inf:
        return -mp.expm1(-(u**2) / 2)
    b = abs(alpha - 2)
    return b / alpha * mp.expm1(alpha / 2 * mp.log1p(u**2 / b))


barron = Loss(
    name="barron",
    aliases=("general_robust", "adaptive"),
    family="regression",
    formula="b / alpha ((u² / b + 1)^(alpha / 2) - 1), where u = d / c, b = |alpha - 2|; "
    "its limits at alpha = 2, 0 and -inf",
    latex=r"\frac{b}{\alpha} \left(\left(\frac{(d/c)^2}{b} + 1\right)^{\alpha/2} - 1\right),"
    r" b = |\alpha - 2|",
    source="Barron, A general and adaptive robust loss function, CVPR 2019",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=REAL,
    saturates=lambda _, *, alpha, **__: alpha < 0,  # it is bounded then
    flops=12,
    params=(
        Param(
            "alpha", 1.0, Interval(high=math.inf, ends="[)"), "the power of growth for large errors"
        ),
        Param("c", 1.0, Interval(0.0, ends="()"), "the scale of the errors"),
    ),
    use="the robustness is tuned or learnt",
    avoid="a loss in the target's unit is needed: this one has no unit",
    equivalents={
        "robust_loss_pytorch": "general.lossfun(pred - target, alpha, scale=c)",
        "scipy": "special.pseudo_huber(c, pred - target) / c**2  # alpha = 1",
    },
    pitfalls=(
        "There is no c² in front: alpha = 1 is pseudo_huber / c², 0 is cauchy at √2 c over c².",
        "A large alpha multiplies the rounding of d / c: 12 ULP at 10, about 800 at 1000.",
    ),
)
