"""Generalised cross-entropy: between cross-entropy and the absolute error of p_y."""

from typing import Any

from losscli.losses.core.loss import Array, Convention, Loss, Namespace, Param
from losscli.losses.declare import INDICES, SIMPLEX, Interval, shapes


def _values(xp: Namespace, pred: Array, target: Array, *, q: float) -> Array:
    """(1 - p_y^q) / q: bounded by 1 / q, so that incorrect labels cannot dominate the mean.

    pred are (N, C) probabilities; target is (N,) class indices; the result is (N,). At q = 1 it is
    1 - p_y, robust to label noise; near q = 0 it is -log p_y, which converges faster.

    >>> generalized_cross_entropy([[0.25, 0.75], [0.0, 1.0]], [0, 0], q=0.5).tolist()
    [1.0, 2.0]
    """
    right = pred[xp.arange(pred.shape[0]), target]
    return xp.expm1(q * xp.log(right)) / -q + 0.0  # 1 - p^q would cancel near p = 1


def _derivative(xp: Namespace, pred: Array, target: Array, *, q: float) -> Array:
    """-p_y^(q - 1) in the label's column, 0 elsewhere; -inf at p_y = 0 where q < 1."""
    label = xp.arange(pred.shape[0]), target
    gradient = xp.zeros_like(pred)
    right = pred[label]
    # q - 1 is rounded, which a power of a small p would magnify.
    gradient[label] = -xp.where(right == 0, 1.0 if q == 1 else xp.inf, right**q / right)
    return gradient


def _reference(mp: Any, pred: Any, target: int, *, q: Any) -> Any:
    power = mp.power(pred[target], q) if pred[target] else mp.mpf(0)
    return (1 - power) / q


generalized_cross_entropy = Loss(
    name="generalized_cross_entropy",
    aliases=("gce",),
    family="classification",
    formula="(1 - p_y^q) / q",
    latex=r"(1 - p_y^q) / q",
    source="Zhang and Sabuncu, Generalized cross entropy loss with noisy labels, NeurIPS 2018",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=SIMPLEX,
    target=INDICES,
    rows_of=shapes.LABELLED,
    saturates=True,  # only the label's column is read
    flops=4,
    params=(Param("q", 0.7, Interval(0.0, 1.0, "(]"), "from cross-entropy (0) to 1 - p_y (1)"),),
    use="some labels are incorrect, and it is unknown which",
    avoid="labels are clean: categorical_cross_entropy is proper, and this is not",
    equivalents={
        "keras": "losses.CategoricalGeneralizedCrossEntropy(q=q)(target, pred)",
    },
    like={"keras": Convention({"q": 0.5}, by_rows=True, note="q is 0.5 by default")},
    pitfalls=(
        "At q = 1 it is 1 - p_y: half the L1 distance to the one-hot target.",
        "Keras' default is q = 0.5: p_y = 0.4 gives 0.735, and 0.676 at q = 0.7.",
    ),
)
