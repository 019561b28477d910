"""Contrastive preference optimisation: preferences without a reference, and a likelihood term."""

from typing import Any

from losscli.losses.catalogue.policy._responses import (
    LOG_PROBABILITIES,
    logistic,
    logistic_slope,
)
from losscli.losses.declare import Array, Interval, Loss, Namespace, Param, shapes


def _values(xp: Namespace, pred: Array, target: None, *, beta: float, alpha: float) -> Array:
    """The logistic loss of the responses' difference, plus alpha times the chosen one's NLL.

    pred is (N, 2), the log-probabilities in nats of the chosen and of the rejected response, summed
    over tokens. There are no targets; the result is (N,), in nats.

    >>> cpo([[-2.0, -4.0], [-1.0, -1.0]], beta=0.5, alpha=1.0).round(6).tolist()
    [2.313262, 1.693147]
    """
    return logistic(xp, beta * (pred[:, 0] - pred[:, 1])) - alpha * pred[:, 0]


def _derivative(xp: Namespace, pred: Array, target: None, *, beta: float, alpha: float) -> Array:
    """-beta sigmoid(-beta (w - l)) - alpha for the chosen response, the opposite without alpha."""
    slope = beta * logistic_slope(xp, beta * (pred[:, 0] - pred[:, 1]))
    return xp.stack((slope - alpha, 0.0 - slope), axis=1)


def _reference(mp: Any, pred: Any, target: None, *, beta: Any, alpha: Any) -> Any:
    return -mp.log(1 / (1 + mp.exp(beta * (pred[1] - pred[0])))) - alpha * pred[0]


cpo = Loss(
    name="cpo",
    family="policy",
    formula="-log sigmoid(beta (log π_w - log π_l)) - alpha log π_w",
    latex=r"-\log \sigma(\beta \log \pi(y_w) - \beta \log \pi(y_l)) - \alpha \log \pi(y_w)",
    source="Xu et al., Contrastive preference optimization, ICML 2024, equations 4 and 5",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=LOG_PROBABILITIES,
    target=None,
    rows_of=shapes.CHOSEN_REJECTED,
    flops=6,
    params=(
        Param("beta", 0.1, Interval(0.0, ends="()"), "the weight of the difference"),
        Param("alpha", 1.0, Interval(0.0, ends="[)"), "the weight of the chosen response's NLL"),
    ),
    use="pairs of responses are labelled, and the chosen ones are worth imitating",
    avoid="chosen responses are only the better ones of two: use dpo or simpo",
    equivalents={
        "torch": "-F.logsigmoid(beta * (pred[:, 0] - pred[:, 1])) - alpha * pred[:, 0]",
        "trl": "CPOTrainer(args=CPOConfig(beta=beta, cpo_alpha=alpha))  # NLL per token",
    },
    pitfalls=(
        "The likelihood term is of the whole response; trl divides it by the tokens of a batch.",
        "Sums over tokens make the likelihood term outweigh the preference for long responses.",
    ),
)
