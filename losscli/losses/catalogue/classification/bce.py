"""Binary cross-entropy of probabilities."""

from functools import partial
from typing import Any

from losscli.losses.core.loss import Array, Clamp, Convention, Loss, Namespace, Param
from losscli.losses.declare import BINARY, PROBABILITY, SOFT_LABEL, Interval
from losscli.losses.math.stable import binary_shares, by_shares

# torch clamps the gradient's denominators here, so that a confident and wrong row stays finite.
_LEAST = 1e-12


def _values(
    xp: Namespace, pred: Array, target: Array, *, floor: float, label_smoothing: float
) -> Array:
    """The cross-entropy, in nats, of the target and the predicted probability of a 1.

    pred, target and the result have the same shape, (N,) or (N, D); both inputs are in [0, 1].
    Logarithms are clamped to at least `floor`: at -100, as in torch, a confident and wrong row has
    loss 100; with floor = -inf it has loss inf.

    >>> bce([0.5, 1.0, 0.0], [1, 1, 1]).round(6).tolist()
    [0.693147, 0.0, 100.0]
    """
    # log1p, since 1 - pred would round.
    yes = -xp.clip(xp.log(pred), floor, 0.0)
    no = -xp.clip(xp.log1p(-pred), floor, 0.0)
    return by_shares(xp, binary_shares(target, label_smoothing), (yes, no))


def _derivative(
    xp: Namespace, pred: Array, target: Array, *, floor: float, label_smoothing: float
) -> Array:
    """(p - t) / (p (1 - p)), without the cancelling factor where t is 0 or 1.

    The denominator is clamped to at least 1e-12, unless floor = -inf.
    """
    one, zero = binary_shares(target, label_smoothing)
    least = 0.0 if floor == -xp.inf else _LEAST
    # A hard label's factor is 1 in both parts of the fraction: no slow choice by label.
    surely_one = xp.asarray(zero == 0, dtype=pred.dtype)
    surely_zero = xp.asarray(one == 0, dtype=pred.dtype)
    above, below = xp.maximum(pred, surely_zero), xp.maximum(1.0 - pred, surely_one)
    return (above * (1.0 - surely_one) - one) / xp.clip(above * below, least, 1.0)


def _reference(mp: Any, pred: Any, target: Any, *, floor: Any, label_smoothing: Any) -> Any:
    target = target * (1 - label_smoothing) + label_smoothing / 2
    yes = max(mp.log(pred), floor) if pred > 0 else floor
    no = max(mp.log(1 - pred), floor) if pred < 1 else floor
    return -(target * yes if target else 0) - ((1 - target) * no if target != 1 else 0)


def _clipped(
    xp: Namespace, pred: Array, target: Array, *, label_smoothing: float, spacing: float, **_: Any
) -> Array:
    """The same with clamped probabilities instead of clamped logarithms."""
    one, zero = binary_shares(target, label_smoothing)
    held = xp.clip(pred, spacing, 1.0 - spacing)
    return -(one * xp.log(held) + zero * xp.log1p(-held))


def _clamp(*, floor: float, label_smoothing: float) -> Clamp | None:
    if label_smoothing:
        return None
    return Clamp(-floor, f"at the floor of {floor:g}", "--like sklearn clips at 2.2e-16")


bce = Loss(
    name="bce",
    aliases=("binary_cross_entropy", "log_loss_binary"),
    family="classification",
    formula="-t log p - (1 - t) log(1 - p), each logarithm at least floor",
    latex=r"-t \log p - (1-t) \log(1-p)",
    source="Good, Rational decisions, 1952",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=PROBABILITY,
    target=SOFT_LABEL,
    flops=8,
    clamp=_clamp,
    params=(
        Param("floor", -100.0, Interval(high=0.0), "the lower bound of a logarithm"),
        Param("label_smoothing", 0.0, Interval(0.0, 1.0, "[)"), "t becomes t (1 - s) + s / 2"),
    ),
    use="predictions are probabilities of a 1 already",
    avoid="the logits are available: bce_with_logits is accurate where 1 - p is not",
    equivalents={
        "torch": "F.binary_cross_entropy(pred, target)",
        "sklearn": "metrics.log_loss(target, pred, labels=[0, 1])  # of (N,); clips p at 2.2e-16",
        "keras": "losses.BinaryCrossentropy()(target, pred)  # clips p at 1e-7",
    },
    like={
        "torch": Convention(by_rows=True, by_elements=True),
        "sklearn": Convention(
            values=_clipped,
            by_type=True,
            target=BINARY,
            alone="it reads them as probabilities of classes",
            note="probabilities are clipped at the eps of the file's type: 2.2e-16 for float64",
        ),
        "keras": Convention(
            values=partial(_clipped, spacing=1e-7),
            by_rows=True,
            note="probabilities are clipped at 1e-7: a confident and wrong row costs 16.12",
        ),
    },
    pitfalls=("Libraries clip p differently, which decides the cost of a confident, wrong row.",),
)
