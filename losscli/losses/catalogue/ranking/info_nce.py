"""InfoNCE: the positive among several candidates."""

from typing import Any

from losscli.losses.catalogue.ranking._candidates import (
    SIMILARITIES,
    candidate_exps,
    similarities,
)
from losscli.losses.core.domain import Domain
from losscli.losses.declare import INDICES, Array, Interval, Loss, Namespace, Param, shapes


def _values(xp: Namespace, pred: Array, target: Array, *, temperature: float) -> Array:
    """The negative log-likelihood, in nats, of the positive: softmax(similarity / temperature).

    pred is (N, C), the similarities of a query with its C candidates, -inf for one that is absent;
    target is (N,), the column of the positive; the result is (N,).

    >>> info_nce([[25.0, 0.0], [0.5, 0.5]], [0, 1], temperature=0.5).tolist()
    [1.9287498479639178e-22, 0.6931471805599453]
    """
    rows = xp.arange(pred.shape[0])
    top = xp.argmax(pred, axis=-1)
    highest = pred[rows, top]
    behind = (pred - highest[:, None]) / temperature
    behind[rows, top] = -xp.inf
    found = (highest - pred[rows, target]) / temperature
    found = found + xp.log1p(xp.sum(xp.exp(behind), axis=-1))
    # A rounding of the exponents changes the sum by |x| ULP. If another candidate is the largest,
    # its lead outweighs that; if the positive is, the sum is the whole loss.
    ahead = xp.nonzero(top == target)[0]
    if ahead.shape[0]:
        exps, top = candidate_exps(xp, pred[ahead], temperature)
        exps[xp.arange(ahead.shape[0]), top] = 0.0
        found[ahead] = xp.log1p(xp.sum(exps, axis=-1))
    return found


def _derivative(xp: Namespace, pred: Array, target: Array, *, temperature: float) -> Array:
    """(softmax(similarity / temperature) - e_y) / temperature; the positive's own part is summed.

    s_y - 1 would lose every digit of a confident row: it is -Σ_{c≠y} s_c here.
    """
    exps, _ = candidate_exps(xp, pred, temperature)
    rows = xp.arange(pred.shape[0])
    positive = exps[rows, target]
    others = exps + 0.0
    others[rows, target] = 0.0
    others_sum = xp.sum(others, axis=-1)
    others[rows, target] = -others_sum
    return others / (others_sum + positive)[:, None] / temperature


def _reference(mp: Any, pred: Any, target: Any, *, temperature: Any) -> Any:
    chances = [mp.exp(s / temperature) for s in pred]
    return mp.log(mp.fsum(chances)) - pred[target] / temperature


def _domains(*, temperature: float) -> tuple[Domain, Domain]:
    return similarities(temperature), INDICES


info_nce = Loss(
    name="info_nce",
    family="ranking",
    formula="log Σ_c exp(s_c / temperature) - s_y / temperature",
    latex=r"\log \sum_c e^{s_c / \tau} - s_y / \tau",
    source="van den Oord, Li and Vinyals, Representation learning with CPC, 2018, equation 4",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=SIMILARITIES,
    target=INDICES,
    domains=_domains,
    rows_of=shapes.LABELLED,
    flops=24,
    params=(
        Param(
            "temperature",
            0.07,
            Interval(0.0, ends="()"),
            "the similarity that counts as a factor e",
        ),
    ),
    use="each query has one positive among explicit candidates",
    avoid="a query has several positives: use supcon",
    equivalents={
        "torch": "F.cross_entropy(pred / temperature, target)",
        "optax": "losses.softmax_cross_entropy_with_integer_labels(pred / temperature, target)",
    },
    pitfalls=(
        "In-batch forms (NT-Xent) depend on the other rows; here the candidates are in the row.",
        "Losses of different temperatures are not comparable.",
    ),
)
