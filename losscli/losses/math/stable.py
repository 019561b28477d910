"""Numerically stable functions that several losses use, on any array namespace."""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from losscli.losses.core.loss import Array, Namespace


def softplus(xp: Namespace, x: Array) -> Array:
    """log(1 + eˣ), without overflow and accurate for tiny eˣ."""
    return xp.clip(x, 0.0, xp.inf) + softplus_tail(xp, x)


def softplus_tail(xp: Namespace, x: Array) -> Array:
    """log(1 + e^-|x|): softplus without its linear part, the same for x and -x."""
    return xp.log1p(xp.exp(-xp.abs(x)))


def softpluses(xp: Namespace, x: Array) -> tuple[Array, Array]:
    """log(1 + eˣ) and log(1 + e⁻ˣ), whose difference is x."""
    tail = softplus_tail(xp, x)
    return xp.clip(x, 0.0, xp.inf) + tail, xp.clip(-x, 0.0, xp.inf) + tail


def sigmoid(xp: Namespace, x: Array) -> Array:
    """1 / (1 + e⁻ˣ), accurate in both tails."""
    above, below = odds(xp, x)
    return above / (above + below)


def odds(xp: Namespace, x: Array) -> tuple[Array, Array]:
    """Two numbers whose ratio is eˣ, the larger of which is 1.

    No `where` on x: an unpredictable branch costs more than an exponential.
    """
    return xp.exp(xp.clip(x, -xp.inf, 0.0)), xp.exp(xp.clip(-x, -xp.inf, 0.0))


def sigmoids(xp: Namespace, x: Array) -> tuple[Array, Array]:
    """Sigmoid(x) and sigmoid(-x), accurate in both tails, from one exponential."""
    tail = xp.exp(-xp.abs(x))
    large = 1.0 / (1.0 + tail)
    small = tail * large
    right = x >= 0
    return xp.where(right, large, small), xp.where(right, small, large)


def two_difference(xp: Namespace, a: Array, b: Array) -> tuple[Array, Array]:
    """The difference a - b and its rounding error, which is itself a float (Knuth's two-sum).

    The error is 0 where the difference is infinite.
    """
    difference = a - b
    back = difference - a
    error = (a - (difference - back)) + (-b - back)
    finite = xp.isfinite(error)
    return difference, error if xp.all(finite) else xp.where(finite, error, 0.0)


def share(xp: Namespace, weight: Array, term: Array) -> Array:
    """Weight · term, and 0 where the weight is exactly 0, whatever the term."""
    product = weight * term
    if not xp.all(xp.isfinite(product)):
        product = xp.where(weight == 0, 0.0, product)
    return product + 0.0  # no -0, in either case


def fraction(xp: Namespace, part: Array, whole: Array) -> Array:
    """Part / whole for whole >= 0, and 0 if the whole is 0, as the part is then."""
    return part / xp.clip(whole, 5e-324, xp.inf)


def by_shares(xp: Namespace, shares: tuple[Array, Array], costs: tuple[Array, Array]) -> Array:
    """The costs >= 0 of a 1 and of a 0, weighted by their shares; 0 times infinity is 0."""
    total = shares[0] * costs[0] + shares[1] * costs[1]
    if not xp.all(xp.isfinite(total)):
        total = share(xp, shares[0], costs[0]) + share(xp, shares[1], costs[1])
    return total


def weighted(xp: Namespace, weight: Any, term: Array) -> Array:
    """The terms times the weight of their column, if there are weights; 0 times infinity is 0."""
    if weight is None:
        return term
    return share(xp, xp.zeros_like(term[:1]) + weight, term)


def either(xp: Namespace, first: Array, one: Array, other: Array) -> Array:
    """`one` where `first` is true, else `other`: a choice by an unpredictable mask."""
    chosen = xp.astype(first, one.dtype)
    return share(xp, chosen, one) + share(xp, 1.0 - chosen, other)


def binary_shares(target: Array, label_smoothing: float) -> tuple[Array, Array]:
    """The weights of 1 and 0: t and 1 - t, moved towards one half by label smoothing.

    Each is a sum of two terms >= 0: 1 - (t (1 - s) + s / 2) would lose digits.
    """
    if not label_smoothing:
        return target, 1.0 - target
    kept, even = 1.0 - label_smoothing, 0.5 * label_smoothing
    return kept * target + even, kept * (1.0 - target) + even


def label_nll(xp: Namespace, logits: Array, label: Array) -> Array:
    """-log softmax(logits)[label] of (N, C) logits and (N,) indices.

    It is log1p(Σ_{c≠y} exp(z_c - z_y)), the odds against the label.
    """
    odds = label_exponentials(xp, logits, label)
    nll = xp.log1p(odds.against)
    unsafe = odds.unsafe
    if unsafe.shape[0]:
        shift, rest = shifted_rest(xp, logits[unsafe])
        nll[unsafe] = (shift - logits[unsafe, label[unsafe]]) + xp.log1p(rest)
    return nll


def label_weights(xp: Namespace, label: Array, ignored: Array, weight: Any) -> Array | None:
    """The weight of each row's class, and 0 for an ignored row; None if all weights are 1."""
    if weight is None:
        return xp.where(ignored, 0.0, 1.0) if xp.any(ignored) else None
    return xp.where(ignored, 0.0, weight[xp.where(ignored, 0, label)])


class LabelExponentials(NamedTuple):
    """The exponentials of the other classes of each row, and of the label.

    rest: Σ_{c≠y} exp(z_c). own: exp(z_y). against: their quotient.
    unsafe: the rows that need another form, as one of these is outside the safe range of the type.
    """

    rest: Array
    own: Array
    against: Array
    unsafe: Array


def label_exponentials(xp: Namespace, logits: Array, label: Array) -> LabelExponentials:
    """The odds of each row's label under softmax, without cancellation.

    The form for a row depends on that row only, so that blocks change no bit.
    """
    rows = xp.arange(logits.shape[0])
    exps = xp.exp(logits)
    own = exps[rows, label]
    others = owned(exps)
    others[rows, label] = 0.0
    rest = xp.sum(others, axis=-1)
    against = rest * xp.exp(-logits[rows, label])  # exact if the rest is 1
    limits = xp.finfo(logits.dtype)
    low, high = limits.smallest_normal / limits.eps, limits.max * limits.eps
    smallest = xp.minimum(xp.minimum(rest, own), against)
    largest = xp.maximum(xp.maximum(rest, own), against)
    return LabelExponentials(
        rest, own, against, xp.nonzero(~((smallest >= low) & (largest <= high)))[0]
    )


def owned(found: Array) -> Array:
    """An array that may be modified: a copy if autograd keeps it for the backward pass."""
    return found + 0.0 if getattr(found, "requires_grad", False) else found


def columns(xp: Namespace, x: Array) -> Array:
    """The indices 0 … C - 1 of the last axis, on the device of x."""
    return xp.arange(x.shape[-1], device=getattr(x, "device", None))


def shifted_rest(xp: Namespace, logits: Array) -> tuple[Array, Array]:
    """The largest logit of each row, and the sum of exp(z_c - largest) over all others."""
    rows = xp.arange(logits.shape[0])
    exps, top, scale = row_exps(xp, logits)
    others = owned(exps)
    others[rows, top] = 0.0
    return logits[rows, top], xp.sum(others, axis=-1) * scale


def shifted_exps(xp: Namespace, logits: Array) -> tuple[Array, Array]:
    """exp(z_c - max z) of each row, to the last digits, and the index of the largest."""
    exps, top, scale = row_exps(xp, logits)
    exps = exps * scale[:, None]
    exps[xp.arange(logits.shape[0]), top] = 1.0
    return exps, top


_PLAIN = 0.425  # of the largest exponent: 301 in float64, 37 in float32


def row_exps(xp: Namespace, logits: Array) -> tuple[Array, Array, Array]:
    """exp(z_c) of each row up to a factor, the index of the largest, and its reciprocal.

    The factor is 1 for rows within ±300 (in float64), where products of two such numbers stay in
    the range of the type. Others are shifted by their largest logit; the difference is rounded,
    which eˣ turns into |x| / 2 ULP, so that a factor 1 + error corrects it. The form for a row
    depends on that row only, so that blocks change no bit.
    """
    top = xp.argmax(logits, axis=-1)
    shift = logits[xp.arange(logits.shape[0]), top]
    exps, scale = xp.exp(logits), xp.exp(-shift)
    most = _PLAIN * math.log(xp.finfo(logits.dtype).max)
    far = xp.nonzero(~((shift <= most) & (xp.min(logits, axis=-1) >= -most)))[0]
    if far.shape[0]:
        difference, error = two_difference(xp, logits[far], shift[far][:, None])
        exps, scale = owned(exps), owned(scale)
        exps[far] = xp.exp(difference) * (1.0 + error)
        scale[far] = 1.0
    return exps, top, scale


def quotient_excess(xp: Namespace, a: Array, b: Array) -> Array:
    """A / b - 1 - log(a / b) of numbers > 0, accurate for nearly equal numbers."""
    ratio = a / b
    # Both terms have the same error from the rounded ratio.
    found = (ratio - 1.0) - log_ratio(xp, ratio, a, b)
    near = (ratio > 0.5) & (ratio < 2.0)
    return replaced(xp, found, near, lambda a, b: -log1pmx_near((a - b) / b), a, b)


def log_ratio(xp: Namespace, ratio: Array, a: Array, b: Array) -> Array:
    """log(a / b) of numbers >= 0 and their ratio, even if that is outside the range of the type."""
    limits = xp.finfo(ratio.dtype)
    far = ~((ratio >= limits.smallest_normal) & (ratio <= limits.max))
    if not bool(xp.any(far)):  # nearly always; the other elements do not change
        return xp.log(ratio)
    return xp.where(far, xp.log(a) - xp.log(b), xp.log(xp.where(far, 1.0, ratio)))


def log1pmx(xp: Namespace, u: Array) -> Array:
    """log(1 + u) - u, which is -u²/2 near 0, where the plain difference cancels."""
    near = (u > -0.5) & (u < 1.0)
    return replaced(xp, xp.log1p(u) - u, near, log1pmx_near, u)


def replaced(
    xp: Namespace, values: Array, chosen: Array, function: Callable[..., Array], *inputs: Array
) -> Array:
    """`values`, with `function` of the inputs where `chosen` is set, computed only there.

    Modifies `values`.
    """
    at = xp.nonzero(xp.reshape(chosen, (-1,)))[0]
    flat = xp.reshape(values, (-1,))
    flat[at] = function(*(xp.reshape(x, (-1,))[at] for x in inputs))
    return xp.reshape(flat, values.shape)


# The polynomial that interpolates Σ_k sᵏ / (2k + 3) at the Chebyshev points of [0, 1/9]: within
# 6.2e-17 of it, for which the series needs 17 terms.
_SERIES = (
    0.3333333333333333,
    0.19999999999999762,
    0.1428571428580005,
    0.11111111099118386,
    0.09090909948981357,
    0.07692271982430275,
    0.06667589315724629,
    0.05867139530651599,
    0.05422589197440007,
    0.03746071897775383,
    0.07815288900461426,
)


def log1pmx_near(u: Array) -> Array:
    """log1pmx for -0.5 <= u <= 1.

    By r = u / (2 + u), as in Loader, Fast and accurate computation of binomial probabilities, 2000.
    """
    r = u / (2.0 + u)
    square = r * r
    return r * (2.0 * square * polynomial(_SERIES[::-1], square) - u)


def polynomial(coefficients: Sequence[float], x: Array) -> Array:
    """Horner's rule, the highest power first."""
    found = coefficients[0] * x + coefficients[1]
    for coefficient in coefficients[2:]:
        found = found * x + coefficient
    return found
