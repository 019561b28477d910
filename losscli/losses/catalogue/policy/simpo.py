"""Simple preference optimisation: average log-probabilities, and a target margin."""

from typing import Any

from losscli.losses.catalogue.policy._responses import (
    LOG_PROBABILITIES,
    logistic,
    logistic_slope,
    of_pair,
)
from losscli.losses.declare import Array, Convention, Interval, Loss, Namespace, Param, shapes


def _values(xp: Namespace, pred: Array, target: None, *, beta: float, gamma: float) -> Array:
    """The logistic loss of the rewards' difference, less a margin; there is no reference model.

    pred is (N, 2), the log-probabilities in nats of the chosen and of the rejected response, each
    averaged over its tokens. There are no targets; the result is (N,). A reward is beta times an
    average.

    >>> simpo([[-0.5, -1.5], [-1.0, -1.0]], beta=2.0, gamma=1.0).round(6).tolist()
    [0.313262, 1.313262]
    """
    return logistic(xp, _margin(pred, beta, gamma))


def _margin(pred: Array, beta: float, gamma: float) -> Array:
    return beta * (pred[:, 0] - pred[:, 1]) - gamma


def _derivative(xp: Namespace, pred: Array, target: None, *, beta: float, gamma: float) -> Array:
    """-beta sigmoid(-margin) for the chosen response, and its opposite for the rejected one."""
    return of_pair(xp, beta * logistic_slope(xp, _margin(pred, beta, gamma)))


def _reference(mp: Any, pred: Any, target: None, *, beta: Any, gamma: Any) -> Any:
    return -mp.log(1 / (1 + mp.exp(gamma - beta * pred[0] + beta * pred[1])))


_DEFAULTS = {"beta": 0.1, "gamma": 0.5}
_GIVEN = "beta is 0.1 and gamma 0.5 by default"

simpo = Loss(
    name="simpo",
    family="policy",
    formula="-log sigmoid(beta (a_w - a_l) - gamma), a = log π / tokens",
    latex=r"-\log \sigma\left(\frac{\beta}{|y_w|} \log \pi(y_w) "
    r"- \frac{\beta}{|y_l|} \log \pi(y_l) - \gamma\right)",
    source="Meng, Xia and Chen, SimPO: simple preference optimization with a reference-free reward,"
    " NeurIPS 2024, equation 6",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=LOG_PROBABILITIES,
    target=None,
    rows_of=shapes.CHOSEN_REJECTED,
    flops=4,
    params=(
        Param("beta", 2.0, Interval(0.0, ends="()"), "the reward of one nat per token"),
        Param("gamma", 1.0, Interval(0.0, ends="[)"), "the target margin of the rewards"),
    ),
    use="pairs of responses are labelled, and long responses should not be preferred for length",
    avoid="the model must stay near a reference model: use dpo",
    equivalents={
        "torch": "-F.logsigmoid(beta * (pred[:, 0] - pred[:, 1]) - gamma)",
        "trl": "CPOTrainer(args=CPOConfig(loss_type='simpo', cpo_alpha=0, beta=beta, "
        "simpo_gamma=gamma))",
    },
    like={
        "trl": Convention(_DEFAULTS, note=f"{_GIVEN}; cpo_alpha=0: its default adds the NLL"),
        "liger": Convention(_DEFAULTS, note=f"{_GIVEN}; compute_nll_loss=False: or it adds it"),
    },
    pitfalls=(
        "Log-probabilities are averages over tokens, not sums.",
        "trl's simpo_gamma is 0.5 by default, and its beta 0.1.",
    ),
)
