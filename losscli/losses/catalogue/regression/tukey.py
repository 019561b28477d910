"""Tukey's biweight, which is constant for large errors."""

from typing import Any

from losscli.losses.declare import REAL, Array, Interval, Loss, Namespace, Param


def _values(xp: Namespace, pred: Array, target: Array, *, c: float) -> Array:
    """Like half the squared error near 0, and constant, c² / 6, from `c` on.

    pred, target and the result have the same shape, (N,) or (N, D); they and c have the same unit,
    which is squared in the result.

    >>> tukey([0.0, 2.0, 9.0], [0.0, 0.0, 0.0], c=2.0).round(6).tolist()
    [0.0, 0.666667, 0.666667]
    """
    near = xp.clip(xp.abs(pred - target), 0.0, c)
    u = near / c
    v = u * u
    # c² / 6 (1 - (1 - v)³) expanded; with the factor d² / 2, v may underflow.
    return near * (near * (0.5 - v * (0.5 - v / 6.0)))


def _derivative(xp: Namespace, pred: Array, target: Array, *, c: float) -> Array:
    """The error times (1 - (d / c)²)², and 0 from c on."""
    error = pred - target
    near = xp.clip(xp.abs(error), 0.0, c)
    rest = ((c - near) / c) * (1.0 + near / c)
    return error * rest * rest


def _reference(mp: Any, pred: Any, target: Any, *, c: Any) -> Any:
    v = min(((pred - target) / c) ** 2, mp.mpf(1))
    return c**2 / 6 * (1 - (1 - v) ** 3)


tukey = Loss(
    name="tukey",
    aliases=("biweight", "tukey_biweight"),
    family="regression",
    formula="c² / 6 (1 - (1 - v)³), where v = min((d / c)², 1), d = pred - target",
    latex=r"\tfrac{c^2}{6} \left(1 - (1 - v)^3\right), v = \min((d / c)^2, 1)",
    source="Beaton and Tukey, The fitting of power series, Technometrics, 1974",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=REAL,
    saturates=True,  # from c on the loss does not depend on the error
    flops=10,
    params=(
        Param("c", 4.685, Interval(0.0, ends="()"), "the error from which on the loss is constant"),
    ),
    use="rows with large errors are faulty, and must not affect the gradient",
    avoid="a start may be far off: all gradients beyond c are 0",
    equivalents={
        "statsmodels": "robust.norms.TukeyBiweight(c).rho(pred - target)",
    },
    pitfalls=(
        "4.685 means 95 % efficiency for errors of spread 1 only: divide by the spread first.",
        "The largest loss of a row is c² / 6, 3.66 at the default.",
    ),
)
