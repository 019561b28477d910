"""The symmetric mean absolute percentage error."""

from typing import Any

from losscli.losses.catalogue.regression._robust import replace_where
from losscli.losses.declare import REAL, Array, Loss, Namespace


def _values(xp: Namespace, pred: Array, target: Array) -> Array:
    """The absolute error over the mean absolute value of prediction and target, in [0, 2].

    pred, target and the result have the same shape, (N,) or (N, D); the result has no unit. It is 0
    if both are 0, and 2 if their signs differ.

    >>> smape([1.0, 0.0, 2.0], [3.0, 0.0, -1.0]).tolist()
    [1.0, 0.0, 2.0]
    """
    total = _total(xp, pred, target)
    shares = _shares(xp, pred, target, total)
    return replace_where(
        xp, shares, total == xp.inf, lambda: _shares(xp, *_halves(xp, pred, target))
    )


def _shares(xp: Namespace, pred: Array, target: Array, total: Array) -> Array:
    return 2.0 * (xp.abs(pred - target) / total)


def _total(xp: Namespace, pred: Array, target: Array) -> Array:
    total = xp.abs(pred) + xp.abs(target)
    return total + (total == 0)  # the error is 0 there too


def _halves(xp: Namespace, pred: Array, target: Array) -> tuple[Array, Array, Array]:
    """Half of both and their sum, for numbers whose sum would overflow."""
    pred, target = 0.5 * pred, 0.5 * target
    return pred, target, _total(xp, pred, target)


def _derivative(xp: Namespace, pred: Array, target: Array) -> Array:
    """4 |target| / (|pred| + |target|)², signed; 0 if the signs differ, half of it at pred = 0.

    The loss does not grow further once the signs differ, so a gradient method gets stuck there.
    """
    total = _total(xp, pred, target)
    slopes = _slopes(xp, pred, target, total)
    return replace_where(
        xp, slopes, total == xp.inf, lambda: 0.5 * _slopes(xp, *_halves(xp, pred, target))
    )


def _slopes(xp: Namespace, pred: Array, target: Array, total: Array) -> Array:
    alike = 1.0 + xp.sign(pred) * xp.sign(target)
    return (2.0 * (xp.abs(target) / total)) * (xp.sign(pred - target) * alike) / total


def _reference(mp: Any, pred: Any, target: Any) -> Any:
    total = mp.fabs(pred) + mp.fabs(target)
    return 2 * mp.fabs(pred - target) / total if total else mp.mpf(0)


smape = Loss(
    name="smape",
    family="regression",
    formula="2 |pred - target| / (|pred| + |target|), and 0 where both are 0",
    latex=r"\frac{2 |\hat y - y|}{|\hat y| + |y|}",
    source="Makridakis, Accuracy measures, International Journal of Forecasting, 1993",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=REAL,
    flops=8,
    use="a forecast is compared with others' smape",
    avoid="it is used for training: its gradient is 0 if the signs differ",
    equivalents={
        "torchmetrics": "functional.symmetric_mean_absolute_percentage_error(pred, target)",
    },
    pitfalls=(
        "Three definitions are in use: up to 2 as here, up to 1, and in percent up to 100 or 200.",
        "For a target of 0 any prediction other than 0 has loss 2, however small.",
    ),
)
