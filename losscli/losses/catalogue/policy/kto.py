"""Kahneman-Tversky optimisation: single responses that are desirable or not."""

from typing import Any

from losscli.losses.catalogue.policy._responses import LOG_PROBABILITIES
from losscli.losses.declare import BINARY, Array, Interval, Loss, Namespace, Param, shapes
from losscli.losses.math.stable import sigmoid


def _values(
    xp: Namespace,
    pred: Array,
    target: Array,
    *,
    beta: float,
    kl: float,
    desirable: float,
    undesirable: float,
) -> Array:
    """The weighted loss of a response's log-ratio compared with a reference point, in [0, weight].

    pred is (N, 2), log-probabilities in nats of a response, summed over its tokens: the policy's
    and the reference model's. target is (N,), 1 for a desirable response, else 0; the result is
    (N,). kl is the reference point, an estimate of the divergence of policy and reference model.

    >>> kto([[-10.0, -10.0], [-8.0, -10.0]], [1, 0], beta=0.5, kl=0.0).round(6).tolist()
    [0.5, 0.731059]
    """
    weight = target * desirable + (1.0 - target) * undesirable
    return weight * sigmoid(xp, _miss(pred, target, beta, kl))


def _miss(pred: Array, target: Array, beta: float, kl: float) -> Array:
    """The value below the reference point, of a desirable response; above it, of another."""
    return (1.0 - 2.0 * target) * (beta * ((pred[:, 0] - pred[:, 1]) - kl))


def _derivative(
    xp: Namespace,
    pred: Array,
    target: Array,
    *,
    beta: float,
    kl: float,
    desirable: float,
    undesirable: float,
) -> Array:
    """±weight beta s (1 - s) for the policy, s the sigmoid; its opposite for the reference."""
    miss = _miss(pred, target, beta, kl)
    weight = (1.0 - target) * undesirable - target * desirable
    slope = weight * beta * (sigmoid(xp, miss) * sigmoid(xp, -miss))
    return xp.stack((slope, 0.0 - slope), axis=1)


def _reference(
    mp: Any, pred: Any, target: Any, *, beta: Any, kl: Any, desirable: Any, undesirable: Any
) -> Any:
    value = beta * (pred[0] - pred[1] - kl)
    if target == 1:
        return desirable * (1 - 1 / (1 + mp.exp(-value)))
    return undesirable * (1 - 1 / (1 + mp.exp(value)))


_WEIGHT = Interval(0.0, ends="[)")

kto = Loss(
    name="kto",
    family="policy",
    formula="desirable: weight (1 - sigmoid(beta (r - kl))); else weight (1 - sigmoid(beta (kl - "
    "r))), r = log π - log ref",
    latex=r"\lambda_y \left(1 - \sigma(\pm\beta (\log \frac{\pi(y)}{\pi_\mathrm{ref}(y)} "
    r"- z_0))\right)",
    source="Ethayarajh et al., KTO: model alignment as prospect theoretic optimization, ICML 2024, "
    "equations 7 and 8",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=LOG_PROBABILITIES,
    target=BINARY,
    rows_of=shapes.TWO,
    saturates=True,  # far from the reference point the loss is its weight
    flops=10,
    params=(
        Param("beta", 0.1, Interval(0.0, ends="()"), "the aversion to risk"),
        Param("kl", 0.0, Interval(0.0, ends="[)"), "the reference point"),
        Param("desirable", 1.0, _WEIGHT, "the weight of desirable responses"),
        Param("undesirable", 1.0, _WEIGHT, "the weight of undesirable responses"),
    ),
    use="responses are labelled one by one as desirable or not, without pairs",
    avoid="responses come in pairs: use dpo",
    equivalents={
        "torch": "torch.where(target == 1, desirable, undesirable) * torch.sigmoid((1 - 2 * target)"
        " * beta * (pred[:, 0] - pred[:, 1] - kl))",
        "trl": "KTOTrainer(args=KTOConfig(beta=beta, desirable_weight=desirable, "
        "undesirable_weight=undesirable))",
    },
    pitfalls=(
        "trl estimates kl for each batch, so that a row's loss depends on the others; here it is "
        "given.",
        "The paper's training does not propagate gradients through kl.",
    ),
)
