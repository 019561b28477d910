"""The negative log-likelihood of a normal distribution."""

from typing import Any

from losscli.losses.core.loss import Array, Convention, Loss, Namespace, Param
from losscli.losses.declare import MEAN_VARIANCE, REAL, Interval, shapes
from losscli.losses.math.special import HALF_LOG_TAU


def _values(xp: Namespace, pred: Array, target: Array, *, full: bool, eps: float) -> Array:
    """Half of log(variance) plus the squared error over the variance.

    pred is (N, 2), a mean and a variance >= 0, which is clamped to at least eps; target and the
    result are (N,). With full, log(2π) / 2 is added. It is negative for small variances; at eps = 0
    a variance of 0 gives inf, or -inf if the mean is exact.

    >>> gaussian_nll([[1.0, 1.0], [3.0, 4.0]], [3.0, 3.0]).round(6).tolist()
    [2.0, 0.693147]
    """
    error, variance = pred[:, 0] - target, _variance(xp, pred, eps)
    scaled = error / _divisor(error, xp.sqrt(variance), eps)
    half = scaled * (0.5 * scaled)  # error² / v overflows before its half does
    if eps == 0:
        variance = variance + (half == xp.inf)  # so that it is not added to log 0
    nll = 0.5 * xp.log(variance) + half
    return nll + HALF_LOG_TAU if full else nll


def _variance(xp: Namespace, pred: Array, eps: float) -> Array:
    return xp.clip(pred[:, 1], eps, xp.inf) if eps > 0 else pred[:, 1]


def _divisor(error: Array, spread: Array, eps: float) -> Array:
    """The spread, which may be 0 at eps 0 only; an error of 0 gives 0 then."""
    return spread if eps > 0 else spread + ((error == 0.0) & (spread == 0.0))


def _derivative(xp: Namespace, pred: Array, target: Array, *, eps: float, **_: Any) -> Array:
    """For the mean error / v, for the variance (1 / v - (error / v)²) / 2; below eps as at eps."""
    error, variance = pred[:, 0] - target, _variance(xp, pred, eps)
    ratio = error / _divisor(error, variance, eps)
    # Of a small variance 1 / v and (error / v)² may both overflow, of a large one error² / v.
    small = (0.5 - ratio * (0.5 * error)) / variance
    large = 0.5 / variance - ratio * (0.5 * ratio)
    return xp.stack((ratio, xp.where(variance < 1.0, small, large)), axis=1)


def _reference(mp: Any, pred: Any, target: Any, *, full: bool, eps: Any) -> Any:
    mean, variance = pred[0], max(pred[1], eps)
    constant = mp.log(2 * mp.pi) / 2 if full else mp.mpf(0)
    if not variance:
        return mp.inf if mean != target else mp.ninf
    return (mp.log(variance) + (mean - target) ** 2 / variance) / 2 + constant


gaussian_nll = Loss(
    name="gaussian_nll",
    aliases=("normal_nll",),
    family="distribution",
    formula="(log v + (mean - target)² / v) / 2, v = max(variance, eps); full adds log(2 pi) / 2",
    latex=r"\tfrac12\left(\log v + \frac{(\mu - y)^2}{v}\right),\quad v = \max(\sigma^2, \epsilon)",
    source="Nix and Weigend, Estimating the mean and variance of the target, ICNN 1994",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=MEAN_VARIANCE,
    target=REAL,
    rows_of=shapes.TWO,
    flops=6,
    params=(
        Param("full", False, meaning="whether log(2 pi) / 2 is added", kind="flag"),
        Param("eps", 1e-6, Interval(0.0, ends="[)"), "the lower bound of a variance"),
    ),
    use="the model predicts its uncertainty as a variance",
    avoid="outliers are expected: one of them outweighs the rest; use crps_gaussian",
    equivalents={
        "torch": "F.gaussian_nll_loss(pred[:, 0], target, pred[:, 1], full, eps)",
        "scipy": "-stats.norm.logpdf(target, pred[:, 0], np.sqrt(pred[:, 1]))  # full, eps = 0",
    },
    like={"torch": Convention(by_rows=True)},
    pitfalls=(
        "The second column is the variance, not the standard deviation.",
        "Negative values are normal: it is not a distance.",
        "Below eps the variance's slope is the one at eps, not 0: -5e11 at an error of 1.",
    ),
)
