"""The deviance of a Tweedie distribution."""

from typing import Any

from losscli.losses.catalogue.distribution._rates import excess
from losscli.losses.catalogue.distribution.gamma_deviance import gamma_deviance
from losscli.losses.catalogue.distribution.poisson_deviance import poisson_deviance
from losscli.losses.core.domain import NON_NEGATIVE, POSITIVE, REAL, Domain, Either, Interval
from losscli.losses.core.loss import Array, Convention, Loss, Namespace, Param
from losscli.losses.math.stable import log_ratio, polynomial, replaced, share

# Relative errors up to here use the series, whose terms decrease as their powers.
_NEAR = 0.4
_TERMS = 45


def _values(xp: Namespace, pred: Array, target: Array, *, power: float) -> Array:
    """Twice the log-likelihood of the target minus that of pred, with variance ~ mean ** power.

    pred, target and the result have the same shape, (N,) or (N, D). Power 0 is mse, 1
    poisson_deviance, 2 gamma_deviance, 3 the inverse Gaussian. pred is > 0 (at power 1 >= 0, at
    power 0 real); target is > 0 from power 2 on, >= 0 from 1 on, and real below.

    >>> tweedie_deviance([4.0, 4.0], [0.0, 1.0]).tolist()
    [8.0, 2.0]
    """
    if power == 0:
        return (pred - target) * (pred - target)
    if power == 1:
        return poisson_deviance.values(xp, pred, target)
    if power == 2:
        return gamma_deviance.values(xp, pred, target)
    error = target - pred
    part = error / pred
    if power == 3:
        return share(xp, part * part, 1.0 / target)
    scale = pred ** (2.0 - power)

    def near(part: Array, scale: Array) -> Array:
        return 2.0 * share(xp, part * part * _series(part, power), scale)

    far = _far(xp, pred, target, part, scale, power)
    return replaced(xp, far, xp.abs(part) <= _NEAR, near, part, scale)


def _series(part: Array, power: float) -> Array:
    """Σ binom(-power, k) partᵏ / ((k + 1) (k + 2)), the remainder of a Taylor series."""
    binomials = [1.0]
    for k in range(1, _TERMS):
        binomials.append(binomials[-1] * (1.0 - power - k) / k)
    terms = [binomial / ((k + 1) * (k + 2)) for k, binomial in enumerate(binomials)]
    return polynomial(terms[::-1], part)


def _far(
    xp: Namespace, pred: Array, target: Array, part: Array, scale: Array, power: float
) -> Array:
    """2 / (1 - ρ) ((t₊^(2-ρ) - p^(2-ρ)) / (2 - ρ) - (t - p) p^(1-ρ))."""
    positive = xp.clip(target, xp.finfo(pred.dtype).smallest_normal, xp.inf)
    exponent = (2.0 - power) * log_ratio(xp, positive / pred, positive, pred)
    moderate = (xp.abs(exponent) <= 1.0) & (target > 0.0)
    rise = replaced(
        xp,
        scale * xp.expm1(xp.clip(exponent, -1.0, 1.0)),
        ~moderate,
        lambda target, scale: xp.clip(target, 0.0, xp.inf) ** (2.0 - power) - scale,
        target,
        scale,
    )
    steep = part * scale
    if xp.any(part == xp.inf):  # the quotient would overflow although the product does not
        steep = xp.where(part == xp.inf, (target - pred) * pred ** (1.0 - power), steep)
    found = 2.0 * ((rise / (2.0 - power) - steep) / (1.0 - power))
    beyond = scale == xp.inf
    return xp.where(beyond, scale, found) if xp.any(beyond) else found


def _derivative(xp: Namespace, pred: Array, target: Array, *, power: float) -> Array:
    """2 (pred - target) pred ** -power."""
    if power == 0:
        return 2.0 * (pred - target)
    if power == 1:
        return 2.0 * excess(pred, target)
    # With the division first, no factor overflows before the product does.
    return 2.0 * share(xp, (pred - target) / pred, pred ** (1.0 - power))


def _reference(mp: Any, pred: Any, target: Any, *, power: Any) -> Any:
    if power == 0:
        return (pred - target) ** 2
    if power == 1:
        return poisson_deviance.reference(mp, pred, target)
    if power == 2:
        return gamma_deviance.reference(mp, pred, target)
    first = target ** (2 - power) if target > 0 else mp.mpf(0)
    return 2 * (
        first / ((1 - power) * (2 - power))
        - target * pred ** (1 - power) / (1 - power)
        + pred ** (2 - power) / (2 - power)
    )


def _domains(power: float) -> tuple[Domain, Domain]:
    if power == 0:
        return REAL, REAL
    pred = NON_NEGATIVE if power == 1 else POSITIVE
    return pred, REAL if power < 0 else NON_NEGATIVE if power < 2 else POSITIVE


tweedie_deviance = Loss(
    name="tweedie_deviance",
    aliases=("tweedie",),
    family="distribution",
    formula="2 (max(target, 0)^(2-r) / ((1-r) (2-r)) - target pred^(1-r) / (1-r)"
    " + pred^(2-r) / (2-r)), r = power",
    latex=r"2\left(\frac{[y]_+^{2-\rho}}{(1-\rho)(2-\rho)} - \frac{y \hat y^{1-\rho}}{1-\rho}"
    r" + \frac{\hat y^{2-\rho}}{2-\rho}\right)",
    source="Jørgensen, Exponential dispersion models, JRSS B, 1987",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=POSITIVE,
    target=NON_NEGATIVE,
    domains=_domains,
    flops=220,
    params=(
        Param(
            "power",
            1.5,
            Either((Interval(high=0.0, ends="(]"), Interval(1.0, ends="[)"))),
            "the power of the mean that is proportional to the variance",
        ),
    ),
    use="targets are often exactly 0 and otherwise continuous, such as insurance claims or "
    "rainfall",
    avoid="the power is close to 1 or 2: round it, since the formula loses digits there",
    equivalents={
        "sklearn": "metrics.mean_tweedie_deviance(target, pred, power=power)  # 0 is its default",
        "torchmetrics": "functional.tweedie_deviance_score(pred, target, power=power)  # 0 is its"
        " default",
    },
    like={"sklearn": Convention({"power": 0.0}, alone="it refuses them")},
    pitfalls=(
        "scikit-learn's default power is 0, which is mse; here it is 1.5.",
        "Between 0 and 1 no such distribution exists: these powers are errors.",
        "scikit-learn's HalfTweedieLoss is half of it, of logarithms, without the terms of the "
        "target.",
    ),
)
