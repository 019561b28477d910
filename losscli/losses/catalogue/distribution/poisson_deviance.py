"""The deviance of a Poisson distribution."""

from typing import Any

from losscli.losses.catalogue.distribution._rates import excess
from losscli.losses.declare import NON_NEGATIVE, POSITIVE, Array, Convention, Loss, Namespace
from losscli.losses.math.stable import quotient_excess


def _values(xp: Namespace, pred: Array, target: Array) -> Array:
    """Twice the log-likelihood of the best rate, the target, minus that of the predicted rate.

    pred, target and the result have the same shape, (N,) or (N, D); pred is a rate, target a count,
    both >= 0. A rate of 0 gives inf with a target > 0, and 0 with a target of 0.

    >>> poisson_deviance([2.0, 3.0], [0.0, 3.0]).tolist()
    [4.0, 0.0]
    """
    none = target == 0.0
    count = target + none  # 0 log 0 is 0: a count of 1 of weight 0
    rate = pred + (none & (pred == 0.0))
    found = target * quotient_excess(xp, rate, count)
    # If the ratio overflows, or the target is 0, only pred remains.
    alone = none | ((found == xp.inf) & (pred > 0.0))
    if xp.any(alone):
        found = xp.where(alone, pred, found)
    return 2.0 * found + 0.0


def _derivative(xp: Namespace, pred: Array, target: Array) -> Array:
    """2 (pred - target) / pred, and 2 where both are 0."""
    return 2.0 * excess(pred, target)


def _reference(mp: Any, pred: Any, target: Any) -> Any:
    if not target:
        return 2 * pred
    return 2 * (target * mp.log(target / pred) - target + pred) if pred else mp.inf


poisson_deviance = Loss(
    name="poisson_deviance",
    family="distribution",
    formula="2 (target log(target / pred) - target + pred)",
    latex=r"2\left(y \log\frac{y}{\hat y} - y + \hat y\right)",
    source="McCullagh and Nelder, Generalized linear models, 1989",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=NON_NEGATIVE,
    target=NON_NEGATIVE,
    flops=60,
    use="targets are counts or amounts >= 0 whose variance grows with the mean",
    avoid="rates may be 0 with counts > 0, which gives inf; the model predicts logarithms",
    equivalents={
        "sklearn": "metrics.mean_poisson_deviance(target, pred)",
        "torchmetrics": "functional.tweedie_deviance_score(pred, target, power=1)",
        "scipy": "2 * special.kl_div(target, pred)",
    },
    like={"sklearn": Convention(pred=POSITIVE, alone="it refuses them")},
    pitfalls=(
        "It is twice the generalised Kullback-Leibler divergence.",
        "Near the target the plain formula cancels: scikit-learn gives 0 for 1e8 and 1e8 + 1, "
        "where it is 1e-8.",
    ),
)
