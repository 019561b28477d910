"""Numerically stable pieces that several losses are built of, on any array namespace."""

from losscli.losses.loss import Array, Namespace


def softplus(xp: Namespace, x: Array) -> Array:
    """log(1 + eˣ): never overflows, and keeps its digits where eˣ is tiny."""
    return xp.clip(x, 0.0, xp.inf) + softplus_tail(xp, x)


def softplus_tail(xp: Namespace, x: Array) -> Array:
    """log(1 + e^-|x|): softplus without its straight part, which is the same for x and -x."""
    return xp.log1p(xp.exp(-xp.abs(x)))


def sigmoid(xp: Namespace, x: Array) -> Array:
    """1 / (1 + e⁻ˣ), with all digits of both tails."""
    tail = xp.exp(-xp.abs(x))
    return xp.maximum(tail, xp.astype(x >= 0, tail.dtype)) / (1.0 + tail)


def two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """The sum a + b and its rounding error, which is itself a float (Knuth)."""
    total = a + b
    back = total - a
    return total, (a - (total - back)) + (b - back)


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
    """Weight · term, and 0 where the weight is exactly 0, whatever the term.

    A product that is nan says where the two differ; a choice by an unpredictable mask costs as
    much as ten products, and changes no bit of the others.
    """
    found = weight * term + 0.0
    if xp.any(xp.isnan(found)):
        return xp.where(weight == 0, 0.0, found)
    return found


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

    It is log1p(Σ_{c≠y} exp(z_c - z_y)), and nothing cancels where the sum is multiplied out to
    (Σ_{c≠y} exp(z_c)) · exp(-z_y). Rows where a factor leaves the safe range of the type go by
    the shifted form; a row's way depends on that row alone, so blocks change no bit.
    """
    rows = xp.arange(logits.shape[0])
    others = logits + 0.0  # a copy that autograd goes through
    others[rows, label] = -xp.inf
    rest = xp.sum(xp.exp(others), axis=-1)
    scale = xp.exp(-logits[rows, label])
    odds = rest * scale
    limits = xp.finfo(logits.dtype)
    low, high = limits.smallest_normal / limits.eps, limits.max * limits.eps
    smallest = xp.minimum(xp.minimum(rest, scale), odds)
    largest = xp.maximum(xp.maximum(rest, scale), odds)
    nll = xp.log1p(odds)
    odd = xp.nonzero(~((smallest >= low) & (largest <= high)))[0]
    if odd.shape[0]:
        shift, rest = shifted_rest(xp, logits[odd])
        nll[odd] = (shift - logits[odd, label[odd]]) + xp.log1p(rest)
    return nll


def shifted_rest(xp: Namespace, logits: Array) -> tuple[Array, Array]:
    """The largest logit of each row, and the sum of exp(z_c - largest) over all others."""
    exps, top = shifted_exps(xp, logits)
    shift = logits[xp.arange(logits.shape[0]), top]
    others = exps + 0.0
    others[xp.arange(logits.shape[0]), top] = 0.0
    return shift, xp.sum(others, axis=-1)


def shifted_exps(xp: Namespace, logits: Array) -> tuple[Array, Array]:
    """exp(z_c - max z) of each row, right to the last digits, and the index of the largest.

    The difference is rounded, which eˣ turns into |x| / 2 ULP, so that the error is put back as a
    factor 1 + error.
    """
    top = xp.argmax(logits, axis=-1)
    shift = logits[xp.arange(logits.shape[0]), top][:, None]
    difference, error = two_difference(xp, logits, shift)
    return xp.exp(difference) * (1.0 + error), top


def log1pmx(xp: Namespace, u: Array) -> Array:
    """log(1 + u) - u, which is -u²/2 near 0, where the difference of the two keeps no digit."""
    return xp.where(log1pmx_is_near(u), log1pmx_near(xp, u), xp.log1p(u) - u)


def log1pmx_is_near(u: Array) -> Array:
    """Where log1pmx_near is true."""
    return (u > -0.5) & (u < 1.0)


def log1pmx_near(xp: Namespace, u: Array) -> Array:
    """log1pmx for -0.5 < u < 1; some finite number for others, for the branch not taken.

    Loader's series in r = u / (2 + u), from Fast and accurate computation of binomial
    probabilities, 2000; 17 terms suffice: r² is 1/9 at most.
    """
    near = xp.clip(u, -0.5, 1.0)
    r = near / (2.0 + near)
    square = r * r
    series = xp.zeros_like(square)
    for k in range(16, -1, -1):
        series = series * square + 1.0 / (2 * k + 3)
    return r * (2.0 * square * series - near)
