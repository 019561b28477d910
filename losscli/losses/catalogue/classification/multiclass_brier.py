"""Brier score of several classes."""

from typing import Any

from losscli.losses.core.loss import Array, Convention, Loss, Namespace, Param
from losscli.losses.declare import INDICES, SIMPLEX, shapes


def _values(xp: Namespace, pred: Array, target: Array, *, scale_by_half: bool) -> Array:
    """The squared distance between predicted probabilities and the outcome, from 0 to 2.

    pred are (N, C) probabilities; target is (N,) class indices; the result is (N,). It is proper:
    the true distribution has the least expected score. scale_by_half halves it.

    >>> multiclass_brier([[0.5, 0.5, 0.0], [0.0, 1.0, 0.0]], [0, 1]).tolist()
    [0.5, 0.0]
    """
    error = _error(xp, pred, target)
    found = xp.sum(error * error, axis=-1)
    return 0.5 * found if scale_by_half else found


def _error(xp: Namespace, pred: Array, target: Array) -> Array:
    """The probabilities, minus 1 for the label."""
    label = xp.arange(pred.shape[0]), target
    error = pred + 0.0
    error[label] = pred[label] - 1.0
    return error


def _derivative(xp: Namespace, pred: Array, target: Array, *, scale_by_half: bool) -> Array:
    """Twice the error of each probability, or once with scale_by_half."""
    error = _error(xp, pred, target)
    return error if scale_by_half else 2.0 * error


def _reference(mp: Any, pred: Any, target: int, *, scale_by_half: bool) -> Any:
    found = mp.fsum((p - (c == target)) ** 2 for c, p in enumerate(pred))
    return found / 2 if scale_by_half else found


def _like_sklearn(xp: Namespace, pred: Array, target: Array, *, scale_by_half: bool | str) -> Array:
    halved = pred.shape[1] < 3 if scale_by_half == "auto" else bool(scale_by_half)
    return _values(xp, pred, target, scale_by_half=halved)


multiclass_brier = Loss(
    name="multiclass_brier",
    aliases=("brier_multiclass", "quadratic_score"),
    family="classification",
    formula="Σ_c (p_c - 1[c = y])²",
    latex=r"\sum_c (p_c - \mathbf{1}[c = y])^2",
    source="Brier, Verification of forecasts expressed in terms of probability, 1950",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=SIMPLEX,
    target=INDICES,
    rows_of=shapes.LABELLED,
    flops=3,
    params=(Param("scale_by_half", False, meaning="true to halve it", kind="flag"),),
    use="probabilities are evaluated, and one confident mistake must not dominate the mean",
    avoid="relative errors of small probabilities matter: use categorical_cross_entropy",
    equivalents={
        "sklearn": "metrics.brier_score_loss(target, pred, labels=range(pred.shape[1]), "
        "scale_by_half=scale_by_half)",
    },
    like={
        "sklearn": Convention(
            {"scale_by_half": "auto"},
            values=_like_sklearn,
            note="scale_by_half is auto by default: halved for two classes only",
        )
    },
    pitfalls=("For two classes it is twice the binary Brier score.",),
)
