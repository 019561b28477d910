"""Zero-one loss, the share of incorrect labels."""

from dataclasses import replace
from typing import Any

from losscli.losses.core.domain import Domain
from losscli.losses.core.loss import (
    Array,
    Convention,
    Loss,
    Namespace,
    Param,
    no_gradient,
)
from losscli.losses.declare import CLASS, HARD_LABEL, INDICES, SCORE, Numbers, shapes


def _values(
    xp: Namespace, pred: Array, target: Array, *, average: str, threshold: float | None
) -> Array:
    """1 for an incorrect label, 0 for a correct one; the mean is 1 - accuracy.

    pred and target are labels of the same shape, (N,) or (N, D), or pred are scores (N, C) and
    target class indices (N,): the first of the largest scores decides. The result is (N,). A row of
    several labels is 1 if any of them is incorrect, or with average=columns the share of those that
    are. With a threshold pred are scores, and one above it is the label 1; target is then 1 for the
    positive class, 0 or -1 for the negative one.

    >>> zero_one([[1, 0], [1, 1]], [[1, 1], [1, 1]]).tolist()
    [1.0, 0.0]
    >>> zero_one([[1, 0], [1, 1]], [[1, 1], [1, 1]], average="columns").tolist()
    [0.5, 0.0]
    >>> zero_one([0.5, 0.75], [1, 1], threshold=0.5).tolist()
    [1.0, 0.0]
    >>> zero_one([[0.5, 2.0], [1.0, 1.0]], [1, 0]).tolist()
    [0.0, 0.0]
    """
    wrong = pred != target if threshold is None else (pred > threshold) != (target > 0)
    found = xp.asarray(wrong, dtype=pred.dtype)
    if pred.ndim == 1:
        return found
    return xp.mean(found, axis=-1) if average == "columns" else xp.max(found, axis=-1)


def _reference(mp: Any, pred: Any, target: Any, *, average: str, threshold: Any) -> Any:
    pairs = list(zip(pred, target, strict=True)) if isinstance(pred, list) else [(pred, target)]
    if threshold is not None:
        pairs = [(p > threshold, t == 1) for p, t in pairs]
    wrong = sum(p != t for p, t in pairs)
    return mp.mpf(wrong) / len(pairs) if average == "columns" else mp.mpf(wrong > 0)


def _domains(*, average: str, threshold: float | None) -> tuple[Domain, Domain]:
    return (CLASS, CLASS) if threshold is None else (SCORE, HARD_LABEL)


def _of_largest(xp: Namespace, pred: Array, target: Array) -> Array:
    return xp.asarray(xp.argmax(pred, axis=-1) != target, dtype=pred.dtype)


def _reference_of_largest(mp: Any, pred: Any, target: int) -> Any:
    return mp.mpf(pred.index(max(pred)) != target)


_of_labels = Loss(
    name="zero_one",
    aliases=("error_rate",),
    family="classification",
    formula="1 if pred ≠ target else 0",
    latex=r"\mathbf{1}[\hat y \ne y]",
    source="Vapnik, The nature of statistical learning theory, 1995, section 1.3",
    values=_values,
    derivative=no_gradient,
    reference=_reference,
    pred=CLASS,
    target=CLASS,
    domains=_domains,
    rows_of=shapes.LABEL_SETS,
    saturates=True,  # labels are only compared
    proportion=True,
    flops=1,
    params=(
        Param(
            "average",
            "rows",
            meaning="rows: any wrong label makes a row wrong; columns: their share",
            kind="word",
            words=("rows", "columns"),
        ),
        Param("threshold", None, meaning="predictions are scores, and those above it are 1"),
    ),
    use="decisions have been made, and every mistake costs the same",
    avoid="a model is trained, or confidence matters: it has no gradient",
    equivalents={
        "sklearn": "metrics.zero_one_loss(target, pred)  # metrics.hamming_loss for "
        "average=columns",
    },
    like={"sklearn": Convention()},
    pitfalls=(
        "Accuracy is 1 - its mean.",
        "Of equal scores (N, C) the first is the prediction, as argmax has it.",
        "A score that is exactly the threshold is a 0.",
        "A row of several labels is incorrect as a whole unless average=columns.",
    ),
)

_of_scores = replace(
    _of_labels,
    values=_of_largest,
    reference=_reference_of_largest,
    pred=Numbers("scores"),
    target=INDICES,
    domains=None,
    rows_of=shapes.LABELLED,
    params=(),
)
zero_one = replace(_of_labels, variants=(_of_scores,))
