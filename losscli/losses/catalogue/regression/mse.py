"""The mean squared error."""

import math
from typing import Any

from losscli.losses.core.domain import REAL
from losscli.losses.core.loss import Array, Convention, Loss, Namespace, Substitute


def _values(xp: Namespace, pred: Array, target: Array) -> Array:
    """The squared error: smooth everywhere, and dominated by the largest errors.

    pred, target and the result have the same shape, (N,) or (N, D), in any unit, which is squared.
    Above an error of 1.34e154 the square overflows to inf.

    >>> mse([0.5, 3.0], [0.0, 0.0]).tolist()
    [0.25, 9.0]
    """
    error = pred - target
    return error * error


def _derivative(xp: Namespace, pred: Array, target: Array) -> Array:
    """Twice the error: it grows without bound, so that one outlier can dominate a step."""
    return 2.0 * (pred - target)


def _reference(mp: Any, pred: Any, target: Any) -> Any:
    return mp.power(pred - target, 2)


mse = Loss(
    name="mse",
    aliases=("l2", "squared_error", "mean_squared_error"),
    family="regression",
    formula="d², where d = pred - target",
    latex=r"(\hat y - y)^2",
    source="Gauss, Theoria combinationis observationum, 1821; Legendre, 1805",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=REAL,
    flops=2,
    derived=(("rmse", math.sqrt),),
    use="large errors are much worse than small ones, and the noise has no heavy tails",
    avoid="a few outliers must not dominate: use mae or smooth_l1",
    equivalents={
        "torch": "F.mse_loss(pred, target)",
        "sklearn": "metrics.mean_squared_error(target, pred)",
        "keras": "losses.MeanSquaredError()(target, pred)",
        "optax": "losses.squared_error(pred, target)",
    },
    like={
        "torch": Convention(by_elements=True),
        "keras": Convention(by_rows=True),
        "sklearn": Convention(by_columns=True),
        "optax": Convention(),
    },
    pitfalls=("optax.l2_loss is half of this.",),
    instead_of=(
        Substitute(
            ("rse", "relative_squared_error", "nrmse"),
            "it sets the mean error against the spread of the targets",
            "R² is 1 − mse / variance of the targets: -m r2",
        ),
    ),
)
