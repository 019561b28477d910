"""The negative log-likelihood of a negative binomial distribution."""

import math
from typing import Any

from losscli.losses.catalogue.distribution._rates import domains_of_rate, excess
from losscli.losses.core.domain import NON_NEGATIVE, Interval
from losscli.losses.core.loss import Array, Loss, Namespace, Param
from losscli.losses.math.special import STIRLING_FROM, log_factorial, stirling
from losscli.losses.math.stable import log1pmx, share


def _values(
    xp: Namespace, pred: Array, target: Array, *, r: float, full: bool, log_input: bool
) -> Array:
    """The negative log-likelihood of counts with variance mean + mean² / r, up to a constant.

    pred, target and the result have the same shape, (N,) or (N, D). pred is the mean, >= 0, or with
    log_input its logarithm; target is >= 0 and need not be an integer. With full, the terms that do
    not depend on pred are added. A mean of 0 with a target > 0 gives inf.

    >>> negative_binomial_nll([1.0, 3.0], [0.0, 2.0]).round(6).tolist()
    [0.693147, 1.961659]
    """
    if log_input:
        nll = _of_logarithm(xp, pred, target, r)
    else:
        nll = share(xp, target, _log1p_ratio(xp, r, pred)) + r * xp.log1p(pred / r)
    return nll + _log_shape(xp, target, r) if full else nll


def _log1p_ratio(xp: Namespace, a: float, b: Array) -> Array:
    """log(1 + a / b) of numbers >= 0, also where a / b leaves the range of the type."""
    ratio = a / b
    far = ratio == xp.inf
    if not bool(xp.any(far)):
        return xp.log1p(ratio)
    return xp.where(far, math.log(a) - xp.log(b), xp.log1p(xp.where(far, 1.0, ratio)))


def _of_logarithm(xp: Namespace, pred: Array, target: Array, r: float) -> Array:
    """The same for a logarithm, from both exponentials: one that underflows has no inverse."""
    far = math.log(xp.finfo(pred.dtype).max) - 20.0

    def log1p_exp(x: Array, less: float, more: float) -> Array:
        """log(1 + more eˣ / less); above `far` it is linear in x to the last digit."""
        return xp.log1p(more * xp.exp(xp.clip(x, -xp.inf, far)) / less) + xp.clip(
            x - far, 0.0, xp.inf
        )

    return share(xp, target, log1p_exp(-pred, 1.0, r)) + r * log1p_exp(pred, r, 1.0)


def _log_shape(xp: Namespace, target: Array, r: float) -> Array:
    """log(Γ(r) Γ(target + 1) / Γ(target + r)).

    It is log(u! v! / (u + v)!) of target and r - 1, v the smaller. log u! and log (u + v)! agree in
    nearly all digits for large u, so their difference is computed term by term.
    """
    other = r - 1.0
    small = xp.where(target <= other, log_factorial(xp, target), math.lgamma(r))
    v = xp.clip(target, -1.0, other)
    u = xp.clip(target, max(other, STIRLING_FROM), xp.inf)
    whole, part = u + v, v / u
    ratio = u * log1pmx(xp, part) + 0.5 * xp.log1p(part) + v * xp.log(whole)
    far = small - ratio + (stirling(u) - stirling(whole))
    total = target + r
    near = log_factorial(xp, target) + math.lgamma(r) - (log_factorial(xp, total) - xp.log(total))
    return xp.where(xp.clip(target, other, xp.inf) < STIRLING_FROM, near, far)


def _derivative(
    xp: Namespace, pred: Array, target: Array, *, r: float, log_input: bool, **_: Any
) -> Array:
    """(mean - target) / mean · r / (r + mean); of a logarithm, times the mean."""
    if log_input:
        less = xp.exp(-xp.abs(pred))  # the mean, or its inverse where that is above 1
        above = pred > 0.0
        error = xp.where(above, 1.0 - target * less, less - target)
        return error * (r / xp.where(above, 1.0 + r * less, r + less))
    return excess(pred, target) * (r / (r + pred))


def _reference(mp: Any, pred: Any, target: Any, *, r: Any, full: bool, log_input: bool) -> Any:
    mean = mp.exp(pred) if log_input else pred
    if mean:
        nll = r * mp.log((r + mean) / r) + target * mp.log((r + mean) / mean)
    else:
        nll = mp.inf if target else mp.mpf(0)
    if not full:
        return nll
    return nll + mp.loggamma(r) + mp.loggamma(target + 1) - mp.loggamma(target + r)


negative_binomial_nll = Loss(
    name="negative_binomial_nll",
    aliases=("nb_nll",),
    family="distribution",
    formula="target log(1 + r / mean) + r log(1 + mean / r); full adds"
    " lgamma(r) + lgamma(target + 1) - lgamma(target + r)",
    latex=r"y \log\left(1 + \frac{r}{\mu}\right) + r \log\left(1 + \frac{\mu}{r}\right)",
    source="Hilbe, Negative binomial regression, 2011",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=NON_NEGATIVE,
    target=NON_NEGATIVE,
    domains=domains_of_rate,
    flops=8,
    params=(
        Param("r", 1.0, Interval(0.0, ends="()"), "the size: the variance is mean + mean² / r"),
        Param("full", False, meaning="whether what depends on no prediction is added", kind="flag"),
        Param("log_input", False, meaning="whether pred is the log of the mean", kind="flag"),
    ),
    use="targets are counts that vary more than their mean",
    avoid="the variance is about the mean: poisson_nll has no size to choose",
    equivalents={
        "torch": "-distributions.NegativeBinomial(r, logits=torch.log(pred / "
        "r)).log_prob(target)  # full",
        "scipy": "-stats.nbinom.logpmf(target, r, r / (r + pred))  # full",
    },
    pitfalls=(
        "scipy's p is r / (r + mean), torch's probs is mean / (r + mean), its complement.",
        "Without full, values for different r are not comparable.",
    ),
)
