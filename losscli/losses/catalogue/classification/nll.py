"""Negative log-likelihood of log-probabilities."""

from dataclasses import replace
from typing import Any

from losscli.losses.catalogue.classification._weights import CLASS_WEIGHT
from losscli.losses.core.loss import Array, Convention, Loss, Namespace, Param
from losscli.losses.declare import INDICES, LOG_PROBABILITY, Interval, shapes
from losscli.losses.math.stable import label_weights, share

_PRED = replace(LOG_PROBABILITY, hint="if these are probabilities: -l categorical_cross_entropy")


def _values(xp: Namespace, pred: Array, target: Array, *, weight: Any, ignore_index: int) -> Array:
    """The negative predicted log-probability of the target class, in nats.

    pred are (N, C) log-probabilities, and numbers above 0 are used as they are; target is (N,)
    class indices; the result is (N,). weight is one number per class. A row whose index is
    ignore_index has loss 0 and weight 0 in the mean, which divides by the sum of the weights.

    >>> nll([[-0.5, -2.0], [-0.25, -3.0]], [0, 1], weight=[1.0, 2.0]).tolist()
    [0.5, 6.0]
    """
    ignored = target == ignore_index
    label = xp.where(ignored, 0, target)
    surprise = -pred[xp.arange(pred.shape[0]), label]
    if weight is not None:
        surprise = share(xp, weight[label], surprise)
    return xp.where(ignored, 0.0, surprise + 0.0)


def _derivative(
    xp: Namespace, pred: Array, target: Array, *, weight: Any, ignore_index: int
) -> Array:
    """Minus the label's weight in the label's column, 0 elsewhere and in ignored rows."""
    ignored = target == ignore_index
    label = xp.where(ignored, 0, target)
    gradient = xp.zeros_like(pred)
    gradient[xp.arange(pred.shape[0]), label] = -1.0 if weight is None else 0.0 - weight[label]
    return xp.where(ignored[:, None], 0.0, gradient)


def _denominator(xp: Namespace, target: Array, *, weight: Any, ignore_index: int) -> Array | None:
    """The weight of the row's class, and 0 for an ignored row; None if all weights are 1."""
    return label_weights(xp, target, target == ignore_index, weight)


def _reference(mp: Any, pred: Any, target: int, *, weight: Any, ignore_index: int) -> Any:
    if target == ignore_index:
        return mp.mpf(0)
    counted = mp.mpf(1) if weight is None else weight[target]
    return -counted * pred[target] if counted else mp.mpf(0)


nll = Loss(
    name="nll",
    aliases=("nll_loss",),
    family="classification",
    formula="-log p_y, where pred = log p",
    latex=r"-\log p_y",
    source="Fisher, On the mathematical foundations of theoretical statistics, 1922",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    denominator=_denominator,
    pred=_PRED,
    target=INDICES,
    rows_of=shapes.LABELLED,
    saturates=True,  # only the label's column is read
    flops=1,
    params=(
        CLASS_WEIGHT,
        Param("ignore_index", -100, Interval(), "the label of ignored rows", "whole"),
    ),
    use="the model's last layer is a log-softmax, or log-probabilities were saved",
    avoid="the logits are available: cross_entropy does not need normalised rows",
    equivalents={
        "torch": "F.nll_loss(pred, target, weight, ignore_index=ignore_index)",
        "sklearn": "metrics.log_loss(target, np.exp(pred), labels=range(pred.shape[1]))  "
        "# of normalised rows",
    },
    like={"torch": Convention(by_rows=True)},
    pitfalls=(
        "It does not read other columns, so logits below 0 are accepted as log-probabilities.",
        "A log-probability above 0 is noted and used as it is: 0.5 gives -0.5, as in torch.",
        "With class weights the mean divides by the sum of the rows' weights, not by N.",
    ),
)
