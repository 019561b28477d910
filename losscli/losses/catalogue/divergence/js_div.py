"""Jensen-Shannon divergence."""

from typing import Any

from losscli.losses.declare import SIMPLEX, Array, Loss, Namespace, shapes
from losscli.losses.math.stable import fraction, replaced

_FAR = 0.7


def _values(xp: Namespace, pred: Array, target: Array) -> Array:
    """The mean divergence of both distributions from their mean, in nats: from 0 to log 2.

    pred and target are (N, C) distributions, used as they are; the result is (N,). It is symmetric,
    and finite where one of them is 0.

    >>> js_div([[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5]]).tolist()
    [0.6931471805599453, 0.0]
    """
    total = pred + target
    r = fraction(xp, pred - target, total)
    near = xp.clip(r, -_FAR, _FAR)
    close = 0.25 * total * (2.0 * near * xp.atanh(near) + xp.log1p(-near * near))

    def far(pred: Array, target: Array, total: Array) -> Array:
        return _against_middle(xp, pred, total) + _against_middle(xp, target, total)

    terms = replaced(xp, close, ~(xp.abs(r) <= _FAR), far, pred, target, total)
    return xp.sum(terms, axis=-1) + 0.0


def _against_middle(xp: Namespace, x: Array, total: Array) -> Array:
    """½ x log(x / (total / 2)), and 0 at x = 0."""
    doubled = 2.0 * fraction(xp, x, total)
    return 0.5 * x * xp.log(xp.where(doubled > 0, doubled, 1.0))


def _derivative(xp: Namespace, pred: Array, target: Array) -> Array:
    """½ log(2p / (p + t)), and -inf at p = 0 < t."""
    total = pred + target
    r = fraction(xp, pred - target, total)
    near = xp.log1p(xp.clip(r, -0.5, 1.0))
    far = xp.log(2.0 * fraction(xp, pred, total))
    return 0.5 * xp.where(r > -0.5, near, far)


def _reference(mp: Any, pred: Any, target: Any) -> Any:
    terms = []
    for p, t in zip(pred, target, strict=True):
        middle = (p + t) / 2
        terms += [x * mp.log(x / middle) / 2 for x in (p, t) if x]
    return mp.fsum(terms)


js_div = Loss(
    name="js_div",
    aliases=("jensen_shannon",),
    family="divergence",
    formula="½ Σ_c (p_c log(p_c / m_c) + t_c log(t_c / m_c)), where m = (p + t) / 2",
    latex=r"\tfrac12 \mathrm{KL}(p \| m) + \tfrac12 \mathrm{KL}(t \| m)",
    source="Lin, Divergence measures based on the Shannon entropy, 1991",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=SIMPLEX,
    target=SIMPLEX,
    rows_of=shapes.VECTORS,
    flops=14,
    use="distributions are compared that may have zeros in different places",
    avoid="a model is fitted to soft targets: kl_div has the gradient of cross-entropy",
    equivalents={
        "scipy": "spatial.distance.jensenshannon(pred, target, axis=1)**2",
        "torch": "torchmetrics.functional.regression.jensen_shannon_divergence(pred, target)",
    },
    pitfalls=(
        "SciPy's jensenshannon is its square root: (0.1, 0.9), (0.3, 0.7): 0.18008, not 0.03243.",
    ),
)
