"""The negative log-likelihood of a Laplace distribution."""

import math
from typing import Any

from losscli.losses.core.loss import Array, Loss, Namespace, Param
from losscli.losses.declare import NON_NEGATIVE, REAL, Columns, Interval, shapes

LOCATION_SCALE = Columns(
    "a location and a scale >= 0", "", (REAL, NON_NEGATIVE), ("location", "scale")
)


def _values(xp: Namespace, pred: Array, target: Array, *, full: bool, eps: float) -> Array:
    """The logarithm of the scale, plus the absolute error over the scale.

    pred is (N, 2), a location and a scale >= 0, which is clamped to at least eps; target and the
    result are (N,). With full, log 2 is added. It is negative for small scales.

    >>> laplace_nll([[1.0, 1.0], [3.0, 2.0]], [3.0, 3.0]).round(6).tolist()
    [2.0, 0.693147]
    """
    scale = xp.clip(pred[:, 1], eps, xp.inf)
    nll = xp.log(scale) + xp.abs(pred[:, 0] - target) / scale
    return nll + math.log(2.0) if full else nll


def _derivative(xp: Namespace, pred: Array, target: Array, *, eps: float, **_: Any) -> Array:
    """For the location sign(error) / b, for the scale (1 - |error| / b) / b; below eps as at it."""
    scale = xp.clip(pred[:, 1], eps, xp.inf)
    error = pred[:, 0] - target
    # The difference first: it is exact for nearby numbers.
    of_scale = (scale - xp.abs(error)) / scale / scale
    return xp.stack((xp.sign(error) / scale, of_scale), axis=1)


def _reference(mp: Any, pred: Any, target: Any, *, full: bool, eps: Any) -> Any:
    location, scale = pred[0], max(pred[1], eps)
    nll = mp.log(scale) + mp.fabs(location - target) / scale
    return nll + mp.log(2) if full else nll


laplace_nll = Loss(
    name="laplace_nll",
    family="distribution",
    formula="log b + |location - target| / b, b = max(scale, eps); full adds log 2",
    latex=r"\log b + \frac{|\mu - y|}{b},\quad b = \max(s, \epsilon)",
    source="Kotz, Kozubowski and Podgórski, The Laplace distribution and generalizations, 2001",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=LOCATION_SCALE,
    target=REAL,
    rows_of=shapes.TWO,
    flops=5,
    params=(
        Param("full", False, meaning="whether log 2 is added", kind="flag"),
        Param("eps", 1e-6, Interval(0.0, ends="()"), "the lower bound of a scale"),
    ),
    use="the model predicts its uncertainty, and errors have heavier tails than a normal "
    "distribution",
    avoid="errors are approximately normal: gaussian_nll is smooth at the target",
    equivalents={
        "torch": "-distributions.Laplace(*pred.T).log_prob(target)  # full",
        "scipy": "-stats.laplace.logpdf(target, *pred.T)  # full; of far targets inf",
    },
    pitfalls=(
        "torch's and scipy's include log 2, which is omitted here unless full.",
        "The scale is the mean absolute error, not the standard deviation, which is 1.41 of it.",
    ),
)
