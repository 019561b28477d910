"""Similarities of a query with its candidates, a row of them a query."""

from dataclasses import replace
from typing import Any

from losscli.losses.core.domain import Domain, Numbers
from losscli.losses.core.loss import Array, Namespace
from losscli.losses.math.stable import two_difference

SIMILARITIES = Numbers("similarities")  # -inf is an absent candidate


def similarities(temperature: float) -> Domain:
    """Similarities that are logits once a temperature divides them."""
    return replace(SIMILARITIES, logit_scale=1.0 / temperature)


def candidate_exps(xp: Namespace, pred: Array, temperature: float) -> tuple[Array, Array]:
    """exp((s - max s) / temperature) of each row, and the index of the largest.

    The difference and the quotient are rounded, which eˣ turns into |x| ULP. A factor corrects it:
    for the quotient it is (difference - quotient · temperature) / temperature, with an exact
    product of halves (Dekker).
    """
    top = xp.argmax(pred, axis=-1)
    highest = pred[xp.arange(pred.shape[0]), top][:, None]
    difference, lost = two_difference(xp, pred, highest)
    quotient = difference / temperature
    head, tail = _halves(quotient)
    t_head, t_tail = _halves(temperature)
    rest = ((difference - head * t_head) - head * t_tail) - tail * t_head - tail * t_tail
    factor = 1.0 + (rest + lost) / temperature
    # Below -800 the result is 0 whatever the factor, which may be of any size there.
    return xp.exp(quotient) * xp.where(quotient > -800.0, factor, 1.0), top


def _halves(x: Any) -> tuple[Any, Any]:
    """The upper half of the digits of x, and the rest (Veltkamp)."""
    shifted = 134217729.0 * x
    head = shifted - (shifted - x)
    return head, x - head
