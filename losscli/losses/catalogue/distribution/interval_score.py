"""The interval score of a central prediction interval."""

from typing import Any

from losscli.losses.declare import INTERVAL, REAL, Array, Interval, Loss, Namespace, Param, shapes


def _values(xp: Namespace, pred: Array, target: Array, *, alpha: float) -> Array:
    """The width of an interval, plus 2 / alpha times the distance of a target outside it.

    pred is (N, 2), the lower end and the upper; target and the result are (N,), in the unit of the
    target. alpha is the probability of a target outside: 0.1 for a 90 % interval.

    >>> interval_score([[1.0, 3.0], [1.0, 3.0]], [2.0, 4.0], alpha=0.5).tolist()
    [2.0, 6.0]
    """
    low, high = pred[:, 0], pred[:, 1]
    missed = xp.clip(xp.maximum(low - target, target - high), 0.0, xp.inf)
    return (high - low) + (2.0 * missed) / alpha + 0.0


def _derivative(xp: Namespace, pred: Array, target: Array, *, alpha: float) -> Array:
    """-1 for the lower end, 1 for the upper; 2 / alpha in addition for a violated end."""
    below = xp.astype(target < pred[:, 0], pred.dtype)
    above = xp.astype(target > pred[:, 1], pred.dtype)
    return xp.stack(((2.0 * below) / alpha - 1.0, 1.0 - (2.0 * above) / alpha), axis=1)


def _reference(mp: Any, pred: Any, target: Any, *, alpha: Any) -> Any:
    low, high = pred
    below, above = max(low - target, mp.mpf(0)), max(target - high, mp.mpf(0))
    return (high - low) + 2 / alpha * below + 2 / alpha * above


interval_score = Loss(
    name="interval_score",
    aliases=("winkler",),
    family="distribution",
    formula="(high - low) + 2 / alpha (max(low - target, 0) + max(target - high, 0))",
    latex=r"(u - l) + \frac2\alpha [l - y]_+ + \frac2\alpha [y - u]_+",
    source="Winkler, A decision-theoretic approach to interval estimation, JASA, 1972",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=INTERVAL,
    target=REAL,
    rows_of=shapes.TWO,
    flops=7,
    params=(
        Param("alpha", 0.1, Interval(0.0, 1.0, "()"), "the probability that the target is outside"),
    ),
    use="forecasts are intervals that contain the target with a known probability",
    avoid="the ends are not the alpha / 2 and 1 - alpha / 2 quantiles: use pinball for each",
    equivalents={
        "losscli": "2 / alpha * (pinball(low, target, quantile=alpha / 2) + pinball(high, "
        "target, quantile=1 - alpha / 2))",
        "sklearn": "2 / alpha * sum(metrics.mean_pinball_loss(target, pred[:, k], alpha=a) "
        "for k, a in ((0, alpha / 2), (1, 1 - alpha / 2)))",
    },
    pitfalls=(
        "alpha is the share outside: a 90 % interval has 0.1, the default, not 0.9.",
        "It is in the target's unit; coverage alone does not measure width.",
    ),
)
