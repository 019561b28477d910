"""Hinge loss of a score and one of two labels."""

from typing import Any

from losscli.losses.catalogue.classification._margin import margin_of, slope_within
from losscli.losses.core.domain import SCORE, Interval
from losscli.losses.core.labels import HARD_LABEL, SIGN, BothSides
from losscli.losses.core.loss import Array, Convention, Loss, Namespace, Param


def _hinge(xp: Namespace, pred: Array, target: Array, *, margin: float) -> Array:
    """How far a score falls short of the margin on its label's side, in the unit of the scores.

    pred are scores; target is 1 for one side, 0 or -1 for the other; both are alike (N,) or (N, D),
    as is the result.

    >>> hinge([0.5, 0.5, 2.0], [1, 0, 1]).tolist()
    [0.5, 1.5, 0.0]
    """
    return xp.clip(margin - margin_of(xp, pred, target), 0.0, xp.inf)


def _hinge_derivative(xp: Namespace, pred: Array, target: Array, *, margin: float) -> Array:
    """-y within the margin, 0 beyond it and at it."""
    return slope_within(xp, pred, target, margin)


def _hinge_reference(mp: Any, pred: Any, target: Any, *, margin: Any) -> Any:
    return max(margin - (pred if target == 1 else -pred), mp.mpf(0))


hinge = Loss(
    name="hinge",
    family="classification",
    formula="max(0, margin - y z)",
    latex=r"\max(0, m - y z)",
    source="Cortes and Vapnik, Support-vector networks, Machine Learning 20, 1995",
    values=_hinge,
    derivative=_hinge_derivative,
    reference=_hinge_reference,
    pred=SCORE,
    target=HARD_LABEL,
    saturates=True,  # beyond the margin everything costs 0, and labels are only compared
    flops=3,
    params=(Param("margin", 1.0, Interval(0.0, ends="()"), "how far on its side a score rests"),),
    use="scores of a linear machine, where only rows near the border or across it should count",
    avoid="probabilities are wanted: take bce_with_logits",
    equivalents={
        "sklearn": "metrics.hinge_loss(target, pred, labels=[0, 1])  # margin is 1, both "
        "labels are there",
        "keras": "losses.Hinge()(target, pred)  # margin is 1",
        "optax": "losses.hinge_loss(pred, target)  # margin is 1, targets are -1 and 1",
    },
    like={
        "keras": Convention(
            by_rows=True, note="Keras reads a batch that holds 0, 1 and -1 otherwise; refused here"
        ),
        "sklearn": Convention(
            alone="it refuses them",
            target=BothSides(
                HARD_LABEL.words,
                HARD_LABEL.hint,
                HARD_LABEL.values,
                HARD_LABEL.clash,
                alone="scikit-learn reads labels that are all 1 as negative",
            ),
        ),
        "optax": Convention(target=SIGN),
    },
    pitfalls=(
        "Labels of 0 and 1 are read as -1 and 1; optax multiplies by the 0.",
        "torchmetrics takes the sigmoid of scores as soon as one leaves [0, 1].",
    ),
)
