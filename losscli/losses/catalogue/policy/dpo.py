"""Direct preference optimisation: the margin of a chosen response over a rejected one."""

from typing import Any

from losscli.losses.catalogue.policy._responses import (
    LOG_PROBABILITIES,
    logistic,
    logistic_slope,
)
from losscli.losses.declare import Array, Interval, Loss, Namespace, Param, shapes


def _values(xp: Namespace, pred: Array, target: None, *, beta: float, variant: str) -> Array:
    """A loss of the margin h: the log-ratio of the chosen response minus that of the rejected one.

    pred is (N, 4), log-probabilities in nats, summed over the tokens of a response: the policy's of
    the chosen one and of the rejected one, then the reference model's of both. There are no
    targets; the result is (N,). A log-ratio is that of policy and reference. variant is sigmoid,
    -log sigmoid(beta h); hinge, max(0, 1 - beta h); or ipo, (h - 1 / (2 beta))².

    >>> dpo([[-10.0, -12.0, -11.0, -11.0], [-9.0, -9.0, -9.0, -9.0]], beta=0.5).round(6).tolist()
    [0.313262, 0.693147]
    """
    margin = _margin(pred)
    if variant == "ipo":
        return (margin - 0.5 / beta) ** 2
    if variant == "hinge":
        return xp.clip(1.0 - beta * margin, 0.0, xp.inf)
    return logistic(xp, beta * margin)


def _margin(pred: Array) -> Array:
    return (pred[:, 0] - pred[:, 1]) - (pred[:, 2] - pred[:, 3])


def _derivative(xp: Namespace, pred: Array, target: None, *, beta: float, variant: str) -> Array:
    """The slope of the margin for the policy's chosen response, and its opposite for the rejected.

    Those of the reference model are the opposite of both; training keeps that model as it is.
    """
    margin = _margin(pred)
    if variant == "ipo":
        slope = 2.0 * (margin - 0.5 / beta)
    elif variant == "hinge":
        slope = -beta * xp.astype(beta * margin < 1.0, pred.dtype)
    else:
        slope = beta * logistic_slope(xp, beta * margin)
    opposite = 0.0 - slope
    return xp.stack((slope, opposite, opposite, slope), axis=1)


def _reference(mp: Any, pred: Any, target: None, *, beta: Any, variant: str) -> Any:
    margin = (pred[0] - pred[2]) - (pred[1] - pred[3])
    if variant == "ipo":
        return (margin - 1 / (2 * beta)) ** 2
    if variant == "hinge":
        return max(1 - beta * margin, mp.mpf(0))
    return -mp.log(1 / (1 + mp.exp(-beta * margin)))


dpo = Loss(
    name="dpo",
    family="policy",
    formula="-log sigmoid(beta h), h = (log π_w - log ref_w) - (log π_l - log ref_l)",
    latex=r"-\log \sigma\left(\beta \log \frac{\pi(y_w)}{\pi_\mathrm{ref}(y_w)} "
    r"- \beta \log \frac{\pi(y_l)}{\pi_\mathrm{ref}(y_l)}\right)",
    source="Rafailov et al., Direct preference optimization, NeurIPS 2023, equation 7; hinge: Zhao "
    "et al., SLiC-HF, 2023; ipo: Azar et al., A general theoretical paradigm to understand "
    "learning from human preferences, AISTATS 2024, equation 17",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=LOG_PROBABILITIES,
    target=None,
    rows_of=shapes.WITH_REFERENCE,
    flops=4,
    params=(
        Param("beta", 0.1, Interval(0.0, ends="()"), "the strength of the tie to the reference"),
        Param(
            "variant",
            "sigmoid",
            meaning="the loss of the margin",
            kind="word",
            words=("sigmoid", "hinge", "ipo"),
        ),
    ),
    use="pairs of responses are labelled as chosen and rejected, and a reference model is at hand",
    avoid="there is no reference model: use simpo, cpo or orpo",
    equivalents={
        "torch": "-F.logsigmoid(beta * (pred[:, 0] - pred[:, 1] - pred[:, 2] + pred[:, 3]))",
        "trl": "DPOTrainer(args=DPOConfig(beta=beta, loss_type='sigmoid'))  # or hinge, ipo",
    },
    pitfalls=(
        "The order is policy chosen, policy rejected, reference chosen, reference rejected.",
        "Log-probabilities are sums over tokens; trl takes their averages for ipo.",
        "beta = 0.1 makes the loss of most rows nearly log 2: compare margins too.",
    ),
)
