"""Generalised Jensen-Shannon divergence of a student and a teacher."""

from typing import Any

from losscli.losses.catalogue.divergence._distillation import (
    LOGITS,
    SCALED,
    TEMPERATURE,
    exact_softmax,
    log_softmax,
    unscaled,
)
from losscli.losses.declare import Array, Interval, Loss, Namespace, Param, shapes
from losscli.losses.math.stable import log1pmx_near, replaced


def _values(
    xp: Namespace, pred: Array, target: Array, *, temperature: float, beta: float, scaled: bool
) -> Array:
    """The divergences, in nats, of teacher and student from their mixture, by beta and 1 - beta.

    pred are (N, C) logits of the student, target (N, C) those of the teacher; the result is (N,).
    The mixture is beta teacher + (1 - beta) student, of the softmax of both over the temperature.
    With scaled it is multiplied by temperature².

    >>> generalized_jsd([[0.0, 0.0]], [[2.0, 0.0]], beta=0.5).round(6).tolist()
    [0.089541]
    """
    student, teacher = (log_softmax(xp, x / temperature) for x in (pred, target))
    found = beta * _from_mixture(xp, teacher, student, 1.0 - beta)
    found = found + (1.0 - beta) * _from_mixture(xp, student, teacher, beta)
    return temperature**2 * found if scaled else found


def _from_mixture(xp: Namespace, first: Array, second: Array, other: float) -> Array:
    """KL(p ‖ m) of m = (1 - other) p + other q, by the logarithms of p and q.

    Its terms p log(p / m) - p + m >= 0 are p (u - log(1 + u)), u = other (q / p - 1), which do not
    cancel for nearly equal distributions.
    """
    p, rise = xp.exp(first), other * _rise(xp, first, second)
    near = (rise > -0.5) & (rise < 1.0)
    far = other * (xp.exp(second) - p) - p * xp.log1p(rise)
    terms = replaced(xp, far, near, lambda p, u: -p * log1pmx_near(u), p, rise)
    return xp.sum(terms, axis=-1) + 0.0


def _rise(xp: Namespace, first: Array, second: Array) -> Array:
    """The quotient q / p less 1, at most exp(700): beyond it p is nearly 0."""
    return xp.expm1(xp.clip(second - first, -xp.inf, 700.0))


def _derivative(
    xp: Namespace, pred: Array, target: Array, *, temperature: float, beta: float, scaled: bool
) -> Array:
    """(1 - beta) s (log(s / m) - KL(s ‖ m)) / temperature."""
    student, teacher = (log_softmax(xp, x / temperature) for x in (pred, target))
    ahead = 0.0 - xp.log1p(beta * _rise(xp, student, teacher))
    divergence = _from_mixture(xp, student, teacher, beta)
    slopes = (1.0 - beta) * xp.exp(student) * (ahead - divergence[:, None])
    return slopes * (temperature if scaled else 1.0 / temperature)


def _reference(
    mp: Any, pred: Any, target: Any, *, temperature: Any, beta: Any, scaled: bool
) -> Any:
    student, teacher = (exact_softmax(mp, row, temperature) for row in (pred, target))
    found = mp.mpf(0)
    for s, t in zip(student, teacher, strict=True):
        m = beta * t + (1 - beta) * s
        found += beta * t * mp.log(t / m) + (1 - beta) * s * mp.log(s / m)
    return temperature**2 * found if scaled else found


generalized_jsd = Loss(
    name="generalized_jsd",
    aliases=("gkd",),
    family="divergence",
    formula="β Σ_c t_c log(t_c / m_c) + (1 - β) Σ_c s_c log(s_c / m_c), m = β t + (1 - β) s, times "
    "T², s and t the softmax of logits / T",
    latex=r"T^2 \left(\beta \mathrm{KL}(t \| m) + (1 - \beta) \mathrm{KL}(s \| m)\right), \;"
    r"m = \beta t + (1 - \beta) s",
    source="Agarwal et al., On-policy distillation of language models, ICLR 2024, equation 1",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=LOGITS,
    target=LOGITS,
    rows_of=shapes.VECTORS,
    saturates=True,  # a class of probability 0 hides its logit
    flops=48,
    params=(
        TEMPERATURE,
        Param("beta", 0.5, Interval(0.0, 1.0, "()"), "the teacher's share of the mixture"),
        SCALED,
    ),
    use="a student should match a teacher, and outliers of neither may dominate",
    avoid="one of the distributions is the truth: use distillation_kl",
    equivalents={
        "torch": "(lambda s, t, m: temperature**2 * (beta * (t.exp() * (t - m)).sum(-1) "
        "+ (1 - beta) * (s.exp() * (s - m)).sum(-1)))(s := (pred / temperature).log_softmax(-1), "
        "t := (target / temperature).log_softmax(-1), "
        "(beta * t.exp() + (1 - beta) * s.exp()).log())",
        "trl": "GKDTrainer.generalized_jsd_loss(pred, target, beta=beta, temperature=temperature)",
        "liger": "LigerJSD(beta=beta)((pred / temperature).log_softmax(-1), "
        "(target / temperature).log_softmax(-1))",
    },
    like={
        "trl": unscaled("GKDTrainer trains with temperature 1: its own is that of sampling"),
        "liger": unscaled("LigerJSD takes logarithms of probabilities"),
    },
    pitfalls=(
        "trl and Liger omit the factor temperature²: scaled=false; their beta of 0 and 1 are the "
        "forward and the reverse divergence, which is distillation_kl.",
        "It is bounded by log 2: slopes vanish for distributions that do not overlap.",
    ),
)
