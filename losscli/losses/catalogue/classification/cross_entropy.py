"""Softmax cross-entropy of logits."""

from typing import Any

from losscli.losses.catalogue.classification._weights import CLASS_WEIGHT
from losscli.losses.core.loss import Array, Convention, Loss, Namespace, Param
from losscli.losses.declare import LABELS, LOGIT, Interval, shapes
from losscli.losses.math.stable import label_nll, label_weights, share, shifted_exps, shifted_rest


def _values(
    xp: Namespace,
    pred: Array,
    target: Array,
    *,
    weight: Any,
    ignore_index: int | None,
    label_smoothing: float,
) -> Array:
    """The negative log-likelihood, in nats, of the target class under softmax(pred).

    pred are (N, C) logits; target is (N,) class indices, or (N, C) weights of the classes, which
    need not sum to 1. weight is one number per class. A row whose index is ignore_index has loss 0
    and weight 0 in the mean, which divides by the sum of the weights.

    >>> cross_entropy([[0.0, 0.0], [50.0, 0.0]], [1, 0]).tolist()
    [0.6931471805599453, 1.9287498479639178e-22]
    """
    if target.ndim == 2:
        return _expected(xp, pred, _class_shares(pred, target, weight, label_smoothing))
    ignored = _ignored(xp, target, ignore_index)
    label = xp.where(ignored, 0, target)
    nll = label_nll(xp, pred, label)
    if weight is not None:
        nll = share(xp, weight[label], nll)
    if label_smoothing:
        even = _expected(xp, pred, _class_shares(pred, xp.zeros_like(pred), weight, 1.0))
        kept = 1.0 - label_smoothing
        nll = kept * nll + label_smoothing * even if kept else even
    return xp.where(ignored, 0.0, nll)


def _derivative(
    xp: Namespace,
    pred: Array,
    target: Array,
    *,
    weight: Any,
    ignore_index: int | None,
    label_smoothing: float,
) -> Array:
    """softmax(z) - target, row by row, scaled by the weights; the label's own part is summed.

    s_y - 1 would lose every digit of a confident row: it is -Σ_{c≠y} s_c here.
    """
    exps, top = shifted_exps(xp, pred)
    rows = xp.arange(pred.shape[0])
    others = exps + 0.0
    others[rows, top] = 0.0
    if target.ndim == 2:
        softmax = exps / (1.0 + xp.sum(others, axis=-1))[:, None]
        shares = _class_shares(pred, target, weight, label_smoothing)
        return softmax * xp.sum(shares, axis=-1)[:, None] - shares
    ignored = _ignored(xp, target, ignore_index)
    label = xp.where(ignored, 0, target)
    others[rows, label] = 0.0
    # Both parts of others / total share the rounding of the sum, which then cancels.
    others_sum = xp.where(label == top, 0.0, 1.0) + xp.sum(others, axis=-1)
    total = others_sum + exps[rows, label]
    softmax = exps / total[:, None]
    gradient = softmax + 0.0
    gradient[rows, label] = -others_sum / total
    if weight is not None:
        gradient = weight[label][:, None] * gradient
    if label_smoothing:
        shares = _class_shares(pred, xp.zeros_like(pred), weight, 1.0)
        even = softmax * xp.sum(shares, axis=-1)[:, None] - shares
        gradient = (1.0 - label_smoothing) * gradient + label_smoothing * even
    return xp.where(ignored[:, None], 0.0, gradient)


def _denominator(
    xp: Namespace, target: Array, *, weight: Any, ignore_index: int | None, label_smoothing: float
) -> Array | None:
    """The weight of the row's class, and 0 for an ignored row; None if all weights are 1."""
    if target.ndim == 2:
        return None
    return label_weights(xp, target, _ignored(xp, target, ignore_index), weight)


def _ignored(xp: Namespace, target: Array, ignore_index: int | None) -> Array:
    if ignore_index is None:
        return xp.zeros_like(target, dtype=xp.bool)
    return target == ignore_index


def _reference(
    mp: Any, pred: Any, target: Any, *, weight: Any, ignore_index: Any, label_smoothing: Any
) -> Any:
    """pred: C numbers; target: an int or C numbers."""
    count = len(pred)
    if isinstance(target, int):
        if target == ignore_index:
            return mp.mpf(0)
        target = [mp.mpf(c == target) for c in range(count)]
    normaliser = mp.log(mp.fsum(mp.exp(z) for z in pred))
    weight = [mp.mpf(1)] * count if weight is None else weight
    mixed = [(1 - label_smoothing) * t + label_smoothing / count for t in target]
    return mp.fsum(
        w * t * (normaliser - z) for w, t, z in zip(weight, mixed, pred, strict=True) if w * t
    )


def _class_shares(pred: Array, target: Array, weight: Any, label_smoothing: float) -> Array:
    """The smoothed target of each class of each row times its weight."""
    if label_smoothing:
        target = (1.0 - label_smoothing) * target + label_smoothing / pred.shape[1]
    return target if weight is None else weight * target


def _expected(xp: Namespace, pred: Array, shares: Array) -> Array:
    """Σ_c share_c · (log Σ exp(z) - z_c) of each row."""
    top, rest = shifted_rest(xp, pred)
    below = xp.sum(share(xp, shares, top[:, None] - pred), axis=-1)
    return below + share(xp, xp.sum(shares, axis=-1), xp.log1p(rest))


def _unguarded(xp: Namespace, pred: Array, target: Array, **params: Any) -> Array:
    """The same, except nan for a class of weight 0 with a logit of -inf, from 0 · inf."""
    found = _values(xp, pred, target, **params)
    if target.ndim == 1:
        return found
    return xp.where(xp.any((target == 0) & (pred == -xp.inf), axis=-1), xp.nan, found)


def _counted(xp: Namespace, target: Array, *, weight: Any, **params: Any) -> Array | None:
    """1 for every row that is not ignored, whatever the weight of its class."""
    return _denominator(xp, target, weight=None, **params)


def _saturates(indexed: bool, *, weight: Any, **_: Any) -> bool:
    """True with class weights or soft targets: a class of weight 0 hides a nan in its logit."""
    return weight is not None or not indexed


_INFINITIES = "a logit of -inf under a target weight of 0 gives nan"

cross_entropy = Loss(
    name="cross_entropy",
    aliases=("ce", "softmax_cross_entropy"),
    family="classification",
    formula="log Σ_c exp(z_c) - z_y",
    latex=r"\log \sum_c e^{z_c} - z_y",
    source="Bridle, Probabilistic interpretation of feedforward classification, 1990",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    denominator=_denominator,
    pred=LOGIT,
    target=LABELS,
    rows_of=shapes.CLASSES,
    saturates=_saturates,
    flops=6,
    params=(
        CLASS_WEIGHT,
        Param("ignore_index", -100, Interval(), "the label of ignored rows", "whole"),
        Param(
            "label_smoothing",
            0.0,
            Interval(0.0, 1.0),
            "the probability that is spread over all classes",
        ),
    ),
    use="one of several classes is correct, and the model's last layer is linear",
    avoid="predictions are probabilities: use categorical_cross_entropy",
    equivalents={
        "torch": "F.cross_entropy(pred, target, weight, ignore_index=ignore_index, "
        "label_smoothing=label_smoothing)",
        "keras": "losses.SparseCategoricalCrossentropy(from_logits=True)(target, pred)",
        "optax": "losses.softmax_cross_entropy_with_integer_labels(pred, target)",
    },
    like={
        "torch": Convention(values=_unguarded, by_rows=True, note=_INFINITIES),
        "keras": Convention(
            {"ignore_index": None},
            _unguarded,
            by_rows=True,
            denominator=_counted,
            note="no label is ignored unless ignore_class says so, and a mean divides by the number"
            f" of rows whatever their classes weigh; {_INFINITIES}",
        ),
        "optax": Convention(values=_unguarded, note=_INFINITIES),
    },
    pitfalls=(
        "With class weights the mean divides by the sum of the rows' weights, not by N.",
        "Probabilities instead of logits give a plausible but incorrect number; losscli notes it.",
        "torch gives 0 for logits (50, 0) and label 0, where the truth is 1.9e-22.",
    ),
)
