"""Logits of a student and a teacher, and the softmax of both."""

from typing import Any

from losscli.losses.core.domain import Numbers
from losscli.losses.declare import Array, Convention, Interval, Namespace, Param
from losscli.losses.math.stable import shifted_rest

# Finite ones: a class that only one model excludes has an infinite divergence.
LOGITS = Numbers("logits", "", Interval(ends="()"), logit_scale=1.0)
TEMPERATURE = Param("temperature", 1.0, Interval(0.0, ends="()"), "the divisor of all logits")
SCALED = Param("scaled", True, meaning="whether it is multiplied by temperature²", kind="flag")


def unscaled(note: str) -> Convention:
    """The convention of a library without the factor temperature²."""
    return Convention({"scaled": False}, note=f"the factor temperature² is omitted; {note}")


def log_softmax(xp: Namespace, logits: Array) -> Array:
    """The logarithms of the softmax of each row."""
    top, rest = shifted_rest(xp, logits)
    return (logits - top[:, None]) - xp.log1p(rest)[:, None]


def exact_softmax(mp: Any, logits: Any, temperature: Any) -> Any:
    """The softmax of one row of logits over the temperature, in the numbers of mp."""
    exps = [mp.exp(z / temperature) for z in logits]
    return [each / mp.fsum(exps) for each in exps]
