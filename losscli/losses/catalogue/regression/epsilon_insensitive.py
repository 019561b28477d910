"""The epsilon-insensitive loss of support vector regression."""

from typing import Any

from losscli.losses.declare import REAL, Array, Interval, Loss, Namespace, Param


def _values(xp: Namespace, pred: Array, target: Array, *, epsilon: float) -> Array:
    """The amount by which the absolute error exceeds `epsilon`, at least 0.

    pred, target, epsilon and the result have the same unit; the arrays have the same shape, (N,) or
    (N, D).

    >>> epsilon_insensitive([0.25, 3.0], [0.0, 0.0], epsilon=0.5).tolist()
    [0.0, 2.5]
    """
    return xp.clip(xp.abs(pred - target) - epsilon, 0.0, xp.inf)


def _derivative(xp: Namespace, pred: Array, target: Array, *, epsilon: float) -> Array:
    """The sign of the error, and 0 within epsilon."""
    error = pred - target
    return xp.sign(error) * (xp.abs(error) > epsilon)


def _reference(mp: Any, pred: Any, target: Any, *, epsilon: Any) -> Any:
    return max(mp.fabs(pred - target) - epsilon, mp.mpf(0))


epsilon_insensitive = Loss(
    name="epsilon_insensitive",
    aliases=("svr", "eps_insensitive"),
    family="regression",
    formula="max(|d| - epsilon, 0), where d = pred - target",
    latex=r"[\,|\hat y - y| - \epsilon\,]_+",
    source="Vapnik, The Nature of Statistical Learning Theory, 1995",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=REAL,
    flops=4,
    params=(Param("epsilon", 0.1, Interval(0.0, ends="[)"), "the largest error with loss 0"),),
    use="errors within a tolerance do not matter at all",
    avoid="the tolerance is a guess: every error within it has loss 0",
    equivalents={
        "sklearn": "linear_model.SGDRegressor(loss='epsilon_insensitive', epsilon=epsilon)",
        "torch": "F.relu((pred - target).abs() - epsilon)",
    },
    pitfalls=(
        "scikit-learn has it as a training loss, not as a metric.",
        "Near |d| = epsilon the rounding of pred - target decides: 0.3 and 0.1 at 0.2.",
    ),
)
