"""Poly-1 loss: cross-entropy with another coefficient of the first power of 1 - s_y."""

from typing import Any

from losscli.losses.catalogue.classification._softmax import label_miss, over_others, shifted_miss
from losscli.losses.declare import INDICES, LOGIT, Array, Interval, Loss, Namespace, Param, shapes


def _values(xp: Namespace, pred: Array, target: Array, *, epsilon: float) -> Array:
    """Cross-entropy, in nats, plus epsilon times the probability of all incorrect classes.

    pred are (N, C) logits, s their softmax; target is (N,) class indices; the result is (N,). At
    epsilon = 0 it is cross_entropy.

    >>> poly1([[0.0, 0.0], [50.0, 0.0]], [1, 0]).tolist()  # log(2) + 2 / 2, and 3 exp(-50)
    [1.6931471805599454, 5.786249543891754e-22]
    """
    nll, miss = label_miss(xp, pred, target)
    return nll + epsilon * miss


def _derivative(xp: Namespace, pred: Array, target: Array, *, epsilon: float) -> Array:
    """(1 - s_y) (1 + ε s_y), spread over the other classes by their softmax.

    The label's own slope is minus their sum: the slopes of a row sum to 0.
    """
    nll, miss, others, rest = shifted_miss(xp, pred, target)
    # Of ε < 0 the second form has no difference, which would cancel for correct rows.
    rise = 1.0 + epsilon * xp.exp(-nll) if epsilon >= 0 else (1.0 + epsilon) - epsilon * miss
    return over_others(xp, miss * rise, target, others, rest)


def _reference(mp: Any, pred: Any, target: int, *, epsilon: Any) -> Any:
    chance = mp.exp(pred[target]) / mp.fsum(mp.exp(z) for z in pred)
    return -mp.log(chance) + epsilon * (1 - chance)


poly1 = Loss(
    name="poly1",
    aliases=("poly1_cross_entropy",),
    family="classification",
    formula="-log s_y + epsilon (1 - s_y), where s = softmax(z)",
    latex=r"-\log s_y + \epsilon (1 - s_y), \; s = \mathrm{softmax}(z)",
    source="Leng et al., PolyLoss: a polynomial expansion perspective of classification loss "
    "functions, ICLR 2022",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=LOGIT,
    target=INDICES,
    rows_of=shapes.LABELLED,
    flops=8,
    params=(Param("epsilon", 2.0, Interval(-1.0, ends="[)"), "the weight added to 1 - s_y"),),
    use="cross-entropy is tuned by one parameter, for balanced (> 0) or imbalanced (< 0) classes",
    avoid="losses are compared with those in nats of other models: use cross_entropy",
    equivalents={
        "torch": "F.cross_entropy(pred, target) + epsilon * "
        "(1 - pred.softmax(-1)[range(len(target)), target].mean())",
        "optax": "losses.poly_loss_cross_entropy(pred, one_hot(target, C), epsilon)",
    },
    pitfalls=(
        "optax takes distributions as targets, and losscli indices or one-hot rows.",
        "At epsilon = -1 its two terms cancel for correct rows, where it is (1 - s_y)² / 2.",
        "Its values are not comparable for different epsilons.",
    ),
)
