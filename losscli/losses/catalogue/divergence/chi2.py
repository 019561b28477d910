"""Pearson's chi-squared divergence."""

from typing import Any

from losscli.losses.declare import SIMPLEX, Array, Loss, Namespace, shapes


def _values(xp: Namespace, pred: Array, target: Array) -> Array:
    """The squared error of each class in units of its prediction, summed; inf at p = 0 < t.

    pred and target are (N, C) distributions, or counts of the same total; the result is (N,).

    >>> chi2([[0.5, 0.5], [0.25, 0.75]], [[0.75, 0.25], [0.25, 0.75]]).tolist()
    [0.25, 0.0]
    """
    error = pred - target
    terms = error * (error / pred)  # the square could overflow or underflow
    return xp.sum(xp.where(error == 0, 0.0, terms), axis=-1)


def _derivative(xp: Namespace, pred: Array, target: Array) -> Array:
    """1 - (t/p)², from factors without cancellation; -inf at p = 0 < t."""
    slope = ((pred - target) / pred) * ((pred + target) / pred)
    return xp.where(target == 0, 1.0, slope)


def _reference(mp: Any, pred: Any, target: Any) -> Any:
    terms = []
    for p, t in zip(pred, target, strict=True):
        if p or t:
            terms.append((t - p) ** 2 / p if p else mp.inf)
    return mp.fsum(terms)


chi2 = Loss(
    name="chi2",
    aliases=("pearson_chi2",),
    family="divergence",
    formula="Σ_c (t_c - p_c)² / p_c",
    latex=r"\sum_c \frac{(t_c - p_c)^2}{p_c}",
    source="Pearson, On the criterion that a given system of deviations, 1900",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=SIMPLEX,
    target=SIMPLEX,
    rows_of=shapes.VECTORS,
    flops=5,
    use="expected frequencies are compared with observed ones",
    avoid="predictions are close to 0: one small p dominates the sum",
    equivalents={
        "scipy": "stats.chisquare(target, pred, axis=1).statistic",
    },
    pitfalls=("Neyman's divides by t, and some halve it.",),
)
