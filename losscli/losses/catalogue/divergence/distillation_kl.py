"""Distillation: the divergence of the softened predictions of a student and a teacher."""

from typing import Any

from losscli.losses.catalogue.divergence._distillation import (
    LOGITS,
    SCALED,
    TEMPERATURE,
    exact_softmax,
    log_softmax,
    unscaled,
)
from losscli.losses.declare import Array, Loss, Namespace, Param, shapes
from losscli.losses.math.stable import log1pmx_near, replaced


def _values(
    xp: Namespace, pred: Array, target: Array, *, temperature: float, direction: str, scaled: bool
) -> Array:
    """The divergence, in nats, of the softmax of both rows of logits over the temperature.

    pred are (N, C) logits of the student, target (N, C) those of the teacher; the result is (N,).
    direction is forward, KL(teacher ‖ student), or reverse, KL(student ‖ teacher). With scaled it
    is multiplied by temperature², which makes slopes independent of the temperature.

    >>> distillation_kl([[0.0, 0.0]], [[2.0, 0.0]], temperature=2.0, scaled=False).round(6).tolist()
    [0.110944]
    """
    student, teacher = (log_softmax(xp, x / temperature) for x in (pred, target))
    first, second = (student, teacher) if direction == "reverse" else (teacher, student)
    found = xp.sum(_terms(xp, first, second), axis=-1)
    return temperature**2 * found if scaled else found


def _terms(xp: Namespace, first: Array, second: Array) -> Array:
    """The terms p log(p / q) - p + q >= 0 of the classes; their sum is the divergence.

    p log(p / q) itself has both signs, and its sum cancels for nearly equal distributions. It is
    p (u - log(1 + u)), u = q / p - 1.
    """
    p, ahead = xp.exp(first), first - second
    rise = xp.expm1(-ahead)
    near = (rise > -0.5) & (rise < 1.0)
    far = p * ahead + (xp.exp(second) - p)
    return replaced(xp, far, near, lambda p, u: -p * log1pmx_near(u), p, rise)


def _derivative(
    xp: Namespace, pred: Array, target: Array, *, temperature: float, direction: str, scaled: bool
) -> Array:
    """(s - t) / temperature; reverse: s (log(s / t) - divergence) / temperature."""
    student, teacher = (log_softmax(xp, x / temperature) for x in (pred, target))
    ahead, chances = student - teacher, xp.exp(student)
    if direction == "reverse":
        divergence = xp.sum(_terms(xp, student, teacher), axis=-1)
        slopes = chances * (ahead - divergence[:, None])
    else:
        # The smaller factor of expm1, so that it cannot overflow.
        lead = xp.exp(xp.maximum(student, teacher)) * -xp.expm1(-xp.abs(ahead))
        slopes = xp.sign(ahead) * lead
    return slopes * (temperature if scaled else 1.0 / temperature)


def _reference(
    mp: Any, pred: Any, target: Any, *, temperature: Any, direction: str, scaled: bool
) -> Any:
    student, teacher = (exact_softmax(mp, row, temperature) for row in (pred, target))
    first, second = (student, teacher) if direction == "reverse" else (teacher, student)
    found = mp.fsum(p * mp.log(p / q) for p, q in zip(first, second, strict=True))
    return temperature**2 * found if scaled else found


distillation_kl = Loss(
    name="distillation_kl",
    aliases=("knowledge_distillation",),
    family="divergence",
    formula="T² Σ_c t_c log(t_c / s_c), s and t the softmax of logits / T; reverse: s and t "
    "exchanged",
    latex=r"T^2 \sum_c t_c \log \frac{t_c}{s_c}, \; s = \mathrm{softmax}(z / T)",
    source="Hinton, Vinyals and Dean, Distilling the knowledge in a neural network, 2015; reverse: "
    "Gu et al., MiniLLM, ICLR 2024",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=LOGITS,
    target=LOGITS,
    rows_of=shapes.VECTORS,
    saturates=True,  # a class of probability 0 hides its logit
    flops=24,
    params=(
        TEMPERATURE,
        Param(
            "direction",
            "forward",
            meaning="the distribution that weighs the classes: the teacher's, or reverse",
            kind="word",
            words=("forward", "reverse"),
        ),
        SCALED,
    ),
    use="a student model should match the probabilities of a teacher model",
    avoid="predictions are probabilities: use kl_div or js_div",
    equivalents={
        "torch": "temperature**2 * F.kl_div((pred / temperature).log_softmax(-1), "
        "(target / temperature).log_softmax(-1), reduction='batchmean', log_target=True)",
    },
    like={
        "trl": unscaled("it is generalized_jsd_loss with beta 0, or 1 for reverse"),
        "liger": unscaled("it is LigerJSD with beta 0, or 1 for reverse"),
    },
    pitfalls=(
        "The factor temperature² is part of Hinton's loss; trl's GKD omits it: scaled=false.",
        "Reverse ignores classes that only the teacher finds probable.",
    ),
)
