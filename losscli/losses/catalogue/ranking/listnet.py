"""ListNet: the cross-entropy between two rankings of a list."""

from typing import Any

from losscli.losses.core.domain import SOFT_TARGETS, Domain, Numbers
from losscli.losses.core.loss import Array, Convention, Loss, Namespace, Param, Substitute
from losscli.losses.core.shapes import VECTORS
from losscli.losses.math.stable import row_exps, share, shifted_exps, shifted_rest

LIST_SCORES = Numbers("scores of a list", logit_scale=1.0)  # -inf is an absent candidate


def _values(xp: Namespace, pred: Array, target: Array, *, labels: str) -> Array:
    """The cross-entropy, in nats, of the first entry's probabilities and softmax(pred).

    pred and target are (N, C), one list per row; the result is (N,). Targets are scores whose
    softmax is the probability that each entry is first, or with labels=raw these probabilities,
    which need not sum to 1. Shorter lists are padded with -inf, raw targets with 0.

    >>> listnet([[0.0, 0.0, -float("inf")]], [[7.0, 7.0, -float("inf")]]).tolist()
    [0.6931471805599453]
    """
    top, rest = shifted_rest(xp, pred)
    ahead = top[:, None] - pred
    if labels == "raw":
        below = xp.sum(share(xp, target, ahead), axis=-1)
        return below + share(xp, xp.sum(target, axis=-1), xp.log1p(rest))
    chances, _, _ = row_exps(xp, target)
    below = xp.sum(share(xp, chances, ahead), axis=-1)
    return below / xp.sum(chances, axis=-1) + xp.log1p(rest)


def _first(xp: Namespace, target: Array, labels: str) -> Array:
    """The target probability that each entry is first."""
    if labels == "raw":
        return target
    exps, _ = shifted_exps(xp, target)
    return exps / xp.sum(exps, axis=-1)[:, None]


def _derivative(xp: Namespace, pred: Array, target: Array, *, labels: str) -> Array:
    """softmax(pred) times the sum of the target probabilities, minus these."""
    exps, _ = shifted_exps(xp, pred)
    shares = _first(xp, target, labels)
    scale = xp.sum(shares, axis=-1) / xp.sum(exps, axis=-1)
    return exps * scale[:, None] - shares


def _reference(mp: Any, pred: Any, target: Any, *, labels: str) -> Any:
    shares = target
    if labels == "softmax":
        chances = [mp.exp(t) for t in target]
        shares = [chance / mp.fsum(chances) for chance in chances]
    normaliser = mp.log(mp.fsum(mp.exp(z) for z in pred))
    return mp.fsum(q * (normaliser - z) for q, z in zip(shares, pred, strict=True) if q)


def _domains(labels: str) -> tuple[Domain, Domain]:
    return LIST_SCORES, SOFT_TARGETS if labels == "raw" else LIST_SCORES


listnet = Loss(
    name="listnet",
    family="ranking",
    formula="Σ_c q_c (log Σ_k exp(z_k) - z_c), where q = softmax(t)",
    latex=r"\sum_c q_c \left(\log \sum_k e^{z_k} - z_c\right), \; q = \mathrm{softmax}(t)",
    source="Cao and others, Learning to rank: from pairwise to listwise approach, ICML 2007",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=LIST_SCORES,
    target=LIST_SCORES,
    domains=_domains,
    rows_of=VECTORS,
    saturates=True,  # an entry of probability 0 hides its score
    flops=12,
    params=(
        Param(
            "labels",
            "softmax",
            meaning="whether targets are scores, or shares of the first place as they are",
            kind="word",
            words=("softmax", "raw"),
        ),
    ),
    use="whole lists are ranked, and the relevance of each entry is known",
    avoid="only the order of pairs is known: use pairwise_logistic",
    equivalents={
        "torch": "F.cross_entropy(pred, target.softmax(-1))",
        "optax": "losses.ranking_softmax_loss(pred, target, reduce_fn=None)  # labels=raw",
    },
    like={"optax": Convention({"labels": "raw"}, note="optax takes labels as they are")},
    pitfalls=(
        "Raw targets that do not sum to 1 scale the loss of their row.",
        "Its minimum is the entropy of the targets, not 0.",
    ),
    instead_of=(
        Substitute(
            ("ndcg", "map", "mrr", "precision_at_k", "recall_at_k"),
            "it is a statistic of ranked lists",
            "-l listnet takes a row of scores a list",
        ),
    ),
)
