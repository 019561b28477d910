"""Odds ratio preference optimisation: likelihood, and the odds of a chosen response."""

from typing import Any

from losscli.losses.catalogue.policy._responses import AVERAGES, logistic, logistic_slope
from losscli.losses.declare import Array, Interval, Loss, Namespace, Param, shapes


def _values(xp: Namespace, pred: Array, target: None, *, weight: float) -> Array:
    """The chosen response's NLL, plus the weighted logistic loss of the log of the odds ratio.

    pred is (N, 2), the log-probabilities in nats of the chosen and of the rejected response, each
    averaged over its tokens and below 0; the odds of p = exp(average) are p / (1 - p). There are no
    targets; the result is (N,), in nats per token.

    >>> orpo([[-1.0, -2.0], [-1.0, -1.0]], weight=1.0).round(6).tolist()
    [1.238183, 1.693147]
    """
    return weight * logistic(xp, _log_ratio(xp, pred)) - pred[:, 0]


def _log_ratio(xp: Namespace, pred: Array) -> Array:
    """The logarithm of the odds of the chosen response over those of the rejected one."""
    rest = xp.log(-xp.expm1(pred))
    return (pred[:, 0] - pred[:, 1]) - (rest[:, 0] - rest[:, 1])


def _derivative(xp: Namespace, pred: Array, target: None, *, weight: float) -> Array:
    """The logistic slope over 1 - p for each response, minus 1 for the chosen one."""
    slope = weight * logistic_slope(xp, _log_ratio(xp, pred))
    rest = -xp.expm1(pred)
    return xp.stack((slope / rest[:, 0] - 1.0, 0.0 - slope / rest[:, 1]), axis=1)


def _reference(mp: Any, pred: Any, target: None, *, weight: Any) -> Any:
    chosen, rejected = (mp.exp(a) / (1 - mp.exp(a)) for a in pred)
    return -weight * mp.log(chosen / (chosen + rejected)) - pred[0]


orpo = Loss(
    name="orpo",
    family="policy",
    formula="-a_w - weight log sigmoid(log(odds_w / odds_l)), odds = exp(a) / (1 - exp(a)), "
    "a = log π / tokens",
    latex=r"-\log p_w - \lambda \log \sigma\left(\log \frac{p_w / (1 - p_w)}{p_l / (1 - p_l)}"
    r"\right)",
    source="Hong, Lee and Thorne, ORPO: monolithic preference optimization without reference model,"
    " EMNLP 2024, equations 3 to 7",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=AVERAGES,
    target=None,
    rows_of=shapes.CHOSEN_REJECTED,
    flops=12,
    params=(Param("weight", 0.1, Interval(0.0, ends="[)"), "the weight of the odds ratio's loss"),),
    use="a model is fine-tuned on chosen responses and taught to avoid rejected ones in one pass",
    avoid="the model is fine-tuned already: use dpo or simpo",
    equivalents={
        "torch": "-pred[:, 0] - weight * torch.log(torch.sigmoid((pred[:, 0] - pred[:, 1]) "
        "- (torch.log(-torch.expm1(pred[:, 0])) - torch.log(-torch.expm1(pred[:, 1])))))",
        "trl": "ORPOTrainer(args=ORPOConfig(beta=weight))",
    },
    pitfalls=(
        "The weight is lambda in the paper and beta in trl.",
        "Log-probabilities are averages over tokens, not sums: odds of sums are their exponential.",
    ),
)
