"""Focal loss of logits."""

from typing import Any, NamedTuple

from losscli.losses.core.domain import LOGIT, SOFT_LABEL, Interval
from losscli.losses.core.loss import Array, Convention, Loss, Namespace, Param
from losscli.losses.math.stable import by_shares, odds, share, softpluses

_KERAS_EPS = 1e-7


def _values(
    xp: Namespace, pred: Array, target: Array, *, gamma: float, alpha: float | None
) -> Array:
    """Binary cross-entropy, in nats, times (1 - p_t)^gamma, which is small for correct rows.

    pred are logits, p = sigmoid(pred); target lies in [0, 1], and p_t is p for a 1, 1 - p for a 0;
    both have the same shape, (N,) or (N, D), as has the result. alpha is the weight of 1s, 1 -
    alpha that of 0s; none is 1 for both. At gamma = 0 without alpha it is bce_with_logits.

    >>> binary_focal([0.0, 800.0], [1, 1]).tolist()  # log(2) / 4
    [0.17328679513998632, 0.0]
    """
    focal = _Focal.of(xp, pred, target)
    return _weighted(xp, alpha, target, focal.power(gamma) * focal.cost)


class _Focal(NamedTuple):
    """Common parts of both: p is above / total, 1 - p below / total, 1 - p_t miss / total.

    above, below: one of the two is 1. miss: a sum of terms >= 0, where a difference would cancel
    for correct rows. excess: (true total - total) / total. cost: the binary cross-entropy.
    """

    above: Array
    below: Array
    total: Array
    miss: Array
    excess: Array
    cost: Array

    @classmethod
    def of(cls, xp: Namespace, pred: Array, target: Array) -> "_Focal":
        above, below = odds(xp, pred)
        tail, total = xp.minimum(above, below), above + below
        excess = (tail - (total - 1.0)) / total
        shares = target, 1.0 - target
        no, yes = softpluses(xp, pred)
        miss = shares[0] * below + shares[1] * above
        return cls(above, below, total, miss, excess, by_shares(xp, shares, (yes, no)))

    def power(self, gamma: float, further: float = 0.0) -> Array:
        """(1 - p_t)^gamma, corrected for the rounding of the total, which a power would multiply.

        further: how often a result will be divided by `total` as well.
        """
        found = (self.miss / self.total) ** gamma
        return found - found * ((gamma + further) * self.excess)


def _derivative(
    xp: Namespace, pred: Array, target: Array, *, gamma: float, alpha: float | None
) -> Array:
    """(1 - p_t)^γ (γ (1 - 2t) p (1 - p) bce / (1 - p_t) + p - t), weighted by alpha."""
    focal = _Focal.of(xp, pred, target)
    tail = xp.minimum(focal.above, focal.below)
    turn = gamma * (1.0 - 2.0 * target) * (tail / xp.where(focal.miss == 0.0, 1.0, focal.miss))
    slope = share(xp, turn, focal.cost) + ((1.0 - target) * focal.above - target * focal.below)
    return _weighted(xp, alpha, target, focal.power(gamma, 1.0) * (slope / focal.total))


def _weighted(xp: Namespace, alpha: float | None, target: Array, found: Array) -> Array:
    if alpha is None:
        return found
    return share(xp, alpha * target + (1.0 - alpha) * (1.0 - target), found)


def _reference(mp: Any, pred: Any, target: Any, *, gamma: Any, alpha: Any) -> Any:
    chance, other = 1 / (1 + mp.exp(-pred)), 1 / (1 + mp.exp(pred))
    weight = 1 if alpha is None else alpha * target + (1 - alpha) * (1 - target)
    yes = -mp.log(chance) if target else 0
    no = -mp.log(other) if target != 1 else 0
    miss = chance + target - 2 * target * chance
    return weight * miss**gamma * (target * yes + (1 - target) * no)


def _like_keras(
    xp: Namespace, pred: Array, target: Array, *, gamma: float, alpha: float | None
) -> Array:
    focal = _Focal.of(xp, pred, target)
    p = xp.clip(focal.above / focal.total, _KERAS_EPS, 1.0 - _KERAS_EPS)
    cost = -(target * xp.log(p) + (1.0 - target) * xp.log(1.0 - p))
    return _weighted(xp, alpha, target, focal.power(gamma) * cost)


binary_focal = Loss(
    name="binary_focal",
    aliases=("sigmoid_focal", "focal_binary"),
    family="classification",
    formula="-alpha_t (1 - p_t)^gamma log p_t, where p_t = sigmoid(z) for a 1, sigmoid(-z) for a 0",
    latex=r"-\alpha_t (1 - p_t)^\gamma \log p_t",
    source="Lin et al., Focal loss for dense object detection, ICCV 2017",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=LOGIT,
    target=SOFT_LABEL,
    flops=30,
    params=(
        Param("gamma", 2.0, Interval(0.0, ends="[)"), "how strongly an easy row is down-weighted"),
        Param("alpha", None, Interval(0.0, 1.0), "the weight of 1s; that of 0s is 1 - alpha"),
    ),
    use="most rows are easy negatives, and their many small losses outweigh the hard rows",
    avoid="probabilities must be calibrated: its minimum is not the true probability",
    equivalents={
        "torch": "torchvision.ops.sigmoid_focal_loss(pred, target, alpha=-1, gamma=gamma)",
        "keras": "losses.BinaryFocalCrossentropy(gamma=gamma, from_logits=True)(target, "
        "pred)  # it clips",
        "optax": "losses.sigmoid_focal_loss(pred, target, alpha=alpha, gamma=gamma)",
    },
    like={
        "keras": Convention(
            values=_like_keras,
            by_rows=True,
            note="probabilities are clamped to 1e-7 from 0 and 1 in the logarithm; alpha has an "
            "effect only with apply_class_balancing=True",
        ),
        "optax": Convention(),
    },
    pitfalls=(
        "torchvision's alpha is 0.25 unless it is -1; Keras' has an effect only with class "
        "balancing.",
        "RetinaNet divides the sum by the number of positives; the mean here is over rows.",
        "Its error grows with gamma, as that of any power: about 8 ULP at 5.",
    ),
)
