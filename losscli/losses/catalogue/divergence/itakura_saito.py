"""Itakura-Saito divergence."""

from typing import Any

from losscli.losses.declare import POSITIVE, Array, Loss, Namespace, Rows
from losscli.losses.math.stable import quotient_excess

_SPECTRA = Rows("one number or a row of them a sample", ((("C",), ("C",)), ((), ())))


def _values(xp: Namespace, pred: Array, target: Array) -> Array:
    """t/p - log(t/p) - 1, which does not depend on their unit; summed over a row.

    pred and target have the same shape, (N,) or (N, C), all > 0, such as power spectra; the result
    is (N,).

    >>> itakura_saito([1.0, 1.0], [1.0, 2.0]).round(6).tolist()  # 2 - 1 - log 2
    [0.0, 0.306853]
    """
    terms = quotient_excess(xp, target, pred) + 0.0
    return terms if pred.ndim == 1 else xp.sum(terms, axis=-1)


def _derivative(xp: Namespace, pred: Array, target: Array) -> Array:
    """(p - t) / p²: a prediction that is too low has the steeper slope."""
    return (pred - target) / pred / pred


def _reference(mp: Any, pred: Any, target: Any) -> Any:
    if not isinstance(pred, list):
        pred, target = [pred], [target]
    ratios = [t / p for p, t in zip(pred, target, strict=True)]
    return mp.fsum(ratio - mp.log(ratio) - 1 for ratio in ratios)


itakura_saito = Loss(
    name="itakura_saito",
    family="divergence",
    formula="Σ_c (t_c / p_c - log(t_c / p_c) - 1)",
    latex=r"\sum_c \left( \frac{t_c}{p_c} - \log \frac{t_c}{p_c} - 1 \right)",
    source="Itakura and Saito, Analysis synthesis telephony, 1968",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=POSITIVE,
    target=POSITIVE,
    rows_of=_SPECTRA,
    flops=40,
    use="spectra are compared by ratios, so that low and high intensities have equal weight",
    avoid="zeros occur, or absolute errors matter",
    equivalents={
        "sklearn": "metrics.mean_gamma_deviance(target, pred) / 2  # of (N,)",
    },
    pitfalls=(
        "It is half the gamma deviance, and not symmetric.",
        "A row of (N, C) is the sum over C, not the mean.",
    ),
)
