"""Focal loss of logits."""

from typing import Any

from losscli.losses.domain import LOGIT, SOFT_LABEL, Interval
from losscli.losses.loss import Array, Convention, Loss, Namespace, Param
from losscli.losses.stable import share, sigmoid

_KERAS_EPS = 1e-7


def _binary_focal(
    xp: Namespace, pred: Array, target: Array, *, gamma: float, alpha: float | None
) -> Array:
    """Binary cross-entropy, in nats, times (1 - p_t)^gamma: rows that are right hardly count.

    pred are logits, p = sigmoid(pred); target lies in [0, 1], and p_t is p for a 1, 1 - p for a 0;
    both are alike (N,) or (N, D), as is the result. alpha weighs 1s, 1 - alpha 0s; none weighs
    neither. At gamma = 0 without alpha it is bce_with_logits.

    >>> binary_focal([0.0, 800.0], [1, 1]).tolist()  # log(2) / 4
    [0.17328679513998632, 0.0]
    """
    cost, miss = _cross_entropy(xp, pred, target)
    return _weighed(xp, alpha, target, miss**gamma * cost)


def _cross_entropy(xp: Namespace, pred: Array, target: Array) -> tuple[Array, Array]:
    """Binary cross-entropy, and 1 - p_t, as sums of terms >= 0: nothing cancels on right rows."""
    above = xp.astype(pred >= 0, pred.dtype)
    against, along = xp.abs(target - above), xp.abs(target - (1.0 - above))
    tail = xp.exp(-xp.abs(pred))
    cost = share(xp, against, xp.abs(pred)) + xp.log1p(tail)
    return cost, (against + along * tail) / (1.0 + tail)


def _binary_focal_derivative(
    xp: Namespace, pred: Array, target: Array, *, gamma: float, alpha: float | None
) -> Array:
    """(1 - p_t)^γ (γ (1 - 2t) p (1 - p) bce / (1 - p_t) + p - t), weighed by alpha."""
    above, below = sigmoid(xp, pred), sigmoid(xp, -pred)
    miss = target * below + (1.0 - target) * above
    surely = miss == 0.0
    turn = gamma * (1.0 - 2.0 * target) * (above * below / xp.where(surely, 1.0, miss))
    slope = share(xp, turn, _cross_entropy(xp, pred, target)[0])
    slope = slope + ((1.0 - target) * above - target * below)
    return _weighed(xp, alpha, target, xp.where(surely, 0.0, miss**gamma * slope))


def _weighed(xp: Namespace, alpha: float | None, target: Array, found: Array) -> Array:
    """Each number times what its label counts."""
    if alpha is None:
        return found
    return share(xp, alpha * target + (1.0 - alpha) * (1.0 - target), found)


def _binary_focal_reference(mp: Any, pred: Any, target: Any, *, gamma: Any, alpha: Any) -> Any:
    chance, other = 1 / (1 + mp.exp(-pred)), 1 / (1 + mp.exp(pred))
    weight = 1 if alpha is None else alpha * target + (1 - alpha) * (1 - target)
    yes = -mp.log(chance) if target else 0
    no = -mp.log(other) if target != 1 else 0
    miss = chance + target - 2 * target * chance
    return weight * miss**gamma * (target * yes + (1 - target) * no)


def _like_keras(
    xp: Namespace, pred: Array, target: Array, *, gamma: float, alpha: float | None
) -> Array:
    p = xp.clip(sigmoid(xp, pred), _KERAS_EPS, 1.0 - _KERAS_EPS)
    cost = -(target * xp.log(p) + (1.0 - target) * xp.log(1.0 - p))
    _, miss = _cross_entropy(xp, pred, target)
    return _weighed(xp, alpha, target, miss**gamma * cost)


binary_focal = Loss(
    name="binary_focal",
    aliases=("sigmoid_focal", "focal_binary"),
    family="classification",
    formula="-alpha_t (1 - p_t)^gamma log p_t, where p_t = sigmoid(z) for a 1, sigmoid(-z) for a 0",
    latex=r"-\alpha_t (1 - p_t)^\gamma \log p_t",
    source="Lin et al., Focal loss for dense object detection, ICCV 2017",
    values=_binary_focal,
    derivative=_binary_focal_derivative,
    reference=_binary_focal_reference,
    pred=LOGIT,
    target=SOFT_LABEL,
    flops=30,
    params=(
        Param("gamma", 2.0, Interval(0.0, ends="[)"), "how much less an easy row counts"),
        Param("alpha", None, Interval(0.0, 1.0), "what a 1 counts, and 1 - alpha a 0"),
    ),
    use="most rows are easy negatives, and their many small losses drown the hard rows",
    avoid="probabilities must be calibrated: its minimum is not the true probability",
    equivalents={
        "torch": "torchvision.ops.sigmoid_focal_loss(pred, target, alpha=-1, gamma=gamma)",
        "keras": "losses.BinaryFocalCrossentropy(gamma=gamma, from_logits=True), but its clip",
        "optax": "losses.sigmoid_focal_loss(pred, target, alpha=alpha, gamma=gamma)",
    },
    like={
        "keras": Convention(
            values=_like_keras,
            by_rows=True,
            note="probabilities are held 1e-7 from 0 and 1 under the logarithm; alpha counts only"
            " with apply_class_balancing=True",
        ),
        "optax": Convention(),
    },
    pitfalls=(
        "torchvision's alpha is 0.25 unless it is -1; Keras' counts only with class balancing.",
        "RetinaNet divides the sum by the number of positives; the mean here is over rows.",
        "Its error grows with gamma, as that of any power: some 5 ULP at 5.",
    ),
)
