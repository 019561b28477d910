"""Hinge loss of several classes: the closest other class counts."""

from typing import Any

from losscli.losses.declare import INDICES, SCORE, Array, Convention, Loss, Namespace, shapes


def _values(xp: Namespace, pred: Array, target: Array) -> Array:
    """The amount by which the label's lead over the best other class falls short of 1.

    pred are (N, C) scores; target is (N,) class indices; the result is (N,), in the unit of the
    scores.

    >>> multiclass_hinge([[1.0, 2.0, 0.5], [3.0, 0.0, 1.0]], [0, 0]).tolist()
    [2.0, 0.0]
    """
    return _ahead(xp, pred, target, xp.max(_others(xp, pred, target, -xp.inf), axis=-1))


def _ahead(xp: Namespace, pred: Array, target: Array, best: Array) -> Array:
    right = pred[xp.arange(pred.shape[0]), target]
    return xp.clip((best - right) + 1.0, 0.0, xp.inf)


def _others(xp: Namespace, pred: Array, target: Array, instead: float) -> Array:
    """The scores with another number in the label's place."""
    others = pred + 0.0
    others[xp.arange(pred.shape[0]), target] = instead
    return others


def _derivative(xp: Namespace, pred: Array, target: Array) -> Array:
    """1 on the best other class, the first of equals, and -1 on the label; 0 beyond the margin."""
    rows = xp.arange(pred.shape[0])
    best = xp.argmax(_others(xp, pred, target, -xp.inf), axis=-1)
    slope = xp.sign(_ahead(xp, pred, target, pred[rows, best]))
    slope = xp.where(best == target, 0.0, slope)  # one class has no other
    gradient = xp.zeros_like(pred)
    gradient[rows, best] = slope
    gradient[rows, target] = 0.0 - slope
    return gradient


def _reference(mp: Any, pred: Any, target: int) -> Any:
    best = max((z for c, z in enumerate(pred) if c != target), default=-mp.inf)
    return max(mp.mpf(0), 1 + best - pred[target])


def _like_keras(xp: Namespace, pred: Array, target: Array) -> Array:
    return _ahead(xp, pred, target, xp.max(_others(xp, pred, target, 0.0), axis=-1))


multiclass_hinge = Loss(
    name="multiclass_hinge",
    aliases=("crammer_singer", "categorical_hinge"),
    family="classification",
    formula="max(0, 1 + max_{c≠y} z_c - z_y)",
    latex=r"\max(0, 1 + \max_{c \ne y} z_c - z_y)",
    source="Crammer and Singer, On the algorithmic implementation of multiclass SVMs, JMLR 2001",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=SCORE,
    target=INDICES,
    rows_of=shapes.LABELLED,
    saturates=True,  # a score of -inf is outside every margin
    flops=2,
    use="scores of a linear classifier, where only the best other class matters",
    avoid="probabilities are needed; or all close classes matter: use multi_margin",
    equivalents={
        "sklearn": "metrics.hinge_loss(target, pred, labels=range(pred.shape[1]))  "
        "# of three classes and more",
        "keras": "losses.CategoricalHinge()(target, pred)  # while some score of another "
        "class is >= 0",
        "optax": "losses.multiclass_hinge_loss(pred, target)",
    },
    like={
        "keras": Convention(
            values=_like_keras,
            by_rows=True,
            note="the label's column enters the maximum as 0: it differs if all others are < 0",
        ),
        "sklearn": Convention(fewest=3),
        "optax": Convention(),
    },
    pitfalls=(
        "In Keras scores (-3, -2, -0.5) and label 0 give 4.0, not 3.5.",
        "torchmetrics takes the softmax of scores first: (1, 2, 0.5), label 0: 1.397, not 2.",
    ),
)
