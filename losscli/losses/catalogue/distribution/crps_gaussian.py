"""The continuous ranked probability score of a normal distribution."""

import math
from typing import Any

from losscli.losses.declare import MEAN_DEVIATION, REAL, Array, Loss, Namespace, shapes
from losscli.losses.math.special import erf

_TWICE_PEAK = 2.0 / math.sqrt(2.0 * math.pi)  # of the density
_INVERSE_ROOT_PI = 1.0 / math.sqrt(math.pi)
_ROOT_HALF = math.sqrt(0.5)


def _values(xp: Namespace, pred: Array, target: Array) -> Array:
    """The squared distance between a normal distribution function and the step at the target.

    pred is (N, 2), a mean and a standard deviation >= 0; target and the result are (N,), in the
    unit of the target. At deviation 0 it is the absolute error.

    >>> crps_gaussian([[0.0, 1.0], [5.0, 0.0]], [0.0, 3.0]).round(6).tolist()
    [0.233695, 2.0]
    """
    error, deviation, scaled = _parts(pred, target)
    return xp.abs(error) * erf(xp, xp.abs(scaled)) + deviation * _of_deviation(xp, scaled)


def _parts(pred: Array, target: Array) -> tuple[Array, Array, Array]:
    """The error, the deviation, and the error in units of √2 deviations; 0 for exact means."""
    error, deviation = pred[:, 0] - target, pred[:, 1]
    return error, deviation, _ROOT_HALF * (error / (deviation + (error == 0.0)))


def _of_deviation(xp: Namespace, scaled: Array) -> Array:
    """Twice the standard density minus 1 / √π."""
    return _TWICE_PEAK * xp.exp(-scaled * scaled) - _INVERSE_ROOT_PI


def _derivative(xp: Namespace, pred: Array, target: Array) -> Array:
    """Of the mean erf(error / (√2 s)), of the deviation 2 φ(error / s) - 1 / √π."""
    _, _, scaled = _parts(pred, target)
    return xp.stack((erf(xp, scaled), _of_deviation(xp, scaled)), axis=1)


def _reference(mp: Any, pred: Any, target: Any) -> Any:
    mean, deviation = pred
    if not deviation:
        return mp.fabs(target - mean)
    w = (target - mean) / deviation
    density = mp.exp(-w * w / 2) / mp.sqrt(2 * mp.pi)
    return deviation * (w * mp.erf(w / mp.sqrt(2)) + 2 * density - 1 / mp.sqrt(mp.pi))


crps_gaussian = Loss(
    name="crps_gaussian",
    family="distribution",
    formula="s (w (2 Phi(w) - 1) + 2 phi(w) - 1 / sqrt(pi)), w = (target - mean) / s",
    latex=r"s\left(\omega\,(2\Phi(\omega) - 1) + 2\varphi(\omega) - \frac{1}{\sqrt\pi}\right),"
    r"\quad \omega = \frac{y - \mu}{s}",
    source="Gneiting and Raftery, Strictly proper scoring rules, JASA, 2007",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=MEAN_DEVIATION,
    target=REAL,
    rows_of=shapes.TWO,
    flops=100,
    use="forecasts are normal distributions, scored in the target's unit and comparable with mae",
    avoid="outliers should have the weight of their likelihood: use gaussian_nll",
    equivalents={"properscoring": "crps_gaussian(target, mean, deviation)"},
    pitfalls=(
        "The second column is the standard deviation, not the variance that gaussian_nll takes.",
        "It is never below 0.2337 deviations, and 0 only at deviation 0.",
    ),
)
