"""Sigmoid loss of pairs of a batch, such as images and texts."""

from dataclasses import replace
from typing import Any

from losscli.losses.catalogue.ranking._candidates import SIMILARITIES
from losscli.losses.core.domain import Domain
from losscli.losses.declare import INDICES, Array, Interval, Loss, Namespace, Param, shapes
from losscli.losses.math.stable import sigmoid, softplus


def _values(xp: Namespace, pred: Array, target: Array, *, scale: float, bias: float) -> Array:
    """The sum over the candidates of the binary cross-entropy of scale · similarity + bias.

    A row is a query. pred is (N, C), its similarities with the C candidates of its batch, -inf for
    one that is absent; target is (N,), the column of the one that it is paired with; the result is
    (N,), in nats. Of embeddings of length 1 of B images and their texts, pred is image @ text.T and
    target is 0 ... B - 1: the mean of these rows is the loss of the batch.

    >>> siglip([[1.0, 1.0], [1.0, 0.0]], [0, 0], scale=10.0, bias=-10.0).round(6).tolist()
    [1.386294, 0.693193]
    """
    rows = xp.arange(pred.shape[0])
    logits = scale * pred + bias
    wrong = softplus(xp, logits)
    wrong[rows, target] = softplus(xp, 0.0 - logits[rows, target])
    return xp.sum(wrong, axis=-1)


def _derivative(xp: Namespace, pred: Array, target: Array, *, scale: float, bias: float) -> Array:
    """Scale · sigmoid(logit) for each candidate, and -scale · sigmoid(-logit) for the pair."""
    rows = xp.arange(pred.shape[0])
    logits = scale * pred + bias
    slopes = sigmoid(xp, logits)
    slopes[rows, target] = 0.0 - sigmoid(xp, 0.0 - logits[rows, target])
    return scale * slopes


def _reference(mp: Any, pred: Any, target: Any, *, scale: Any, bias: Any) -> Any:
    logits = [scale * s + bias for s in pred]
    signs = [1 if c == target else -1 for c in range(len(pred))]
    return mp.fsum(mp.log(1 + mp.exp(-z * x)) for z, x in zip(signs, logits, strict=True))


def _domains(*, scale: float, bias: float) -> tuple[Domain, Domain]:
    return replace(SIMILARITIES, logit_scale=scale), INDICES


siglip = Loss(
    name="siglip",
    aliases=("sigmoid_contrastive",),
    family="ranking",
    formula="Σ_c log(1 + exp(-z_c (scale s_c + bias))), z = 1 for the pair, else -1",
    latex=r"\sum_c \log \left(1 + e^{-z_c (t s_c + b)}\right)",
    source="Zhai et al., Sigmoid loss for language image pre-training, ICCV 2023, algorithm 1",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=SIMILARITIES,
    target=INDICES,
    domains=_domains,
    rows_of=shapes.LABELLED,
    saturates=True,  # an absent candidate costs 0
    flops=20,
    params=(
        Param("scale", 10.0, Interval(0.0, ends="()"), "the factor of similarities"),
        Param("bias", -10.0, Interval(ends="()"), "the logit of similarity 0"),
    ),
    use="each query is paired with one candidate, and every pair is judged on its own",
    avoid="candidates compete for a query: use info_nce",
    equivalents={
        "torch": "F.binary_cross_entropy_with_logits(scale * pred + bias, "
        "F.one_hot(target, pred.shape[-1]).to(pred.dtype), reduction='sum') / len(pred)",
    },
    pitfalls=(
        "It is a sum over candidates: it grows with the batch, and the mean is over queries.",
        "Scale and bias are learnt: those of the trained model are needed to get its loss.",
    ),
)
