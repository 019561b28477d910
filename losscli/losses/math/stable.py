"""Numerically stable pieces that several losses are built of, on any array namespace."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from losscli.losses.core.loss import Array, Namespace


def softplus(xp: Namespace, x: Array) -> Array:
    """log(1 + eˣ): never overflows, and keeps its digits where eˣ is tiny."""
    return xp.clip(x, 0.0, xp.inf) + softplus_tail(xp, x)


def softplus_tail(xp: Namespace, x: Array) -> Array:
    """log(1 + e^-|x|): softplus without its straight part, which is the same for x and -x."""
    return xp.log1p(xp.exp(-xp.abs(x)))


def softpluses(xp: Namespace, x: Array) -> tuple[Array, Array]:
    """log(1 + eˣ) and log(1 + e⁻ˣ), which differ by x alone."""
    tail = softplus_tail(xp, x)
    return xp.clip(x, 0.0, xp.inf) + tail, xp.clip(-x, 0.0, xp.inf) + tail


def sigmoid(xp: Namespace, x: Array) -> Array:
    """1 / (1 + e⁻ˣ), with all digits of both tails."""
    above, below = odds(xp, x)
    return above / (above + below)


def odds(xp: Namespace, x: Array) -> tuple[Array, Array]:
    """Two numbers whose ratio is eˣ, the larger of which is 1.

    No `where` on x: a choice that no processor can foresee costs more than an exponential.
    """
    return xp.exp(xp.clip(x, -xp.inf, 0.0)), xp.exp(xp.clip(-x, -xp.inf, 0.0))


def sigmoids(xp: Namespace, x: Array) -> tuple[Array, Array]:
    """Sigmoid(x) and sigmoid(-x), with all digits, of one exponential."""
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
    return product + 0.0  # the same 0 on both ways


def by_shares(xp: Namespace, shares: tuple[Array, Array], costs: tuple[Array, Array]) -> Array:
    """The costs >= 0 of a 1 and of a 0 by their shares; a share of 0 takes not even infinity."""
    total = shares[0] * costs[0] + shares[1] * costs[1]
    if not xp.all(xp.isfinite(total)):
        total = share(xp, shares[0], costs[0]) + share(xp, shares[1], costs[1])
    return total


def weighed(xp: Namespace, weight: Any, term: Array) -> Array:
    """The terms of each column times its weight, if there are any; 0 where that is exactly 0."""
    if weight is None:
        return term
    return share(xp, xp.zeros_like(term[:1]) + weight, term)


def either(xp: Namespace, first: Array, one: Array, other: Array) -> Array:
    """`one` where `first` holds, and `other` elsewhere: a choice by a mask in no order."""
    chosen = xp.astype(first, one.dtype)
    return share(xp, chosen, one) + share(xp, 1.0 - chosen, other)


def binary_shares(target: Array, label_smoothing: float) -> tuple[Array, Array]:
    """What a 1 and a 0 count: t and 1 - t, moved towards one half by label smoothing.

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
    odds = label_odds(xp, logits, label)
    nll = xp.log1p(odds.against)
    odd = odds.odd
    if odd.shape[0]:
        shift, rest = shifted_rest(xp, logits[odd])
        nll[odd] = (shift - logits[odd, label[odd]]) + xp.log1p(rest)
    return nll


class Odds(NamedTuple):
    """What stands against the label of each row, and for it.

    rest: Σ_{c≠y} exp(z_c). own: exp(z_y). against: their quotient.
    odd: the rows that need another form, as one of these leaves the safe range of the type.
    """

    rest: Array
    own: Array
    against: Array
    odd: Array


def label_odds(xp: Namespace, logits: Array, label: Array) -> Odds:
    """The odds of each row's label under softmax; nothing in them cancels.

    A row's way depends on that row alone, so blocks change no bit.
    """
    rows = xp.arange(logits.shape[0])
    exps = xp.exp(logits)
    own = exps[rows, label]
    others = owned(exps)
    others[rows, label] = 0.0
    rest = xp.sum(others, axis=-1)
    against = rest * xp.exp(-logits[rows, label])  # to the last digit where the rest is 1
    limits = xp.finfo(logits.dtype)
    low, high = limits.smallest_normal / limits.eps, limits.max * limits.eps
    smallest = xp.minimum(xp.minimum(rest, own), against)
    largest = xp.maximum(xp.maximum(rest, own), against)
    return Odds(rest, own, against, xp.nonzero(~((smallest >= low) & (largest <= high)))[0])


def owned(found: Array) -> Array:
    """A fresh array that may be written to: a copy where autograd keeps it for the way back."""
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
    """exp(z_c - max z) of each row, right to the last digits, and the index of the largest."""
    exps, top, scale = row_exps(xp, logits)
    exps = exps * scale[:, None]
    exps[xp.arange(logits.shape[0]), top] = 1.0
    return exps, top


_PLAIN = 0.425  # of the largest exponent: 301 in float64, 37 in float32


def row_exps(xp: Namespace, logits: Array) -> tuple[Array, Array, Array]:
    """exp(z_c) of each row but for a factor, the index of the largest, and what makes that 1.

    The factor is 1 for rows within ±300 (in float64), where products of two such numbers stay in
    the range of the type. Others are shifted by their largest logit; the difference is rounded,
    which eˣ turns into |x| / 2 ULP, so that the error is put back as a factor 1 + error. A row's
    way depends on that row alone, so blocks change no bit.
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
    """A / b - 1 - log(a / b) of numbers > 0, with all digits where they are nearly equal."""
    ratio = a / b
    # Both terms err alike by the rounded ratio.
    found = (ratio - 1.0) - log_ratio(xp, ratio, a, b)
    near = (ratio > 0.5) & (ratio < 2.0)
    return replaced(xp, found, near, lambda a, b: -log1pmx_near((a - b) / b), a, b)


def log_ratio(xp: Namespace, ratio: Array, a: Array, b: Array) -> Array:
    """log(a / b) of numbers >= 0 and their ratio, also where that leaves the range of the type."""
    limits = xp.finfo(ratio.dtype)
    far = ~((ratio >= limits.smallest_normal) & (ratio <= limits.max))
    if not bool(xp.any(far)):  # as nearly always; it changes no other element
        return xp.log(ratio)
    return xp.where(far, xp.log(a) - xp.log(b), xp.log(xp.where(far, 1.0, ratio)))


def log1pmx(xp: Namespace, u: Array) -> Array:
    """log(1 + u) - u, which is -u²/2 near 0, where the difference of the two keeps no digit."""
    near = (u > -0.5) & (u < 1.0)
    return replaced(xp, xp.log1p(u) - u, near, log1pmx_near, u)


def replaced(
    xp: Namespace, found: Array, chosen: Array, function: Callable[..., Array], *inputs: Array
) -> Array:
    """`found`, but `function` of the inputs where they are chosen, computed there alone.

    A fresh `found` of its own is written to.
    """
    at = xp.nonzero(xp.reshape(chosen, (-1,)))[0]
    flat = xp.reshape(found, (-1,))
    flat[at] = function(*(xp.reshape(x, (-1,))[at] for x in inputs))
    return xp.reshape(flat, found.shape)


# The polynomial that meets Σ_k sᵏ / (2k + 3) at the Chebyshev points of [0, 1/9]: within 6.2e-17 of
# it, for which the series itself takes 17 terms.
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
    series = _SERIES[-1] * square + _SERIES[-2]
    for term in _SERIES[-3::-1]:
        series = series * square + term
    return r * (2.0 * square * series - u)
