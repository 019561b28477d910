"""Half the squared error."""

from typing import Any

from losscli.losses.declare import REAL, Array, Convention, Loss, Namespace


def _values(xp: Namespace, pred: Array, target: Array) -> Array:
    """Half the square of the error, so that its slope is the error itself.

    pred, target and the result have the same shape, (N,) or (N, D), in any unit, which is squared.

    >>> half_squared_error([0.5, 3.0], [0.0, 0.0]).tolist()
    [0.125, 4.5]
    """
    error = pred - target
    return (0.5 * error) * error  # halved first: the square may overflow, its half may not


def _derivative(xp: Namespace, pred: Array, target: Array) -> Array:
    """The error."""
    return pred - target


def _reference(mp: Any, pred: Any, target: Any) -> Any:
    return mp.power(pred - target, 2) / 2


half_squared_error = Loss(
    name="half_squared_error",
    aliases=("half_mse",),
    family="regression",
    formula="d² / 2, where d = pred - target",
    latex=r"\tfrac{1}{2} (\hat y - y)^2",
    source="Bishop, Pattern Recognition and Machine Learning, 2006, section 1.1",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=REAL,
    flops=3,
    use="a gradient equal to the error, or a Gaussian likelihood of variance 1, is needed",
    avoid="numbers are compared with mse elsewhere: it is half of that",
    equivalents={
        "optax": "losses.l2_loss(pred, target)",
        "sklearn": "_loss.loss.HalfSquaredError().loss(target, pred)",
        "torch": "0.5 * F.mse_loss(pred, target)",
    },
    like={"optax": Convention(names=("l2", "l2_loss"))},
    pitfalls=("optax calls it l2_loss; here l2 is mse, twice this: 4 and 2 at an error of 2.",),
)
