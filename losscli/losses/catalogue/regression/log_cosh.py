"""The logarithm of the hyperbolic cosine of the error."""

from typing import Any

from losscli.losses.declare import REAL, Array, Convention, Loss, Namespace

# From here on log cosh d is |d| - log 2 to the last digit, and e^|d| is still far from overflow.
_STRAIGHT = 30.0


def _values(xp: Namespace, pred: Array, target: Array) -> Array:
    """Like half the squared error near 0, like |error| - log 2 for large errors.

    pred, target and the result have the same shape, (N,) or (N, D). The transition is at an error
    of 1 in the unit of the target: scale it first.

    >>> log_cosh([0.0, 1.0, 100.0], [0.0, 0.0, 0.0]).round(6).tolist()
    [0.0, 0.433781, 99.306853]
    """
    distance = xp.abs(pred - target)
    near = xp.clip(distance, 0.0, _STRAIGHT)
    # cosh a - 1 = m² / (2 (1 + m)) where m = eᵃ - 1: accurate near 0, and elsewhere the logarithm
    # reduces the error, so that one form is sufficient.
    m = xp.expm1(near)
    return xp.log1p(m * (0.5 * (m / (1.0 + m)))) + (distance - near)


def _derivative(xp: Namespace, pred: Array, target: Array) -> Array:
    """The hyperbolic tangent of the error, within [-1, 1]."""
    return xp.tanh(pred - target)


def _reference(mp: Any, pred: Any, target: Any) -> Any:
    distance = mp.fabs(pred - target)
    # Past 1e4 the two differ by e^-20000, and cosh of 1e300 is beyond mpmath.
    return mp.log(mp.cosh(distance)) if distance < 1e4 else distance - mp.log(2)


log_cosh = Loss(
    name="log_cosh",
    aliases=("logcosh",),
    family="regression",
    formula="log cosh d, where d = pred - target",
    latex=r"\log \cosh (\hat y - y)",
    source="Chen et al., Log hyperbolic cosine loss improves variational auto-encoder, 2019",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=REAL,
    flops=10,
    use="errors above about 1 are outliers, and a parameter is not needed",
    avoid="the noise is not of size 1 in the target's unit: huber has a parameter for it",
    equivalents={
        "keras": "losses.LogCosh()(target, pred)",
        "optax": "losses.log_cosh(pred, target)",
        "torchmetrics": "functional.log_cosh_error(pred, target)",
    },
    like={
        "keras": Convention(
            by_rows=True, note="Keras cancels near 0: its value at an error of 1e-10 is 0"
        ),
        "optax": Convention(note="optax cancels near 0: its value at an error of 1e-10 is 0"),
    },
    pitfalls=(
        "Keras, optax and torchmetrics give 0 at an error of 1e-10, where it is 5e-21.",
        "torchmetrics up to 1.9 gives inf from an error of 710 on.",
    ),
)
