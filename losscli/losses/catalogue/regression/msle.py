"""The mean squared logarithmic error."""

import math
from typing import Any

from losscli.losses.declare import REAL, Array, Convention, Interval, Loss, Namespace, Numbers

ABOVE_MINUS_ONE = Numbers("numbers > -1", "", Interval(-1.0, ends="()"))

# Keras clamps predictions and targets to at least this.
_KERAS_LEAST = 1e-7


def _values(xp: Namespace, pred: Array, target: Array) -> Array:
    """The squared difference of the logarithms of 1 + pred and 1 + target: a relative error.

    pred, target and the result have the same shape, (N,) or (N, D); both are > -1, and usually
    counts or amounts >= 0. It is inf if one is above 1e292 and the other within 1e-16 of -1.

    >>> msle([1.0, 7.0], [0.0, 7.0]).round(6).tolist()
    [0.480453, 0.0]
    """
    ratio = xp.log1p(xp.abs(pred - target) / (1.0 + xp.minimum(pred, target)))
    return ratio * ratio


def _derivative(xp: Namespace, pred: Array, target: Array) -> Array:
    """2 log((1 + pred) / (1 + target)) / (1 + pred)."""
    error = pred - target
    ratio = xp.log1p(xp.abs(error) / (1.0 + xp.minimum(pred, target)))
    return 2.0 * xp.sign(error) * ratio / (1.0 + pred)


def _reference(mp: Any, pred: Any, target: Any) -> Any:
    return (mp.log(1 + pred) - mp.log(1 + target)) ** 2


def _msle_of_keras(xp: Namespace, pred: Array, target: Array) -> Array:
    """The loss of predictions and targets that are clamped to at least 1e-7."""
    lifted = (xp.clip(x, _KERAS_LEAST, xp.inf) for x in (pred, target))
    return _values(xp, *lifted)


msle = Loss(
    name="msle",
    aliases=("mean_squared_log_error",),
    family="regression",
    formula="(log(1 + pred) - log(1 + target))²",
    latex=r"\left(\log(1 + \hat y) - \log(1 + y)\right)^2",
    source="Kaggle, ASUS malfunctional components prediction, 2013; scikit-learn's user guide",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=ABOVE_MINUS_ONE,
    target=ABOVE_MINUS_ONE,
    flops=7,
    derived=(("rmsle", math.sqrt),),
    use="targets are >= 0, span orders of magnitude, and ratios matter",
    avoid="targets can be negative, or errors of both signs must have the same loss",
    equivalents={
        "sklearn": "metrics.mean_squared_log_error(target, pred)",
        "keras": "losses.MeanSquaredLogarithmicError()(target, pred)  # lifts both to 1e-7",
        "torchmetrics": "functional.mean_squared_log_error(pred, target)",
    },
    like={
        "keras": Convention(
            values=_msle_of_keras,
            by_rows=True,
            pred=REAL,
            target=REAL,
            note="Keras clamps pred and target to at least 1e-7",
        ),
        "sklearn": Convention(by_columns=True),
    },
    pitfalls=(
        "Keras clamps negative numbers silently: target -0.5, pred 1 is 0.480 there, 1.922 here.",
        "Predicting too little has a higher loss than too much by the same amount.",
    ),
)
