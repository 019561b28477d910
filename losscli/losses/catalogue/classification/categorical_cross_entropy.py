"""Cross-entropy of probabilities of several classes."""

import math
from dataclasses import replace
from typing import Any

from losscli.losses.catalogue.classification.bce import bce
from losscli.losses.core.domain import Domain
from losscli.losses.core.loss import Array, Clamp, Convention, Loss, Namespace, Param
from losscli.losses.declare import LABELS, NON_NEGATIVE, SIMPLEX, Interval, shapes
from losscli.losses.math.stable import share

_PRED = replace(SIMPLEX, hint="if these are logits: -l cross_entropy")
_ANY_SUM = replace(NON_NEGATIVE, hint=_PRED.hint)


def _values(xp: Namespace, pred: Array, target: Array, *, clip: float, normalise: bool) -> Array:
    """The negative log-likelihood, in nats, of the target class under predicted probabilities.

    pred are (N, C) probabilities; target is (N,) class indices, or (N, C) weights of the classes;
    the result is (N,). Rows are used as they are, or divided by their sums with normalise; then
    probabilities are clamped to [clip, 1 - clip]. Without a clip a target class of probability 0
    has loss inf.

    >>> categorical_cross_entropy([[0.5, 0.5], [1.0, 0.0]], [1, 0]).tolist()
    [0.6931471805599453, 0.0]
    >>> categorical_cross_entropy([[0.2, 0.2]], [[0.0, 1.0]], normalise=True).tolist()
    [0.6931471805599453]
    """
    if target.ndim == 1:
        label = xp.arange(pred.shape[0]), target
        right = pred[label]
        rest = _without(xp, pred, label) if normalise else None
        return _nll(xp, right, rest, clip) + 0.0
    rest = _rests(xp, pred) if normalise else None
    return xp.sum(share(xp, target, _nll(xp, pred, rest, clip)), axis=-1) + 0.0


def _nll(xp: Namespace, p: Array, rest: Array | None, clip: float) -> Array:
    """-log p, or -log (p / (p + rest)), with p or the quotient clamped to [clip, 1 - clip].

    log1p(rest / p) keeps the digits of a rest that p + rest would lose. Logarithms are clamped,
    since 1 - clip would round.
    """
    found = -xp.log(p) if rest is None else xp.log1p(rest / p)
    if not clip:
        return found
    return xp.clip(found, -math.log1p(-clip), -math.log(clip))


def _without(xp: Namespace, pred: Array, label: tuple[Array, Array]) -> Array:
    """Σ_{c≠y} p_c of each row, summed directly: Σ p_c - p_y would cancel."""
    others = pred + 0.0
    others[label] = 0.0
    return xp.sum(others, axis=-1)


def _rests(xp: Namespace, pred: Array) -> Array:
    """The sum of all other classes of the row, for each class."""
    total = xp.sum(pred, axis=-1)
    label = xp.arange(pred.shape[0]), xp.argmax(pred, axis=-1)
    rests = total[:, None] - pred  # at least half the total, except for the largest class
    rests[label] = _without(xp, pred, label)
    return rests


def _derivative(
    xp: Namespace, pred: Array, target: Array, *, clip: float, normalise: bool
) -> Array:
    """-t / p, plus Σ t / Σ p with normalise; clamped classes have no slope of their own.

    The label's slope of a normalised row is -(Σ_{c≠y} p_c) / (p_y Σ p), without cancellation.
    """
    total = xp.sum(pred, axis=-1)[:, None]
    label = None if target.ndim == 2 else (xp.arange(pred.shape[0]), target)
    if label is not None:
        target = xp.zeros_like(pred)
        target[label] = 1.0
    if clip:
        part = pred / total if normalise else pred
        target = xp.where((part >= clip) & (part <= 1.0 - clip), target, 0.0)
    own = xp.where(target == 0, 0.0, -target / pred)
    if not normalise:
        return own
    gradient = own + xp.sum(target, axis=-1)[:, None] / total
    if label is not None:
        right = pred[label]
        summed = -target[label] * (_without(xp, pred, label) / total[:, 0]) / right
        gradient[label] = xp.where(target[label] == 0, 0.0, summed + 0.0)
    return gradient


def _reference(mp: Any, pred: Any, target: Any, *, clip: Any, normalise: bool) -> Any:
    if isinstance(target, int):
        target = [mp.mpf(c == target) for c in range(len(pred))]
    whole = mp.fsum(pred) if normalise else mp.mpf(1)
    terms = []
    for t, p in zip(target, pred, strict=True):
        held = p / whole
        if clip:
            held = min(max(held, clip), 1 - clip)
        if t:
            terms.append(-t * mp.log(held) if held else mp.inf)
    return mp.fsum(terms)


def _domains(*, normalise: bool, clip: float) -> tuple[Domain, Domain]:
    return _ANY_SUM if normalise else _PRED, LABELS


def _like_sklearn(
    xp: Namespace, pred: Array, target: Array, *, spacing: float, clip: float, normalise: bool
) -> Array:
    return _values(xp, pred, target, clip=clip or spacing, normalise=normalise)


def _clamp(*, clip: float, normalise: bool) -> Clamp:
    if clip:
        return Clamp(-math.log(clip), f"at the clip of {clip:g}")
    return Clamp(math.inf, "whose class has probability 0", "--like sklearn clips at 2.2e-16")


categorical_cross_entropy = Loss(
    name="categorical_cross_entropy",
    aliases=("log_loss", "logloss", "multiclass_log_loss", "categorical_crossentropy"),
    variants=(bce,),  # of one probability a row
    family="classification",
    formula="-Σ_c t_c log p_c",
    latex=r"-\sum_c t_c \log p_c",
    source="Good, Rational decisions, 1952",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=_PRED,
    target=LABELS,
    domains=_domains,
    rows_of=shapes.CLASSES,
    saturates=True,  # a class of weight 0 hides its probability
    flops=2,
    clamp=_clamp,
    params=(
        Param("clip", 0.0, Interval(0.0, 0.5, "[)"), "p is clamped to [clip, 1 - clip]"),
        Param("normalise", False, meaning="whether each row is divided by its sum", kind="flag"),
    ),
    use="predictions are probabilities already, from a forest or a saved softmax",
    avoid="the logits are available: cross_entropy is accurate for p near 1",
    equivalents={
        "torch": "F.nll_loss(pred.log(), target)",
        "sklearn": "metrics.log_loss(target, pred, labels=range(pred.shape[1]))  "
        "# clips p at eps of pred's type",
        "keras": "losses.CategoricalCrossentropy()(target, pred)  # normalise=true, clip=1e-7",
    },
    like={
        "sklearn": Convention(
            values=_like_sklearn,
            by_type=True,
            note="probabilities are clipped at the eps of the file's type: 2.2e-16 for float64",
        ),
        "keras": Convention(
            {"normalise": True, "clip": 1e-7},
            by_rows=True,
            note="rows are divided by their sums, then clipped at 1e-7",
        ),
    },
    pitfalls=(
        "A confident and wrong row has loss inf here, 36.04 in scikit-learn and 16.12 in Keras.",
        "Keras divides by the row's sum: (0.2, 0.2, 0.1) and label 0 give 0.916, not 1.609.",
    ),
)
