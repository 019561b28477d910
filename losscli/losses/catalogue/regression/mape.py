"""The mean absolute percentage error."""

from typing import Any

from losscli.losses.declare import REAL, Array, Clamp, Convention, Interval, Loss, Namespace, Param


def _values(xp: Namespace, pred: Array, target: Array, *, eps: float, percent: bool) -> Array:
    """The absolute error over the target's absolute value, which is clamped to at least `eps`.

    pred, target and the result have the same shape, (N,) or (N, D); the result has no unit, and is
    100 times as large in percent. At eps = 0 a target of 0 gives inf, or 0 for an exact prediction.

    >>> mape([1.0, 6.0], [2.0, 4.0]).tolist()
    [0.5, 0.5]
    >>> mape([1.0], [2.0], percent=True).tolist()
    [50.0]
    """
    distance = xp.abs(pred - target)
    size = _sizes(xp, pred, target, eps)
    shares = distance / size
    if not percent:
        return shares
    # A subnormal share is inaccurate, which a later factor would amplify.
    lost = shares < xp.finfo(shares.dtype).smallest_normal
    return xp.where(lost, 100.0 * distance / size, 100.0 * shares)


def _derivative(xp: Namespace, pred: Array, target: Array, *, eps: float, percent: bool) -> Array:
    """The error's sign over the target's size: largest for small targets."""
    slope = (100.0 if percent else 1.0) * xp.sign(pred - target)
    return slope / _sizes(xp, pred, target, eps)


def _sizes(xp: Namespace, pred: Array, target: Array, eps: float) -> Array:
    size = xp.abs(target)
    if eps == 0:
        return size + (pred == target)  # an exact prediction has loss 0, also for 0 / 0
    return xp.clip(size, eps, xp.inf)


def _reference(mp: Any, pred: Any, target: Any, *, eps: Any, percent: bool) -> Any:
    distance, size = mp.fabs(pred - target), max(mp.fabs(target), eps)
    if size == 0:
        return mp.inf if distance else mp.mpf(0)
    return (100 if percent else 1) * distance / size


_LARGE = 2.0**26  # an error of so many times the target: that of a target of 0


def _clamp(*, eps: float, percent: bool) -> Clamp:
    least = _LARGE * (100.0 if percent else 1.0)
    words = "whose target is 0, or as good as 0,"
    return Clamp(least, words, "-l wmape divides by the sum of all targets")


mape = Loss(
    name="mape",
    aliases=("mean_absolute_percentage_error",),
    family="regression",
    formula="|pred - target| / max(|target|, eps), times 100 in percent",
    latex=r"\frac{|\hat y - y|}{\max(|y|, \epsilon)}",
    source="Makridakis, Accuracy measures, International Journal of Forecasting, 1993",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=REAL,
    flops=5,
    clamp=_clamp,
    params=(
        Param(
            "eps",
            2.0**-52,
            Interval(0.0, ends="[)"),
            "the lower bound of a target's absolute value",
        ),
        Param("percent", False, meaning="whether the result is in percent", kind="flag"),
    ),
    use="targets are far from 0, of different sizes, and relative errors matter",
    avoid="a target can be 0 or near it: it dominates the mean; use wmape",
    equivalents={
        "sklearn": "metrics.mean_absolute_percentage_error(target, pred)",
        "keras": "losses.MeanAbsolutePercentageError()(target, pred) / 100  # eps is 1e-7 there",
        "torchmetrics": "functional.mean_absolute_percentage_error(pred, target)  # eps is "
        "1.17e-6 there",
    },
    like={
        "keras": Convention(params={"eps": 1e-7, "percent": True}, by_rows=True),
        "sklearn": Convention(),
    },
    pitfalls=(
        "One target of 0 dominates the mean: an error of 1 has loss 4.5e15 there.",
        "Predicting too little has a loss of at most 1, too much is unbounded: the best constant "
        "is low.",
    ),
)
