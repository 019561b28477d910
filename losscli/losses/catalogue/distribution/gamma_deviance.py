"""The deviance of a gamma distribution."""

from typing import Any

from losscli.losses.declare import POSITIVE, Array, Convention, Loss, Namespace
from losscli.losses.math.stable import quotient_excess


def _values(xp: Namespace, pred: Array, target: Array) -> Array:
    """Twice target / pred - 1 minus log(target / pred): a loss of relative errors at any scale.

    pred, target and the result have the same shape, (N,) or (N, D), both > 0; the result has no
    unit.

    >>> gamma_deviance([1.0, 1e6], [2.0, 2e6]).round(6).tolist()
    [0.613706, 0.613706]
    """
    return 2.0 * quotient_excess(xp, target, pred) + 0.0


def _derivative(xp: Namespace, pred: Array, target: Array) -> Array:
    """2 (pred - target) / pred²."""
    return 2.0 * ((pred - target) / pred) / pred


def _reference(mp: Any, pred: Any, target: Any) -> Any:
    return 2 * (mp.log(pred / target) + target / pred - 1)


gamma_deviance = Loss(
    name="gamma_deviance",
    family="distribution",
    formula="2 (log(pred / target) + target / pred - 1)",
    latex=r"2\left(\log\frac{\hat y}{y} + \frac{y}{\hat y} - 1\right)",
    source="McCullagh and Nelder, Generalized linear models, 1989",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=POSITIVE,
    target=POSITIVE,
    flops=60,
    use="targets are > 0, such as costs or durations, and their spread grows with their size",
    avoid="targets can be 0: use tweedie_deviance with a power between 1 and 2",
    equivalents={
        "sklearn": "metrics.mean_gamma_deviance(target, pred)",
        "torchmetrics": "functional.tweedie_deviance_score(pred, target, power=2)",
    },
    like={"sklearn": Convention(alone="it refuses them")},
    pitfalls=(
        "It does not depend on scale: 1 and 2 give the same loss as 1e6 and 2e6.",
        "Predicting too little has a higher loss: half the target 0.61, twice the target 0.39.",
    ),
)
