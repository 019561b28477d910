"""Supervised contrastive loss: the positives of an anchor among the rows of its batch."""

from typing import Any

from losscli.losses.catalogue.ranking._candidates import (
    SIMILARITIES,
    candidate_exps,
    similarities,
)
from losscli.losses.core.domain import Domain
from losscli.losses.declare import BINARY, Array, Interval, Loss, Namespace, Param, shapes
from losscli.losses.math.stable import share


def _values(xp: Namespace, pred: Array, target: Array, *, temperature: float) -> Array:
    """The mean, over the positives, of -log softmax(similarity / temperature), in nats.

    A row is an anchor. pred is (N, C), its similarities with the C candidates of its batch, -inf
    for one that is absent, such as the anchor itself; target is (N, C), 1 for candidates of its
    label, else 0; the result is (N,). An anchor without positives has loss 0, and weight 0 in the
    mean. Of embeddings z of length 1 and labels y of a batch, pred is z @ z.T with a diagonal of
    -inf, target is y[:, None] == y with a diagonal of 0.

    >>> supcon([[1.0, 1.0, -float("inf")]], [[1, 0, 0]]).tolist()
    [0.6931471805599453]
    """
    exps, top = candidate_exps(xp, pred, temperature)
    rows = xp.arange(pred.shape[0])
    behind = (pred[rows, top][:, None] - pred) / temperature
    exps[rows, top] = 0.0
    found = xp.sum(share(xp, target, behind), axis=-1) / _positives(xp, target)
    return xp.where(_counted(xp, target), found + xp.log1p(xp.sum(exps, axis=-1)), 0.0)


def _positives(xp: Namespace, target: Array) -> Array:
    """The number of positives of each anchor, and 1 where there are none."""
    return xp.clip(xp.sum(target, axis=-1), 1.0, xp.inf)


def _counted(xp: Namespace, target: Array) -> Array:
    """True for anchors with positives."""
    return xp.sum(target, axis=-1) > 0.0


def _derivative(xp: Namespace, pred: Array, target: Array, *, temperature: float) -> Array:
    """(softmax(similarity / temperature) - target / positives) / temperature; 0 without any."""
    exps, _ = candidate_exps(xp, pred, temperature)
    softmax = exps / xp.sum(exps, axis=-1)[:, None]
    slopes = softmax - target / _positives(xp, target)[:, None]
    return xp.where(_counted(xp, target)[:, None], slopes / temperature, 0.0)


def _denominator(xp: Namespace, target: Array, *, temperature: float) -> Array:
    """1 for an anchor with positives, else 0."""
    return xp.astype(_counted(xp, target), target.dtype)


def _reference(mp: Any, pred: Any, target: Any, *, temperature: Any) -> Any:
    positives = [s for s, t in zip(pred, target, strict=True) if t]
    if not positives:
        return mp.mpf(0)
    normaliser = mp.log(mp.fsum(mp.exp(s / temperature) for s in pred))
    return mp.fsum(normaliser - s / temperature for s in positives) / len(positives)


def _domains(*, temperature: float) -> tuple[Domain, Domain]:
    return similarities(temperature), BINARY


supcon = Loss(
    name="supcon",
    aliases=("supervised_contrastive",),
    family="ranking",
    formula="log Σ_a exp(s_a / temperature) - mean of s_p / temperature over the positives p",
    latex=r"\frac{-1}{|P|} \sum_{p \in P} \log \frac{e^{s_p / \tau}}{\sum_a e^{s_a / \tau}}",
    source="Khosla et al., Supervised contrastive learning, NeurIPS 2020, equation 2",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    denominator=_denominator,
    pred=SIMILARITIES,
    target=BINARY,
    domains=_domains,
    rows_of=shapes.VECTORS,
    saturates=True,  # the similarity of an absent negative, or of an anchor without positives
    flops=24,
    params=(
        Param(
            "temperature", 0.1, Interval(0.0, ends="()"), "the similarity that counts as a factor e"
        ),
    ),
    use="an anchor has several positives, the rows of its batch with the same label",
    avoid="there is one positive: use info_nce",
    equivalents={
        "torch": "F.cross_entropy(pred / temperature, target / target.sum(-1, keepdim=True)"
        ".clip(min=1), reduction='sum') / (target.sum(-1) > 0).sum()  # pred > -inf",
    },
    pitfalls=(
        "Its value grows with the number of candidates: compare models on batches of one size.",
        "Its minimum is the logarithm of the number of positives, not 0.",
        "Batches drawn by label and at random have other positives, and so other means.",
    ),
)
