"""Cross-entropy of the next token, with capped logits and a penalty of their normaliser."""

from typing import Any

from losscli.errors import UsageError
from losscli.losses.catalogue.classification.cross_entropy import cross_entropy
from losscli.losses.declare import (
    LABELS,
    LOGIT,
    Array,
    Convention,
    Interval,
    Loss,
    Namespace,
    Param,
    shapes,
)
from losscli.losses.math.stable import share, shifted_exps, shifted_rest


def _values(
    xp: Namespace,
    pred: Array,
    target: Array,
    *,
    softcap: float,
    z_loss: float,
    weight: Any,
    ignore_index: int | None,
    label_smoothing: float,
) -> Array:
    """Cross-entropy, in nats, plus z_loss times the square of log Σ exp(logit), of capped logits.

    pred are (N, V) logits z; target is (N,) indices of tokens, or (N, V) weights of them; the
    result is (N,). A capped logit is softcap tanh(z / softcap); softcap = 0 leaves logits as they
    are. weight is one number per token: a row counts in the mean, penalty included, by that of its
    index. A row whose index is ignore_index has loss 0 and weight 0 in the mean.

    >>> token_cross_entropy([[0.0, 0.0]], [1], z_loss=0.5).round(6).tolist()  # log 2 + log(2)² / 2
    [0.933374]
    >>> token_cross_entropy([[40.0, 0.0]], [1], softcap=30.0, z_loss=0.0).round(6).tolist()
    [26.10185]
    """
    capped = _capped(xp, pred, softcap)
    terms = {"weight": weight, "ignore_index": ignore_index, "label_smoothing": label_smoothing}
    found = cross_entropy.values(xp, capped, target, **terms)
    if not z_loss:
        return found
    penalty = z_loss * _normaliser(xp, capped) ** 2
    shares = cross_entropy.denominators(xp, target, terms)
    return found + (penalty if shares is None else share(xp, shares, penalty))


def _capped(xp: Namespace, logits: Array, softcap: float) -> Array:
    return softcap * xp.tanh(logits / softcap) if softcap else logits


def _normaliser(xp: Namespace, logits: Array) -> Array:
    """The logarithm of Σ exp(z) of each row."""
    top, rest = shifted_rest(xp, logits)
    return top + xp.log1p(rest)


def _derivative(
    xp: Namespace,
    pred: Array,
    target: Array,
    *,
    softcap: float,
    z_loss: float,
    weight: Any,
    ignore_index: int | None,
    label_smoothing: float,
) -> Array:
    """(softmax - target + 2 z_loss log Σ exp · softmax) (1 - tanh²(z / softcap)), of capped z."""
    capped = _capped(xp, pred, softcap)
    terms = {"weight": weight, "ignore_index": ignore_index, "label_smoothing": label_smoothing}
    slopes = cross_entropy.derivative(xp, capped, target, **terms)
    if z_loss:
        exps, _ = shifted_exps(xp, capped)
        softmax = exps / xp.sum(exps, axis=-1)[:, None]
        pull = 2.0 * z_loss * _normaliser(xp, capped)[:, None] * softmax
        shares = cross_entropy.denominators(xp, target, terms)
        slopes = slopes + (pull if shares is None else share(xp, shares[:, None], pull))
    if softcap:
        tail = xp.exp(-2.0 * xp.abs(pred / softcap))  # 1 - tanh² would cancel
        slopes = slopes * (4.0 * tail / (1.0 + tail) ** 2)
    return slopes


def _denominator(
    xp: Namespace, target: Array, *, softcap: float, z_loss: float, **terms: Any
) -> Array | None:
    """The weight of the row's token, and 0 for an ignored row; None if all weights are 1."""
    return cross_entropy.denominators(xp, target, terms)


def _reference(
    mp: Any,
    pred: Any,
    target: Any,
    *,
    softcap: Any,
    z_loss: Any,
    weight: Any,
    ignore_index: Any,
    label_smoothing: Any,
) -> Any:
    if isinstance(target, int) and target == ignore_index:
        return mp.mpf(0)
    capped = [softcap * mp.tanh(z / softcap) if softcap else z for z in pred]
    found = cross_entropy.reference(
        mp,
        capped,
        target,
        weight=weight,
        ignore_index=ignore_index,
        label_smoothing=label_smoothing,
    )
    counted = weight[target] if weight is not None and isinstance(target, int) else 1
    return found + counted * z_loss * mp.log(mp.fsum(map(mp.exp, capped))) ** 2


def _unweighted(xp: Namespace, pred: Array, target: Array, **params: Any) -> Array:
    """The same; raises UsageError for a z-loss and weights, of which Liger has another mean."""
    if params["weight"] is not None and params["z_loss"]:
        raise UsageError(
            "Liger does not weight a z-loss: its mean is the sum of two means, not one of rows",
            hint="omit weight or z_loss, or --like",
        )
    return _values(xp, pred, target, **params)


token_cross_entropy = Loss(
    name="token_cross_entropy",
    aliases=("lm_cross_entropy",),
    family="classification",
    formula="log Σ_c exp(z_c) - z_y + z_loss (log Σ_c exp(z_c))², "
    "z = softcap tanh(logit / softcap)",
    latex=r"\log \sum_c e^{z_c} - z_y + \lambda \left(\log \sum_c e^{z_c}\right)^2, \;"
    r"z = c \tanh(\mathrm{logit} / c)",
    source="z-loss: Chowdhery et al., PaLM, JMLR, 2023, section 5; softcap: Gemma Team, Gemma 2, "
    "2024, section 2",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    denominator=_denominator,
    pred=LOGIT,
    target=LABELS,
    rows_of=shapes.CLASSES,
    saturates=lambda indexed, *, softcap, weight, **_: (
        bool(softcap) or weight is not None or not indexed
    ),
    flops=12,
    params=(
        Param("softcap", 0.0, Interval(0.0, ends="[)"), "the bound of capped logits; 0 for none"),
        Param("z_loss", 1e-4, Interval(0.0, ends="[)"), "the weight of the normaliser's square"),
        Param(
            "weight",
            None,
            Interval(0.0, ends="[)"),
            "the weight of each token",
            "columns",
            scalar=False,
        ),
        Param("ignore_index", -100, Interval(), "the label of ignored rows", "whole"),
        Param(
            "label_smoothing",
            0.0,
            Interval(0.0, 1.0),
            "the probability that is spread over all tokens",
        ),
    ),
    use="a language model is trained with a z-loss or a softcap, and its own loss is wanted",
    avoid="perplexity is computed, or models are compared: use cross_entropy, without the penalty",
    equivalents={
        "torch": "F.cross_entropy(z := softcap * torch.tanh(pred / softcap) if softcap else pred, "
        "target, weight, ignore_index=ignore_index, label_smoothing=label_smoothing) "
        "+ (z_loss * ((w := torch.where(kept := target != ignore_index, 1.0 if weight is None "
        "else weight[torch.where(kept, target, 0)], 0.0)) * z.logsumexp(-1).square()).sum() "
        "/ w.sum() if z_loss else 0.0)  # of indices",
        "liger": "LigerCrossEntropyLoss(ignore_index=ignore_index, lse_square_scale=z_loss, "
        "label_smoothing=label_smoothing, softcap=softcap or None)(pred, target)",
    },
    like={
        "liger": Convention(
            {"z_loss": 0.0},
            _unweighted,
            note="lse_square_scale, the z_loss, is 0 by default; targets are indices",
        )
    },
    pitfalls=(
        "With z_loss = 1e-4 a normaliser of e^10 adds 0.01 to the loss of a token.",
        "Models with a softcap need it at evaluation too: logits before it give another loss.",
    ),
)
