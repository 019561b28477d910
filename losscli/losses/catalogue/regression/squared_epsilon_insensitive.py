"""The square of the epsilon-insensitive loss."""

from typing import Any

from losscli.losses.declare import REAL, Array, Interval, Loss, Namespace, Param


def _values(xp: Namespace, pred: Array, target: Array, *, epsilon: float) -> Array:
    """The square of the amount by which the absolute error exceeds `epsilon`, at least 0.

    pred, target and epsilon have the same unit, which is squared in the result; the arrays have the
    same shape, (N,) or (N, D).

    >>> squared_epsilon_insensitive([0.25, 3.0], [0.0, 0.0], epsilon=0.5).tolist()
    [0.0, 6.25]
    """
    beyond = xp.clip(xp.abs(pred - target) - epsilon, 0.0, xp.inf)
    return beyond * beyond


def _derivative(xp: Namespace, pred: Array, target: Array, *, epsilon: float) -> Array:
    """Twice the excess over epsilon, with the sign of the error: it is continuous at epsilon."""
    error = pred - target
    return 2.0 * xp.sign(error) * xp.clip(xp.abs(error) - epsilon, 0.0, xp.inf)


def _reference(mp: Any, pred: Any, target: Any, *, epsilon: Any) -> Any:
    return max(mp.fabs(pred - target) - epsilon, mp.mpf(0)) ** 2


squared_epsilon_insensitive = Loss(
    name="squared_epsilon_insensitive",
    family="regression",
    formula="max(|d| - epsilon, 0)², where d = pred - target",
    latex=r"[\,|\hat y - y| - \epsilon\,]_+^2",
    source="Vapnik, The Nature of Statistical Learning Theory, 1995",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=REAL,
    flops=5,
    params=(Param("epsilon", 0.1, Interval(0.0, ends="[)"), "the largest error with loss 0"),),
    use="errors within a tolerance do not matter, and large ones matter most",
    avoid="outliers must not dominate: epsilon_insensitive is linear",
    equivalents={
        "sklearn": "linear_model.SGDRegressor(loss='squared_epsilon_insensitive', epsilon=epsilon)",
        "torch": "F.relu((pred - target).abs() - epsilon)**2",
    },
    pitfalls=("There is no factor of one half: at epsilon = 0 it is mse.",),
)
