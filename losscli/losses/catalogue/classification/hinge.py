"""Hinge loss of a score and one of two labels."""

from typing import Any

from losscli.losses.catalogue.classification._margin import margin_of, slope_within
from losscli.losses.core.domain import SCORE, Interval
from losscli.losses.core.labels import HARD_LABEL, SIGN, BothSides
from losscli.losses.core.loss import Array, Convention, Loss, Namespace, Param


def _values(xp: Namespace, pred: Array, target: Array, *, margin: float) -> Array:
    """The amount by which y z falls short of the margin, in the unit of the scores.

    pred are scores; target is 1 for the positive class, 0 or -1 for the negative one; both have the
    same shape, (N,) or (N, D), as has the result.

    >>> hinge([0.5, 0.5, 2.0], [1, 0, 1]).tolist()
    [0.5, 1.5, 0.0]
    """
    return xp.clip(margin - margin_of(xp, pred, target), 0.0, xp.inf)


def _derivative(xp: Namespace, pred: Array, target: Array, *, margin: float) -> Array:
    """-y below the margin, 0 at it and above."""
    return slope_within(xp, pred, target, margin)


def _reference(mp: Any, pred: Any, target: Any, *, margin: Any) -> Any:
    return max(margin - (pred if target == 1 else -pred), mp.mpf(0))


hinge = Loss(
    name="hinge",
    family="classification",
    formula="max(0, margin - y z)",
    latex=r"\max(0, m - y z)",
    source="Cortes and Vapnik, Support-vector networks, Machine Learning 20, 1995",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=SCORE,
    target=HARD_LABEL,
    saturates=True,  # above the margin the loss is 0, and labels are only compared
    flops=3,
    params=(
        Param("margin", 1.0, Interval(0.0, ends="()"), "the margin from which on the loss is 0"),
    ),
    use="scores of a linear classifier, where only rows near the boundary or misclassified ones "
    "matter",
    avoid="probabilities are needed: use bce_with_logits",
    equivalents={
        "sklearn": "metrics.hinge_loss(target, pred, labels=[0, 1])  # margin is 1, both "
        "labels are there",
        "keras": "losses.Hinge()(target, pred)  # margin is 1",
        "optax": "losses.hinge_loss(pred, target)  # margin is 1, targets are -1 and 1",
    },
    like={
        "keras": Convention(
            by_rows=True,
            note="Keras treats a batch that contains 0, 1 and -1 differently; refused here",
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
