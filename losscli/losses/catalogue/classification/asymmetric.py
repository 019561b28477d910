"""Asymmetric loss of several labels: focal, with a larger gamma for absent labels."""

from functools import cache
from typing import Any

from losscli.losses.declare import BINARY, LOGIT, Array, Interval, Loss, Namespace, Param
from losscli.losses.math.stable import share, sigmoids, softplus


def _values(
    xp: Namespace, pred: Array, target: Array, *, gamma_pos: float, gamma_neg: float, margin: float
) -> Array:
    """Focal cross-entropy, in nats, with separate powers for present and absent labels.

    pred are logits, p = sigmoid(pred), and target 0 or 1; both have the same shape, (N,) or (N, C)
    with one column per label, as has the result; a row's loss is the mean over its labels. An
    absent label whose p is at most `margin` costs nothing.

    >>> asymmetric([0.0, -3.0], [1, 0], gamma_pos=1.0).tolist()  # log(2) / 2
    [0.34657359027997264, 0.0]
    """
    above, below = sigmoids(xp, pred)
    yes = below**gamma_pos * softplus(xp, -pred)
    excess, cost = _absent(xp, pred, above, below, margin)
    return xp.where(target > 0, yes, share(xp, excess**gamma_neg, cost))


def _absent(
    xp: Namespace, pred: Array, above: Array, below: Array, margin: float
) -> tuple[Array, Array]:
    """Q = max(0, p - margin), and -log(1 - q).

    With the margin's logit b, p - margin is (1 - margin) p (1 - e^(b - z)): no digit cancels.
    """
    if margin == 0:
        return above, softplus(xp, pred)
    nearest, rest = _logit(margin)
    behind = xp.clip((nearest - pred) + rest, -xp.inf, 0.0)
    excess = (1.0 - margin) * above * xp.abs(xp.expm1(behind))
    far = -xp.log(margin + below)  # 1 - q without cancellation for p near 1
    return excess, xp.where(excess < 0.5, -xp.log1p(-excess), far)


@cache
def _logit(margin: float) -> tuple[float, float]:
    """log(margin / (1 - margin)) as a float and its rounding error: a score near it cancels."""
    from decimal import Context, Decimal

    digits = Context(prec=1200)  # a float near 0 has as many
    share = Decimal(margin)
    found = digits.divide(share, digits.subtract(Decimal(1), share)).ln(Context(prec=60))
    nearest = float(found)
    return nearest, float(found - Decimal(nearest))


def _derivative(
    xp: Namespace, pred: Array, target: Array, *, gamma_pos: float, gamma_neg: float, margin: float
) -> Array:
    """Of a present label -(1 - p)^γ (γ p sp(-z) + 1 - p); of an absent one 0 within the margin.

    Beyond it p (1 - p) (γ q^(γ - 1) (-log(1 - q)) + q^γ / (1 - q)). This is the whole gradient: the
    authors' code can stop it through the powers.
    """
    above, below = sigmoids(xp, pred)
    easing = gamma_pos * share(xp, above, softplus(xp, -pred))
    yes = -(below**gamma_pos) * (easing + below)
    excess, cost = _absent(xp, pred, above, below, margin)
    counts = excess > 0
    q = xp.where(counts, excess, 1.0)
    easing = gamma_neg * share(xp, below, cost) / q
    rest = margin + below
    direct = xp.where(rest > 0, below / xp.where(rest > 0, rest, 1.0), 1.0)
    no = above * q**gamma_neg * (easing + direct)
    return xp.where(target > 0, yes, xp.where(counts, no, 0.0))


def _reference(
    mp: Any, pred: Any, target: Any, *, gamma_pos: Any, gamma_neg: Any, margin: Any
) -> Any:
    chance, other = 1 / (1 + mp.exp(-pred)), 1 / (1 + mp.exp(pred))
    if target == 1:
        return -(other**gamma_pos) * mp.log(chance)
    if chance <= margin:
        return mp.mpf(0)
    return -((chance - margin) ** gamma_neg) * mp.log(other + margin)


asymmetric = Loss(
    name="asymmetric",
    aliases=("asl",),
    family="classification",
    formula="-(1 - p)^gamma_pos log p if t = 1 else -q^gamma_neg log(1 - q), q = [p - margin]₊",
    latex=r"-t (1 - p)^{\gamma_+} \log p - (1 - t) q^{\gamma_-} \log(1 - q)",
    source="Ridnik et al., Asymmetric loss for multi-label classification, ICCV 2021",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=LOGIT,
    target=BINARY,
    saturates=True,  # an absent label within the margin costs 0
    flops=60,
    params=(
        Param(
            "gamma_pos", 1.0, Interval(0.0, ends="[)"), "how strongly an easy 1 is down-weighted"
        ),
        Param(
            "gamma_neg", 4.0, Interval(0.0, ends="[)"), "how strongly an easy 0 is down-weighted"
        ),
        Param(
            "margin",
            0.05,
            Interval(0.0, 1.0, "[)"),
            "the probability of a 0 up to which it has no loss",
        ),
    ),
    use="few of many labels are present, and the absent ones outweigh them",
    avoid="probabilities must be calibrated: its minimum is not the true probability",
    equivalents={
        "torch": "AsymmetricLoss(gamma_neg=4, gamma_pos=1, clip=0.05)(pred, target) / "
        "pred.numel()  # the authors'",
    },
    pitfalls=(
        "The authors' code sums over labels and rows; here it is the mean over both.",
        "The authors' code clamps logarithms at 1e-8: a confident and wrong label costs 18.4 "
        "there.",
    ),
)
