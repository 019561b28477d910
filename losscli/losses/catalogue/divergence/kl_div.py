"""Kullback-Leibler divergence of predicted from target distributions."""

import math
from dataclasses import replace
from typing import Any

from losscli.losses.core.domain import Domain
from losscli.losses.core.loss import Array, Convention, Loss, Namespace, Param
from losscli.losses.declare import LOG_PROBABILITY, SIMPLEX, shapes
from losscli.losses.math.stable import replaced, share

_PRED = replace(SIMPLEX, hint="for logarithms: log_pred=true")
_TARGET = replace(SIMPLEX, hint="for logarithms: log_target=true")


def _values(
    xp: Namespace, pred: Array, target: Array, *, log_pred: bool, log_target: bool
) -> Array:
    """D(t‖p), in nats; 0 for equal distributions, inf where p = 0 < t.

    pred and target are (N, C) distributions, used as they are; the result is (N,). log_pred and
    log_target are true for logarithms. A class of target 0 has loss 0, whatever p is.

    >>> kl_div([[0.5, 0.5], [0.25, 0.75]], [[1.0, 0.0], [0.25, 0.75]]).tolist()
    [0.6931471805599453, 0.0]
    """
    weight = xp.exp(target) if log_target else target
    if not log_pred and not log_target:
        ratio = _log_ratio(xp, target, pred)
    else:
        high = target if log_target else xp.log(target)
        ratio = high - (pred if log_pred else xp.log(pred))
    return xp.sum(share(xp, weight, ratio), axis=-1) + 0.0


def _log_ratio(xp: Namespace, a: Array, b: Array) -> Array:
    """log(a / b) of numbers >= 0, accurate for nearly equal numbers.

    log1p(|a - b| / min) has no range in which it is badly conditioned, and no branch.
    """
    excess = xp.abs(a - b) / xp.minimum(a, b)
    found = xp.sign(a - b) * xp.log1p(excess)
    beyond = xp.isinf(excess)
    if xp.any(beyond):
        found = replaced(xp, found, beyond, lambda a, b: xp.log(a) - xp.log(b), a, b)
    return found


def _derivative(
    xp: Namespace, pred: Array, target: Array, *, log_pred: bool, log_target: bool
) -> Array:
    """-t / p; with log_pred, for the slope with respect to log p, -t."""
    weight = xp.exp(target) if log_target else target
    if log_pred:
        return 0.0 - weight
    return xp.where(weight == 0, 0.0, -weight / pred)


def _reference(mp: Any, pred: Any, target: Any, *, log_pred: bool, log_target: bool) -> Any:
    terms = []
    for p, t in zip(pred, target, strict=True):
        chance, weight = mp.exp(p) if log_pred else p, mp.exp(t) if log_target else t
        if weight:
            terms.append(weight * mp.log(weight / chance) if chance else mp.inf)
    return mp.fsum(terms)


def _domains(*, log_pred: bool, log_target: bool) -> tuple[Domain, Domain]:
    return LOG_PROBABILITY if log_pred else _PRED, LOG_PROBABILITY if log_target else _TARGET


def _unguarded(
    xp: Namespace, pred: Array, target: Array, *, log_pred: bool, log_target: bool
) -> Array:
    """The same, except nan for a class of weight 0 with an infinite logarithm."""
    found = _values(xp, pred, target, log_pred=log_pred, log_target=log_target)
    none = target == -xp.inf if log_target else (target == 0)
    infinite = pred == (-xp.inf if log_pred else 0.0)
    nan = none if log_target else none & infinite
    return xp.where(xp.any(nan, axis=-1), xp.nan, found)


def _clipped(
    xp: Namespace, pred: Array, target: Array, *, log_pred: bool, log_target: bool
) -> Array:
    p = xp.clip(xp.exp(pred) if log_pred else pred, 1e-7, 1.0)
    t = xp.clip(xp.exp(target) if log_target else target, 1e-7, 1.0)
    return _values(xp, p, t, log_pred=False, log_target=False)


_FLOOR = 1e-10  # of Liger, under the logarithm of a target


def _floored(
    xp: Namespace, pred: Array, target: Array, *, log_pred: bool, log_target: bool
) -> Array:
    """The same as torch's, with the logarithm of a target that is 1e-10 at least."""
    found = _unguarded(xp, pred, target, log_pred=log_pred, log_target=log_target)
    if log_target:
        return found
    rare = xp.where(target < _FLOOR, target, 0.0)
    lift = share(xp, rare, math.log(_FLOOR) - xp.log(target))
    return found + xp.sum(lift, axis=-1)


kl_div = Loss(
    name="kl_div",
    aliases=("kl", "kullback_leibler", "relative_entropy"),
    family="divergence",
    formula="Σ_c t_c log(t_c / p_c)",
    latex=r"\sum_c t_c \log \frac{t_c}{p_c}",
    source="Kullback and Leibler, On information and sufficiency, 1951",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=_PRED,
    target=_TARGET,
    domains=_domains,
    rows_of=shapes.VECTORS,
    saturates=True,  # a class of weight 0 hides its probability
    flops=6,
    params=(
        Param("log_pred", False, meaning="whether predictions are logarithms", kind="flag"),
        Param("log_target", False, meaning="whether targets are logarithms", kind="flag"),
    ),
    use="predictions should match soft targets, such as the probabilities of a teacher model",
    avoid="p may be 0 where t is not: js_div stays below log 2",
    equivalents={
        "torch": "F.kl_div(pred if log_pred else pred.log(), target, reduction='batchmean', "
        "log_target=log_target)",
        "keras": "losses.KLDivergence()(target, pred)  # clips both at 1e-7",
        "optax": "losses.kl_divergence(log(pred), target)",
    },
    like={
        "torch": Convention(
            values=_unguarded,
            by_rows=True,
            note="reduction='batchmean': its 'mean' divides by N · C; nan where t = 0 and p = 0",
        ),
        "keras": Convention(
            values=_clipped, by_rows=True, note="both distributions are clipped at 1e-7 and 1"
        ),
        "optax": Convention(values=_unguarded, note="nan where t = 0 and p = 0"),
        "liger": Convention(
            values=_floored,
            note="reduction='batchmean': its default divides by N · C; the logarithm of t "
            "is that of 1e-10 at least; nan where t = 0 and p = 0",
        ),
    },
    pitfalls=(
        "torch takes log p, and its reduction 'mean' divides by N · C: use 'batchmean'.",
        "torchmetrics and SciPy take the target first: D(a‖b) of (a, b).",
        "Rows that do not sum to 1 may give negative values; SciPy divides them by their sums.",
    ),
)
