"""The mean absolute error."""

from typing import Any

from losscli.losses.core.domain import REAL
from losscli.losses.core.loss import Array, Convention, Loss, Namespace, Substitute


def _values(xp: Namespace, pred: Array, target: Array) -> Array:
    """The absolute error: linear, so that outliers do not dominate.

    pred, target and the result have the same shape, (N,) or (N, D), and the same unit.

    >>> mae([0.5, -3.0], [0.0, 0.0]).tolist()
    [0.5, 3.0]
    """
    return xp.abs(pred - target)


def _derivative(xp: Namespace, pred: Array, target: Array) -> Array:
    """The sign of the error, and 0 at the corner: it does not decrease near the optimum."""
    return xp.sign(pred - target)


def _reference(mp: Any, pred: Any, target: Any) -> Any:
    return mp.fabs(pred - target)


mae = Loss(
    name="mae",
    aliases=("l1", "absolute_error", "mean_absolute_error"),
    family="regression",
    formula="|d|, where d = pred - target",
    latex=r"|\hat y - y|",
    source="Laplace, 1774; Boscovich, 1757",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=REAL,
    flops=2,
    use="an error twice as large is twice as bad, and outliers must not dominate the mean",
    avoid="a gradient method must converge near 0, where the gradient jumps: use smooth_l1",
    equivalents={
        "torch": "F.l1_loss(pred, target)",
        "sklearn": "metrics.mean_absolute_error(target, pred)",
        "keras": "losses.MeanAbsoluteError()(target, pred)",
    },
    like={
        "torch": Convention(by_elements=True),
        "keras": Convention(by_rows=True),
        "sklearn": Convention(),
    },
    pitfalls=("The gradient at 0 is 0 here and in torch, -1 in scikit-learn, +1 in JAX.",),
    instead_of=(
        Substitute(
            ("max_error", "median_absolute_error", "medae"),
            "it is not a mean of rows",
            "losscli eval -l mae shows the largest error and its row; --per-sample keeps all",
        ),
    ),
)
